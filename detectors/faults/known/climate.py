"""Faults of heat pumps, air handlers, freezers and pumps."""

from detectors.faults.fault import Fault

REFRIGERANT_LEAK = Fault(
    name="refrigerant_leak",
    label="Loss of refrigerant",
    device_types=("heat_pump",),
    impact="high",
    urgency="medium",
    text_key="refrigerant_leak",
    contact=True,
    signature={
        "evaporator_approach:high": 0.6,
        "discharge_lift:high": 0.6,
        "suction_pressure:low": 0.4,
        "evaporator_temp:low": 0.2,
        "discharge_temp:high": 0.2,
    },
)
SUPPLY_AIR_OFF_TARGET = Fault(
    name="supply_air_off_target",
    label="Supply air does not reach its target",
    device_types=("air_handler",),
    impact="medium",
    urgency="medium",
    text_key="supply_air_off_target",
    contact=True,
    signature={
        "supply_air_too_warm": 1.0,
        "supply_air_too_cold": 1.0,
        "heat_through_closed_coil": 1.0,
        "cold_through_closed_coil": 1.0,
    },
)

FAULTS = (REFRIGERANT_LEAK, SUPPLY_AIR_OFF_TARGET)
