"""Lime on the heating element: it gets too hot inside, its protection cuts it off, the water warms ever more slowly."""

from device_sim.faults.fault import Fault

HEATER_SCALE = Fault(
    name="heater_scale",
    label="Lime on the heater",
    about="The element is off for part of the heating, which takes some times as long; in the end it stays lukewarm.",
    device_types=("washing_machine",),
    course="progressive",
    depths=(0.68, 0.82),  # part of the heating time without heat in the end
    days=(8.0, 16.0),
    knobs=lambda lost: {"heater": 1.0 - lost},
)
