"""Refrigerant escapes: suction pressure and evaporator temperature fall, the compressor works longer for less heat."""

from device_sim.faults.fault import Fault

REFRIGERANT_LEAK = Fault(
    name="refrigerant_leak",
    label="Refrigerant leak",
    about="Suction pressure and evaporator temperature fall, discharge temperature rises, the pump runs longer.",
    device_types=("heat_pump",),
    course="progressive",
    depths=(0.38, 0.5),  # part of the refrigerant that is gone in the end
    days=(7.0, 16.0),
    noticed=0.8,
    shape=1.5,
    knobs=lambda lost: {"refrigerant_charge": 1.0 - lost},
)
