"""Faults of heat pumps, air handlers, freezers and pumps.

A weight below nothing speaks against a fault: another explains what is seen better. One symptom alone raises a fault
only where nothing that is healthy moves its number.
"""

from detectors.faults.fault import Fault

CUT_OFF = {"stuck": -2.0, "missing:high": -0.5, "spikes:high": -1.0, "spikes:low": -1.0}
"""A sensor that jumps or comes and goes moves what rests on it: then a fault asks for more than one sign."""
WRONG = {"sensor_drift:high": -2.0, "sensor_drift:low": -2.0}
"""A sensor that reads wrong, where the fault shows in what that sensor reads and leaves the sign of it alone."""

REFRIGERANT_LEAK = Fault(
    name="refrigerant_leak",
    label="Loss of refrigerant",
    device_types=("heat_pump",),
    impact="high",
    urgency="medium",
    text_key="refrigerant_leak",
    contact=True,
    signature={
        "superheat:high": 1.0,
        "starved_evaporator:high": 0.5,
        "hot_gas:high": 0.5,
        "defrost_time:high": -0.5,
        "superheat_going": 0.1,
    },
)
COMPRESSOR_WEAR = Fault(
    name="compressor_wear",
    label="Worn compressor",
    device_types=("heat_pump",),
    impact="high",
    urgency="medium",
    text_key="compressor_wear",
    contact=True,
    signature={
        "compressor_vibration:high": 0.6,
        "shaking_hard:high": 0.4,
        "hot_gas:high": 0.5,
        "heat_per_turn:low": 0.4,
        "starved_evaporator:low": 0.4,
        "superheat:high": -1.0,
        "fan_turns:low": -0.1,
    },
)
EVAPORATOR_ICING = Fault(
    name="evaporator_icing",
    label="Outdoor unit ices up",
    device_types=("heat_pump",),
    impact="high",
    urgency="medium",
    text_key="evaporator_icing",
    contact=True,
    signature={
        "defrost_time:high": 1.0,
        "starved_evaporator:high": 0.4,
        "superheat:high": -1.0,
        "compressor_vibration:high": -1.0,
        **CUT_OFF,
    },
)
BLOCKED_FILTER = Fault(
    name="blocked_filter",
    label="Blocked filter",
    device_types=("heat_pump", "air_handler"),
    impact="medium",
    urgency="medium",
    text_key="blocked_filter",
    contact=True,
    signature={
        "water_flow:low": 1.0,
        "filter_drop:high": 0.5,
        "filter_drop_per_power:high": 0.5,
        "filter_drop_doubled:high": 1.0,
        "flow_going": 0.1,
        "filter_going": 0.1,
    },
)
FAN_WEAR = Fault(
    name="fan_wear",
    label="Worn fan",
    device_types=("heat_pump", "air_handler"),
    impact="medium",
    urgency="medium",
    text_key="fan_wear",
    contact=True,
    signature={
        "compressor_vibration:high": 0.6,
        "shaking_hard:high": 0.1,
        "fan_turns:low": 0.5,
        "starved_evaporator:high": 0.3,
        "superheat:high": -1.0,
        "hot_gas:high": -0.5,
        "fan_vibration:high": 1.0,
        "air_moved:low": 0.5,
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
        "warmer_while_cooling": 1.0,
        "colder_while_heating": 1.0,
        "return_air:low": -1.0,
        "outdoor_air_through_shut_damper": -1.0,
        "closed_coil:high": -1.0,
        "closed_coil:low": -1.0,
        "heat_through_closed_coil": -1.0,
        "cold_through_closed_coil": -1.0,
        "warmth_per_valve:high": -1.0,
        **CUT_OFF,
    },
)
LEAKING_VALVE = Fault(
    name="leaking_valve",
    label="Leaking coil valve",
    device_types=("air_handler",),
    impact="medium",
    urgency="medium",
    text_key="leaking_valve",
    contact=True,
    signature={
        "closed_coil:high": 1.0,
        "closed_coil:low": 1.0,
        "heat_through_closed_coil": 1.0,
        "cold_through_closed_coil": 1.0,
        "warmth_per_valve:high": 1.0,
        "warmer_while_cooling": 0.2,
        **CUT_OFF,
        **WRONG,
    },
)
STUCK_DAMPER = Fault(
    name="stuck_damper",
    label="Outdoor damper does not close",
    device_types=("air_handler",),
    impact="medium",
    urgency="medium",
    text_key="stuck_damper",
    contact=True,
    signature={
        "return_air:low": 1.0,
        "outdoor_air_through_shut_damper": 1.0,
        "supply_air_too_cold": 0.2,
        **CUT_OFF,
    },
)
DOOR_SEAL = Fault(
    name="door_seal",
    label="Worn door seal",
    device_types=("freezer",),
    impact="medium",
    urgency="medium",
    text_key="door_seal",
    contact=True,
    signature={
        "cooling_demand:high": 0.7,
        "defrost_time:high": 0.4,
        "evaporator_cold:high": 0.3,
        "defrost_heat:low": -1.0,
        "compressor_vibration:high": -1.0,
    },
)
DOOR_LEFT_OPEN = Fault(
    name="door_left_open",
    label="Door left open",
    device_types=("freezer",),
    impact="medium",
    urgency="high",
    text_key="door_left_open",
    contact=True,
    signature={
        "door_open": 1.0,
    },
)
FREEZER_COMPRESSOR_WEAR = Fault(
    name="freezer_compressor_wear",
    label="Worn freezer compressor",
    device_types=("freezer",),
    impact="high",
    urgency="medium",
    text_key="freezer_compressor_wear",
    contact=True,
    signature={
        "compressor_vibration:high": 1.0,
        "evaporator_cold:low": 0.5,
        "cooling_demand:high": 0.5,
    },
)
FREEZER_ICING = Fault(
    name="freezer_icing",
    label="Freezer ices up",
    device_types=("freezer",),
    impact="high",
    urgency="medium",
    text_key="freezer_icing",
    contact=True,
    signature={
        "defrost_heat:low": 0.6,
        "defrost_time:high": 0.4,
        "evaporator_cold:high": 1.0,
        "cooling_demand:high": 0.35,
        "busy:high": -0.5,
        "door_open": -1.0,
        **CUT_OFF,
        **WRONG,
    },
)
CONDENSER_DIRTY = Fault(
    name="condenser_dirty",
    label="Dirty condenser",
    device_types=("freezer",),
    impact="medium",
    urgency="medium",
    text_key="condenser_dirty",
    contact=True,
    signature={
        "condenser_heat:high": 1.0,
        "busy:high": -0.5,
        **CUT_OFF,
        **WRONG,
    },
)
FREEZER_TOO_WARM = Fault(
    name="freezer_too_warm",
    label="Freezer is too warm",
    device_types=("freezer",),
    impact="high",
    urgency="high",
    text_key="freezer_too_warm",
    contact=True,
    signature={
        "cabinet_warm": 1.0,
        "cooling_demand:high": -1.0,
        "condenser_heat:high": -1.0,
        "compressor_vibration:high": -1.0,
        "defrost_heat:low": -1.0,
        "door_open": -1.0,
        **CUT_OFF,
        **WRONG,
    },
)
PUMP_BEARING = Fault(
    name="pump_bearing",
    label="Failing pump bearing",
    device_types=("circulation_pump",),
    impact="high",
    urgency="medium",
    text_key="pump_bearing",
    contact=True,
    signature={
        "impacts:high": 0.5,
        "vibration:high": 0.5,
        "bearing_warmth:high": 0.5,
        "effort:high": 0.5,
        "inlet_pressure:low": -0.5,
        "lost_head:low": -0.2,
    },
)
PUMP_CAVITATION = Fault(
    name="pump_cavitation",
    label="Cavitating pump",
    device_types=("circulation_pump",),
    impact="high",
    urgency="medium",
    text_key="pump_cavitation",
    contact=True,
    signature={
        "inlet_pressure:low": 1.0,
        "lost_head:low": 0.5,
        "vibration:high": 0.5,
        "bearing_warmth:high": -0.5,
        **CUT_OFF,
        **WRONG,
        "inlet_going": 0.1,
    },
)

FAULTS = (
    REFRIGERANT_LEAK,
    COMPRESSOR_WEAR,
    EVAPORATOR_ICING,
    BLOCKED_FILTER,
    FAN_WEAR,
    SUPPLY_AIR_OFF_TARGET,
    LEAKING_VALVE,
    STUCK_DAMPER,
    DOOR_SEAL,
    DOOR_LEFT_OPEN,
    FREEZER_COMPRESSOR_WEAR,
    FREEZER_ICING,
    CONDENSER_DIRTY,
    FREEZER_TOO_WARM,
    PUMP_BEARING,
    PUMP_CAVITATION,
)
