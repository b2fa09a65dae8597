"""A leak sensor: water at its probes, and its cell.

A floor that was mopped is wet too. It has a thin film, and dries within hours; a puddle covers the probes, and what
leaks stays wet.
"""

from detectors.faults.profile import HOUR, MINUTE, Gate, Profile, departure, limit, missing, plain, spikes, stuck
from detectors.faults.profiles.battery import cell

PERIOD = 15 * MINUTE
PUDDLE = 240.0  # uS: tap water that covers the probes conducts 250 to 800, a film 100; lower calls mopping a flood

DAMP = plain("Conductance of a damp floor", "uS", "conductance", Gate("conductance", high=PUDDLE))
WATER = plain("Conductance between the probes", "uS", "conductance")
COMMON = {"period_ms": PERIOD, "side": 1}

LEAK_SENSOR = Profile(
    "leak_sensor",
    (
        # damp for half a day: a mopped floor dries in less
        limit("damp_floor", DAMP, **COMMON, limit=40, back=20, unit=40, hold_ms=12 * HOUR, calm_ms=24 * HOUR),
        # a puddle: two messages in a row, because a single one may be a splash
        limit("puddle", WATER, **COMMON, limit=PUDDLE, back=100, unit=60, hold_ms=30 * MINUTE, calm_ms=12 * HOUR),
        *cell(PERIOD),
        stuck(plain("Floor temperature", "Cel", "floor_temp"), period_ms=PERIOD, min_ms=18 * HOUR, min_moves=150),
        spikes(plain("Floor temperature", "Cel", "floor_temp"), period_ms=PERIOD, floor=1.5),
        # a floor follows the weather by a kelvin or two, another floor is as far off; 4 K for days is the sensor
        departure(
            "sensor_drift",
            plain("Floor temperature", "Cel", "floor_temp"),
            period_ms=PERIOD,
            span_ms=24 * HOUR,
            learn=5,
            floor_sd=0.8,
            enter=5,
            leave=3,
            hold_ms=12 * HOUR,
        ),
        missing(plain("Floor temperature", "Cel", "floor_temp"), "battery_level", period_ms=PERIOD),
        missing(WATER, "battery_level", period_ms=PERIOD),
    ),
    silent_after_s=6 * 3600,
)
