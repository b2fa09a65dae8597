"""Faults of what is about the house and on the wrist: water, laundry, hubs and their sensors, wearables."""

from detectors.faults.fault import Fault

BATTERY_WEAR = Fault(
    name="battery_wear",
    label="Worn battery",
    device_types=("wearable", "room_sensor", "leak_sensor"),
    impact="low",
    urgency="low",
    text_key="battery_wear",
    contact=True,
    signature={
        "battery_drain:high": 1.0,
        "battery_going": 1.0,
        "battery_level:low": 0.6,
        "battery_voltage:low": 0.4,
        "signal_quality:low": -1.0,
    },
)
WATER_LEAK = Fault(
    name="water_leak",
    label="Water leak",
    device_types=("water_meter", "leak_sensor"),
    impact="high",
    urgency="medium",
    text_key="water_leak",
    contact=True,
    signature={"continuous_flow": 1.0, "night_flow": 0.5, "damp_floor": 1.0, "torrent": -1.0},
)
BURST_PIPE = Fault(
    name="burst_pipe",
    label="Burst pipe",
    device_types=("water_meter", "leak_sensor"),
    impact="high",
    urgency="high",
    text_key="burst_pipe",
    contact=True,
    signature={"torrent": 1.0, "puddle": 1.0, "damp_floor": -1.0},
)
RUNNING_TOILET = Fault(
    name="running_toilet",
    label="Running toilet",
    device_types=("water_meter",),
    impact="medium",
    urgency="low",
    text_key="running_toilet",
    contact=True,
    signature={"steady_flow": 1.0, "continuous_flow": -1.0, "torrent": -1.0},
)
DRAIN_BLOCKED = Fault(
    name="drain_blocked",
    label="Blocked drain",
    device_types=("washing_machine",),
    impact="medium",
    urgency="medium",
    text_key="drain_blocked",
    contact=True,
    signature={"drain_time:high": 1.0},
)
HEATER_SCALE = Fault(
    name="heater_scale",
    label="Lime on the heater",
    device_types=("washing_machine",),
    impact="medium",
    urgency="low",
    text_key="heater_scale",
    contact=True,
    signature={"heating_power:low": 1.0},
)
DRUM_BEARING = Fault(
    name="drum_bearing",
    label="Worn drum bearing",
    device_types=("washing_machine",),
    impact="medium",
    urgency="low",
    text_key="drum_bearing",
    contact=True,
    signature={"spin_kurtosis:high": 1.0, "spin_vibration:high": 0.4},
)
UPLINK_DEGRADED = Fault(
    name="uplink_degraded",
    label="Uplink gets worse",
    device_types=("hub",),
    impact="medium",
    urgency="medium",
    text_key="uplink_degraded",
    contact=True,
    signature={
        "uplink_signal:low": 0.5,
        "round_trip:high": 0.5,
        "packet_loss:high": 0.5,
        "restarts:high": -1.0,
        "memory_used:high": -0.5,
    },
)
MISFIT_WEARABLE = Fault(
    name="misfit_wearable",
    label="Band does not fit",
    device_types=("wearable",),
    impact="low",
    urgency="low",
    text_key="misfit_wearable",
    contact=True,
    signature={"contact_quality:low": 1.0},
)
ELEVATED_RESTING_HEART_RATE = Fault(
    name="elevated_resting_heart_rate",
    label="Resting heart rate is high",
    device_types=("wearable",),
    impact="medium",
    urgency="medium",
    text_key="elevated_resting_heart_rate",
    contact=True,
    signature={
        "sleeping_pulse:high": 0.6,
        "sleeping_breath:high": 0.4,
        "resting_pulse:high": 0.4,
        "contact_quality:low": -1.0,
        "signal_quality:low": -1.0,
    },
)
FIRMWARE_REGRESSION = Fault(
    name="firmware_regression",
    label="Firmware made it worse",
    device_types=("hub", "wearable"),
    impact="medium",
    urgency="low",
    text_key="firmware_regression",
    contact=False,
    signature={
        "signal_quality:low": 1.0,
        "contact_quality:low": -1.0,
        "restarts:high": 0.7,
        "memory_used:high": 0.3,
    },
)

FAULTS = (
    BATTERY_WEAR,
    WATER_LEAK,
    BURST_PIPE,
    RUNNING_TOILET,
    DRAIN_BLOCKED,
    HEATER_SCALE,
    DRUM_BEARING,
    UPLINK_DEGRADED,
    MISFIT_WEARABLE,
    ELEVATED_RESTING_HEART_RATE,
    FIRMWARE_REGRESSION,
)
