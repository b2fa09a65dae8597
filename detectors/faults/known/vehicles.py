"""Faults of cars.

A symptom of 1 names its fault alone. A code that is only pending (0.5) needs another sign beside it, a confirmed one
does not. Signs that another fault explains speak against (below 0): misfires richen the mixture as a leak does, and
an alternator that gives nothing drains a good battery.
"""

from detectors.faults.fault import Fault

CARS = ("vehicle", "electric_vehicle")

COOLANT_LEAK = Fault(
    name="coolant_leak",
    label="Coolant loss or overheating",
    device_types=("vehicle",),
    impact="high",
    urgency="high",
    text_key="coolant_leak",
    contact=True,
    signature={
        "coolant_hot": 1.0,
        "coolant_temp:high": 1.0,
        "coolant_level:high": 1.0,
        "code_hot": 1.0,
        "code_hot_pending": 0.5,
        # a caliper that binds makes the engine pull harder
        "pad_wear:high": -0.5,
    },
)
THERMOSTAT_STUCK = Fault(
    name="thermostat_stuck",
    label="Thermostat stuck open",
    device_types=("vehicle",),
    impact="medium",
    urgency="low",
    text_key="thermostat_stuck",
    contact=True,
    signature={
        "coolant_cold": 1.0,
        "coolant_warm:low": 1.0,
        "coolant_temp:low": 0.5,
        "code_cold": 1.0,
        "code_cold_pending": 0.5,
    },
)
CHARGING_FAULT = Fault(
    name="charging_fault",
    label="Battery is not being charged",
    device_types=("vehicle",),
    impact="high",
    urgency="medium",
    text_key="charging_fault",
    contact=True,
    signature={
        "charging_voltage_low": 1.0,
        "charging_voltage:low": 0.5,
        "code_low_voltage": 1.0,
        "code_low_voltage_pending": 0.5,
    },
)
WEAK_12V_BATTERY = Fault(
    name="weak_12v_battery",
    label="Weak 12 V battery",
    device_types=CARS,
    impact="high",
    urgency="medium",
    text_key="weak_12v_battery",
    contact=True,
    signature={
        "start_voltage:low": 1.0,
        "start_voltage_low": 1.0,
        "start_going": 0.5,
        # a battery that was not charged starts weakly until it is full again, some drives after the repair
        "charging_voltage_low": -2.0,
        "code_low_voltage": -2.0,
    },
)
MISFIRE = Fault(
    name="misfire",
    label="Engine misfires",
    device_types=("vehicle",),
    impact="high",
    urgency="medium",
    text_key="misfire",
    contact=True,
    signature={"misfires": 1.0, "code_misfire": 1.0, "code_misfire_pending": 0.5},
)
INTAKE_LEAK = Fault(
    name="intake_leak",
    label="Engine draws in false air",
    device_types=("vehicle",),
    impact="medium",
    urgency="medium",
    text_key="intake_leak",
    contact=True,
    signature={
        "fuel_trim_level:high": 1.0,
        "fuel_trim:high": 0.5,
        "fuel_trim_lean": 1.0,
        "code_lean": 1.0,
        "code_lean_pending": 0.5,
        "misfires": -2.0,
        "code_misfire": -2.0,
    },
)
CATALYST_WEAR = Fault(
    name="catalyst_wear",
    label="Worn catalyst",
    device_types=("vehicle",),
    impact="medium",
    urgency="low",
    text_key="catalyst_wear",
    contact=True,
    signature={"oxygen_swing:high": 1.0, "oxygen_swing_high": 1.0, "code_catalyst": 1.0, "code_catalyst_pending": 0.5},
)
SLOW_PUNCTURE = Fault(
    name="slow_puncture",
    label="Slow puncture",
    device_types=CARS,
    impact="high",
    urgency="high",
    text_key="slow_puncture",
    contact=True,
    signature={
        "tyre_front:low": 1.0,
        "tyre_front:high": 1.0,
        "tyre_rear:low": 1.0,
        "tyre_rear:high": 1.0,
        "tyre_low": 1.0,
        "tyre_going": 0.5,
    },
)
BRAKE_WEAR = Fault(
    name="brake_wear",
    label="Brake pads wear through",
    device_types=CARS,
    impact="high",
    urgency="high",
    text_key="brake_wear",
    contact=True,
    signature={"pad_wear:high": 1.0, "pads_worn": 1.0, "pads_going": 0.5},
)
CELL_IMBALANCE = Fault(
    name="cell_imbalance",
    label="A cell of the traction battery falls behind",
    device_types=("electric_vehicle",),
    impact="high",
    urgency="medium",
    text_key="cell_imbalance",
    contact=True,
    signature={"cell_gap:high": 1.0, "cell_gap_wide": 1.0, "code_cells_apart": 1.0, "code_cells_apart_pending": 0.5},
)
TRACTION_BATTERY_FADE = Fault(
    name="traction_battery_fade",
    label="Traction battery loses capacity",
    device_types=("electric_vehicle",),
    impact="high",
    urgency="low",
    text_key="traction_battery_fade",
    contact=True,
    signature={
        "capacity:high": 1.0,
        "reach:low": 0.5,
        "reach_short:low": 1.0,
        "code_pack_worn": 1.0,
        "code_pack_worn_pending": 0.5,
        # the weakest cell ends the range of a pack that is sound otherwise
        "cell_gap:high": -1.0,
        "cell_gap_wide": -1.0,
    },
)
CHARGING_INTERRUPTED = Fault(
    name="charging_interrupted",
    label="Charging breaks off",
    device_types=("electric_vehicle",),
    impact="medium",
    urgency="medium",
    text_key="charging_interrupted",
    contact=True,
    signature={"charging_broken": 1.0},
)
PACK_COOLING_FAULT = Fault(
    name="pack_cooling_fault",
    label="Cooling of motor and battery fails",
    device_types=("electric_vehicle",),
    impact="high",
    urgency="high",
    text_key="pack_cooling_fault",
    contact=True,
    signature={
        "pack_heat_gap:high": 0.6,
        "motor_heat:high": 0.5,
        "pack_hot": 0.5,
        "code_motor_hot": 1.0,
        "code_motor_hot_pending": 0.5,
        "code_pack_hot": 1.0,
        "code_pack_hot_pending": 0.5,
        "sensor_drift:high": -1.0,
        "spikes:high": -1.0,
        "spikes:low": -1.0,
        "stuck": -1.0,
    },
)

TROUBLE_CODE = Fault(
    name="trouble_code",
    label="The car reports a fault of its own",
    device_types=CARS,
    impact="medium",
    urgency="medium",
    text_key="trouble_code",
    contact=True,
    signature={"code_other": 1.0},
)

FAULTS = (
    COOLANT_LEAK,
    THERMOSTAT_STUCK,
    CHARGING_FAULT,
    WEAK_12V_BATTERY,
    MISFIRE,
    INTAKE_LEAK,
    CATALYST_WEAR,
    SLOW_PUNCTURE,
    BRAKE_WEAR,
    CELL_IMBALANCE,
    TRACTION_BATTERY_FADE,
    CHARGING_INTERRUPTED,
    PACK_COOLING_FAULT,
    TROUBLE_CODE,
)
