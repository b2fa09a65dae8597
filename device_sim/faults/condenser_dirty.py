"""Dust and fluff fill the condenser: it gets hot, and in the end the motor protector opens."""

from device_sim.faults.fault import Fault

CONDENSER_DIRTY = Fault(
    name="condenser_dirty",
    label="Dirty condenser",
    about="Condenser temperature and power climb, duty grows, then the compressor trips again and again.",
    device_types=("freezer",),
    course="progressive",
    depths=(0.88, 0.93),  # part of the air that no longer passes in the end
    days=(8.0, 16.0),
    noticed=0.95,
    knobs=lambda closed: {"condenser_air": 1.0 - closed},
)
