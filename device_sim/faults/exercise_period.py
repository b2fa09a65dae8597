"""Somebody trains: a run on most days, a high pulse while it lasts, and nothing is wrong."""

from device_sim.faults.fault import Fault

EXERCISE_PERIOD = Fault(
    name="exercise_period",
    label="Training (harmless)",
    about="A run on most days for some weeks, with a fast pulse and much movement; nights and rest are as before.",
    device_types=("wearable",),
    course="sudden",
    depths=(0.6, 1.0),  # part of the days with a run
    expects="nothing",
    lasts_days=(8.0, 20.0),
    noticed=None,
    knobs=lambda keen: {"exercise": 1.0 + keen},
)
