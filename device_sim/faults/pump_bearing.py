"""A pump's bearing pits and roughens until it drags the motor down."""

from device_sim.faults.fault import Fault

PUMP_BEARING = Fault(
    name="pump_bearing",
    label="Failing pump bearing",
    about="Kurtosis of the vibration rises first, then its strength, bearing temperature and power; then speed sags.",
    device_types=("circulation_pump",),
    course="progressive",
    depths=(0.86, 0.97),  # how far the bearing is gone in the end
    days=(8.0, 16.0),
    noticed=0.85,
    knobs=lambda gone: {"bearing": 1.0 - gone},
)
