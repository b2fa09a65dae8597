"""Coolant seeps out: the radiator carries less and less heat, first noticed on the motorway."""

from device_sim.faults.fault import Fault

COOLANT_LEAK = Fault(
    name="coolant_leak",
    label="Coolant leak",
    about="The radiator carries less and less heat: hot on the motorway first, then everywhere.",
    device_types=("vehicle",),
    course="progressive",
    depths=(0.78, 0.88),  # part of the coolant that is gone in the end
    days=(6.0, 14.0),
    noticed=0.9,
    shape=1.0,
    knobs=lambda lost: {"coolant_fill": 1.0 - lost},
)
