"""An injector fails now and then: one cylinder misses, the catalyst burns its fuel."""

from device_sim.faults.fault import Fault

MISFIRE = Fault(
    name="misfire",
    label="Misfire",
    about="Misfires by the dozen, rough idle, raised fuel trims, hot catalyst; P030x pending, later confirmed.",
    device_types=("vehicle",),
    course="intermittent",
    depths=(0.05, 0.2),  # part of the combustions of one cylinder that fail
    noticed=None,
    bout_h=3.0,
    duty=0.45,
    knobs=lambda lost: {"ignition": 1.0 - lost},
)
