"""Sensors on a walker's legs and trunk: steps that freeze, for the wearer and whoever looks after them.

A freeze trembles at 3 to 8 Hz where a stride swings at 0.5 to 3 Hz (Moore et al., J. Neurosci. Methods 167, 2008). It
is context for staff, no diagnosis: it reaches no customer, and it sees nothing without consent to vital signs.
"""

from detectors.faults.profile import Gate, Profile, limit, plain, vitals

SECOND = 1000.0
UP = Gate("ankle_motion", low=0.5)  # m/s2: standing still sways by less, and its ratio means nothing

GAIT_SENSOR = Profile(
    "gait_sensor",
    (
        # 3 for three seconds: Moore's threshold for most walkers lies between 2 and 3, turning reaches 2.6; lower takes
        # the first steps for a freeze, longer misses the short ones
        vitals(limit("freeze", plain("Tremor by stride", "1", "freeze_index", UP), period_ms=SECOND, limit=3, back=1,
                     unit=2, hold_ms=2 * SECOND, calm_ms=20 * SECOND)),
    ),
)  # fmt: skip
