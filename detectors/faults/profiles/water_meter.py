"""A water meter: water that never stops. Fixed limits, because nobody's habits make water run day and night.

A home takes no water at some time of every day; utilities call a day without a pause a leak. Time beyond a limit is
forgotten at twice the speed at which it gathers, so a day with much use does not add up to a leak. What runs as fast
as an open tap says nothing about a small leak, and is left out of its sum.
"""

from detectors.faults.profile import DAY, HOUR, MINUTE, Gate, Profile, departure, limit, missing, plain, spikes, stuck

FLOW = plain("Flow", "L/min", "flow")
SMALL = plain("Flow of less than a tap's", "L/min", "flow", Gate("flow", high=5))
STILL = Gate("flow", high=0.01)
NIGHT = plain("Least flow of the night", "L/h", "night_flow")
COMMON = {"period_ms": 5 * MINUTE, "side": 1}

WATER_METER = Profile(
    "water_meter",
    (
        # 0.05 L/min is a fast drip, 70 L a day; a meter with a coarse counter shows less as 0. A day and a night of it
        # without a pause; shorter meets a house full of guests, longer gives the leak another day
        limit("continuous_flow", SMALL, **COMMON, limit=0.05, unit=0.05, hold_ms=22 * HOUR, calm_ms=6 * HOUR),
        # the same by the meter's own sum, over two nights: 3 L/h
        limit("night_flow", NIGHT, **COMMON, limit=3, back=1, unit=3, hold_ms=30 * HOUR, calm_ms=20 * HOUR),
        # half a litre a minute for hours is a cistern that does not close: 2 hours are met by a family's evening
        limit("steady_flow", SMALL, **COMMON, limit=0.5, unit=0.25, hold_ms=5 * HOUR, calm_ms=24 * HOUR),
        # what a bath takes in ten minutes, for an hour: 30 minutes meet two showers and a bath
        limit("torrent", FLOW, **COMMON, limit=7, unit=2, hold_ms=55 * MINUTE, calm_ms=HOUR),
        stuck(plain("Pressure", "bar", "pressure"), period_ms=5 * MINUTE, min_ms=6 * HOUR, min_moves=300),
        stuck(plain("Water temperature", "Cel", "water_temp"), period_ms=5 * MINUTE, min_ms=12 * HOUR, min_moves=300),
        # half a bar off for a day with no water running: pumps and reservoirs of the street move it by half of that
        departure("sensor_drift", plain("Pressure while no water runs", "bar", "pressure", STILL),
                  period_ms=5 * MINUTE, span_ms=DAY / 2, learn=8, floor_sd=0.1, enter=5, leave=3, hold_ms=2 * HOUR),
        # standing water takes the temperature of the cellar, when nobody is at home all of it: 4 K
        departure("sensor_drift", plain("Temperature of standing water", "Cel", "water_temp", STILL),
                  period_ms=5 * MINUTE, span_ms=DAY / 2, learn=8, floor_sd=1.2, enter=5, leave=3, hold_ms=2 * HOUR),
        spikes(plain("Pressure while no water runs", "bar", "pressure", STILL), period_ms=5 * MINUTE, floor=0.3),
        spikes(plain("Temperature of standing water", "Cel", "water_temp", STILL), period_ms=5 * MINUTE, floor=3),
        missing(plain("Pressure", "bar", "pressure"), "flow", period_ms=5 * MINUTE),
        missing(plain("Water temperature", "Cel", "water_temp"), "flow", period_ms=5 * MINUTE),
    ),
    silent_after_s=4 * 3600,
)  # fmt: skip
