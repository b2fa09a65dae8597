"""Coolant seeps out: the radiator carries less and less heat, first noticed on the motorway."""

from device_sim.faults.fault import Fault

COOLANT_LEAK = Fault(
    name="coolant_leak",
    device_types=("vehicle",),
    depths=(0.78, 0.88),  # part of the coolant that is gone in the end
    shape=1.0,
    knobs=lambda lost: {"coolant_fill": 1.0 - lost},
)
