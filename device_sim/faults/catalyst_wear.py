"""The catalyst loses its oxygen storage: the sensor behind it swings like the one before."""

from device_sim.faults.fault import Fault

CATALYST_WEAR = Fault(
    name="catalyst_wear",
    label="Worn catalyst",
    about="The rear oxygen sensor swings more and more, the catalyst runs cooler; P0420 follows.",
    device_types=("vehicle",),
    course="progressive",
    depths=(0.85, 1.0),  # part of the oxygen storage that is lost in the end
    days=(8.0, 16.0),
    noticed=None,
    shape=1.0,
    knobs=lambda lost: {"catalyst": 1.0 - lost},
)
