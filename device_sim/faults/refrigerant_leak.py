"""Refrigerant escapes: suction pressure and evaporator temperature fall, the compressor works longer for less heat."""

from device_sim.faults.fault import Fault

REFRIGERANT_LEAK = Fault(
    name="refrigerant_leak",
    device_types=("heat_pump",),
    depths=(0.38, 0.5),  # part of the refrigerant that is gone in the end
    shape=1.5,
    knobs=lambda lost: {"refrigerant_charge": 1.0 - lost},
)
