"""Charging breaks off and starts again: a loose contact between wall and battery."""

from device_sim.faults.fault import Fault

CHARGING_INTERRUPTED = Fault(
    name="charging_interrupted",
    label="Charging is interrupted",
    about="Current falls to zero while plugged in, for an hour at a time; in the morning the battery is not full.",
    device_types=("electric_vehicle",),
    course="intermittent",
    depths=(1.0, 1.0),  # the contact is open or it is not
    noticed=None,
    bout_h=1.0,
    duty=0.6,
    knobs=lambda open_: {"charge_contact": 1.0 - open_},
)
