"""Somebody put it elsewhere: another room, another radio path, and nothing is wrong."""

from device_sim.faults.fault import Fault

DEVICE_MOVED = Fault(
    name="device_moved",
    label="Device was moved (harmless)",
    about="The level of temperature and signal strength is another from one moment to the next, for good.",
    device_types=("hub", "room_sensor", "leak_sensor"),
    course="sudden",
    depths=(1.0, 1.0),
    expects="nothing",
    noticed=None,
    knobs=lambda moved: {"place": 1.0 - moved},
)
