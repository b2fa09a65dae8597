"""The filter of the drain pump fills with fluff and coins: water goes slowly, and one day not at all."""

from device_sim.faults.fault import Fault

DRAIN_BLOCKED = Fault(
    name="drain_blocked",
    label="Blocked drain",
    about="Each draining takes longer than the one before, in the end the cycle stops with water in the drum.",
    device_types=("washing_machine",),
    course="progressive",
    depths=(0.84, 0.93),  # part of the way that is closed in the end
    days=(8.0, 16.0),
    noticed=0.97,
    knobs=lambda closed: {"drain": 1.0 - closed},
)
