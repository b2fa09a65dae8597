"""Faults of cars."""

from detectors.faults.fault import Fault

COOLANT_LEAK = Fault(
    name="coolant_leak",
    label="Coolant loss or overheating",
    device_types=("vehicle",),
    impact="high",
    urgency="high",
    text_key="coolant_leak",
    contact=True,
    signature={"coolant_hot": 1.0, "coolant_temp:high": 1.0},
)
CHARGING_FAULT = Fault(
    name="charging_fault",
    label="Battery is not being charged",
    device_types=("vehicle",),
    impact="high",
    urgency="medium",
    text_key="charging_fault",
    contact=True,
    signature={"charging_voltage_low": 1.0, "charging_voltage:low": 0.5},
)

FAULTS = (COOLANT_LEAK, CHARGING_FAULT)
