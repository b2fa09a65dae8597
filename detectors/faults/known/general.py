"""Faults that any device can have, and what is told without readings."""

from detectors.faults.fault import Fault

SENSING = (
    "wearable",
    "water_meter",
    "hub",
    "room_sensor",
    "leak_sensor",
    "washing_machine",
    "heat_pump",
    "air_handler",
    "freezer",
    "circulation_pump",
    "vehicle",
    "electric_vehicle",
)
"""Device types with watches for sensors that stand still, jump, or are missing from messages."""

SENSOR_STUCK = Fault(
    name="sensor_stuck",
    label="Sensor is stuck",
    device_types=SENSING,
    impact="medium",
    urgency="low",
    text_key="sensor_stuck",
    contact=True,
    signature={"stuck": 1.0},
)
SENSOR_SPIKES = Fault(
    name="sensor_spikes",
    label="Sensor with spikes",
    device_types=SENSING,
    impact="low",
    urgency="low",
    text_key="sensor_spikes",
    contact=False,
    signature={"spikes:high": 1.0, "spikes:low": 0.6, "missing:high": -0.5},
)
SENSOR_DROPOUT = Fault(
    name="sensor_dropout",
    label="Sensor drops out",
    device_types=SENSING,
    impact="low",
    urgency="low",
    text_key="sensor_dropout",
    contact=False,
    # one with a loose plug jumps as well
    signature={"missing:high": 1.0, "spikes:low": -0.6, "spikes:high": -0.6},
)
SENSOR_DRIFT = Fault(
    name="sensor_drift",
    label="Drifting sensor",
    device_types=(
        "leak_sensor",
        "washing_machine",
        "wearable",
        "water_meter",
        "hub",
        "vehicle",
        "electric_vehicle",
        "heat_pump",
        "air_handler",
        "freezer",
        "circulation_pump",
    ),
    impact="low",
    urgency="low",
    text_key="sensor_drift",
    contact=False,
    signature={
        "sensor_drift:high": 1.0,
        "sensor_drift:low": 1.0,
        "contact_quality:low": -1.0,
        "spikes:low": -1.0,
        "spikes:high": -1.0,
        # what works harder, shakes or cannot keep up says that the reading is true
        "cooling_demand:high": -1.0,
        "busy:high": -1.0,
        "compressor_vibration:high": -1.0,
        "vibration:high": -1.0,
        "impacts:high": -1.0,
        "defrost_heat:low": -1.0,
        "condenser_heat:high": -1.0,
        "door_open": -1.0,
        "return_air:low": -1.0,
        "outdoor_air_through_shut_damper": -1.0,
        "missing:high": -1.0,
        "stuck": -1.0,
    },
)
INTERMITTENT_CONTACT = Fault(
    name="intermittent_contact",
    label="Loose contact at a sensor",
    device_types=SENSING,
    impact="low",
    urgency="low",
    text_key="intermittent_contact",
    contact=False,
    # a drive that begins while the plug is off takes that for the level, and what is right for a jump up
    signature={"spikes:low": 1.0, "spikes:high": 0.6, "missing:high": 0.5},
)
SILENT = Fault(
    name="silent",
    label="Device has fallen silent",
    device_types=(),
    impact="medium",
    urgency="medium",
    text_key="silent",
    contact=True,
    # while the connection comes and goes, that is what is wrong; what lies in a drawer, or has run empty, is missed by
    # nobody but its owner, who knows
    signature={"silent": 1.0, "unstable": -0.5, "put_away": -1.0, "empty": -1.0},
    once_lasting=True,
)
UNSTABLE_CONNECTION = Fault(
    name="unstable_connection",
    label="Connection comes and goes",
    device_types=(),
    impact="low",
    urgency="low",
    text_key="unstable_connection",
    contact=True,
    signature={"unstable": 1.0},
    once_lasting=True,
)

OF_THE_LINE = frozenset({SILENT.name, UNSTABLE_CONNECTION.name})  # what a device says is true although not all comes
FLOODING = Fault(
    name="flooding",
    label="Device sends far too much",
    device_types=(),
    impact="medium",
    urgency="medium",
    text_key="flooding",
    contact=False,
    signature={"throttled": 1.0},
)
HELP_REQUESTED = Fault(
    name="help_requested",
    label="Help was asked for at the device",
    device_types=(),
    impact="high",
    urgency="medium",
    text_key="help_requested",
    contact=False,
    signature={"help": 1.0},
)
UNUSUAL_BEHAVIOUR = Fault(
    name="unusual_behaviour",
    label="Unusual behaviour",
    device_types=(),
    impact="low",
    urgency="low",
    text_key="unusual_behaviour",
    contact=False,
    signature={"unusual": 1.0},
)

FAULTS = (
    SENSOR_STUCK,
    SENSOR_DRIFT,
    SENSOR_SPIKES,
    SENSOR_DROPOUT,
    INTERMITTENT_CONTACT,
    SILENT,
    UNSTABLE_CONNECTION,
    FLOODING,
    HELP_REQUESTED,
    UNUSUAL_BEHAVIOUR,
)
