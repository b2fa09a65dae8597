"""Faults of machines, jet engines, battery cells and hydraulic rigs, and of a walk."""

from detectors.faults.fault import Fault

MACHINE_ERROR = Fault(
    name="machine_error",
    label="Machine reports an error",
    device_types=("production_machine",),
    impact="low",
    urgency="medium",
    text_key="machine_error",
    contact=False,
    signature={"error": 1.0, "fresh_part": -1.0},
)
COMPONENT_FAILURE = Fault(
    name="component_failure",
    label="A component is about to fail",
    device_types=("production_machine",),
    impact="high",
    urgency="high",
    text_key="component_failure",
    contact=True,
    signature={
        "errors_together": 1.0,
        "error": 0.4,
        "vibration:high": 0.6,
        "pressure:high": 0.6,
        "pressure:low": 0.6,
        "rotation:low": 0.6,
        "supply_voltage:high": 0.6,
        "supply_voltage:low": 0.6,
        "fresh_part": -0.7,
    },
)
ENGINE_WEAR = Fault(
    name="engine_wear",
    label="Engine core is wearing out",
    device_types=("turbofan",),
    impact="high",
    urgency="medium",
    text_key="engine_wear",
    contact=True,
    signature={
        # five of ten that lie two spreads off: one alone does so every other week
        "lpc_outlet:high": 0.2,
        "hpc_outlet:high": 0.2,
        "lpt_outlet:high": 0.2,
        "hpc_pressure:low": 0.2,
        "static_pressure:high": 0.2,
        "fuel_flow:low": 0.2,
        "bypass:high": 0.2,
        "bleed:high": 0.2,
        "hpt_coolant:low": 0.2,
        "lpt_coolant:low": 0.2,
        "margin": 0.3,
        "thrust:high": -1.0,
        "thrust:low": -1.0,
    },
)
CAPACITY_FADE = Fault(
    name="capacity_fade",
    label="Cell has lost its capacity",
    device_types=("battery_cell",),
    impact="medium",
    urgency="medium",
    text_key="capacity_fade",
    contact=True,
    signature={"capacity_end": 1.0, "sag:low": 0.3, "heat:high": 0.2},
)
COOLER_WEAR = Fault(
    name="cooler_wear",
    label="Oil cooler loses its effect",
    device_types=("hydraulic_rig",),
    impact="high",
    urgency="medium",
    text_key="cooler_wear",
    contact=True,
    signature={"oil_hot:high": 0.6, "cooler_drop:low": 0.5, "cooling:low": 0.6, "oil_limit": 1.0},
)
PUMP_LEAKAGE = Fault(
    name="pump_leakage",
    label="Hydraulic pump leaks inside",
    device_types=("hydraulic_rig",),
    impact="high",
    urgency="medium",
    text_key="pump_leakage",
    contact=True,
    signature={"lift:low": 1.0, "efficiency:low": 0.6, "oil_hot:high": 0.2, "shaking:high": 0.4},
)
FREEZING_OF_GAIT = Fault(
    name="freezing_of_gait",
    label="Steps that freeze",
    device_types=("gait_sensor",),
    impact="medium",
    urgency="medium",
    text_key="freezing_of_gait",
    contact=False,
    signature={"freeze": 1.0},
)

FAULTS = (
    MACHINE_ERROR,
    COMPONENT_FAILURE,
    ENGINE_WEAR,
    CAPACITY_FADE,
    COOLER_WEAR,
    PUMP_LEAKAGE,
    FREEZING_OF_GAIT,
)
