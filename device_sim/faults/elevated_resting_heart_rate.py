"""A body that fights something: the pulse of rest and sleep is high for days, with no exercise to explain it."""

from device_sim.faults.fault import Fault

ELEVATED_RESTING_HEART_RATE = Fault(
    name="elevated_resting_heart_rate",
    label="Resting heart rate is high",
    about="Pulse and breath in sleep and at rest rise by 9 to 18 a minute within days, the skin is warmer, the day's "
    "movement is as before.",
    device_types=("wearable",),
    course="progressive",
    depths=(0.9, 1.8),  # tens of beats a minute
    days=(2.0, 4.0),
    lasts_days=(4.0, 9.0),
    noticed=0.9,
    knobs=lambda raised: {"resting": 1.0 + raised},
)
