"""A bad firmware over part of a fleet: memory runs out, a radio never sleeps, a filter for motion is gone."""

from device_sim.faults.fault import Fault

FIRMWARE_REGRESSION = Fault(
    name="firmware_regression",
    label="Firmware made it worse",
    about="From the update on a hub loses memory until its watchdog restarts it, several times a day; a room sensor "
    "warms itself; a wristband's pulse gets poor and its battery lasts half as long.",
    device_types=("hub", "room_sensor", "wearable"),
    course="sudden",
    depths=(0.7, 1.0),
    expects="attention",
    lasts_days=(6.0, 12.0),
    noticed=None,
    together=True,
    knobs=lambda worse: {"firmware": 1.0 - worse},
)
