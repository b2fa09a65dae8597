"""Somebody did not shut the freezer's door; sooner or later somebody does."""

from device_sim.faults.fault import Fault

DOOR_LEFT_OPEN = Fault(
    name="door_left_open",
    label="Door left open",
    about="The door switch says open in every message, the cabinet warms within minutes, the compressor runs on.",
    device_types=("freezer",),
    course="sudden",
    depths=(0.25, 1.0),  # how far it stands open
    expects="attention",
    lasts_days=(0.04, 0.5),
    noticed=None,
    knobs=lambda ajar: {"door": 1.0 - ajar},
)
