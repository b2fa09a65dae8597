"""Defrosts fail, for a stuck reversing valve or a blocked drain: the outdoor unit grows into a block of ice."""

from device_sim.faults.fault import Fault

EVAPORATOR_ICING = Fault(
    name="evaporator_icing",
    label="Outdoor unit ices up",
    about="Below 7 Cel: one defrost after the other, each leaving more ice; evaporator far too cold, backup heater on.",
    device_types=("heat_pump",),
    course="progressive",
    depths=(0.88, 1.0),  # part of the ice that a defrost leaves in the end
    days=(6.0, 12.0),
    noticed=0.9,
    shape=0.7,
    knobs=lambda left: {"defrost": 1.0 - left},
)
