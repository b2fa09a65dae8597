"""A room sensor: its cell, and sensors that stand still. How warm people want it is nobody's fault."""

from detectors.faults.profile import HOUR, MINUTE, Gate, Profile, missing, plain, spikes, stuck
from detectors.faults.profiles.battery import cell

PERIOD = 10 * MINUTE
MOIST = Gate("humidity", high=99)  # saturated air stands still at 100 %

ROOM_SENSOR = Profile(
    "room_sensor",
    (
        *cell(PERIOD),
        stuck(plain("Room temperature", "Cel", "room_temp"), period_ms=PERIOD, min_ms=12 * HOUR, min_moves=200),
        stuck(plain("Relative humidity", "%", "humidity", MOIST), period_ms=PERIOD, min_ms=6 * HOUR, min_moves=200),
        stuck(plain("Carbon dioxide", "[ppm]", "co2"), period_ms=PERIOD, min_ms=4 * HOUR, min_moves=200),
        spikes(plain("Room temperature", "Cel", "room_temp"), period_ms=PERIOD, floor=1.5),
        spikes(plain("Relative humidity", "%", "humidity"), period_ms=PERIOD, floor=8),
        spikes(plain("Carbon dioxide", "[ppm]", "co2"), period_ms=PERIOD, floor=200),
        missing(plain("Room temperature", "Cel", "room_temp"), "battery_level", period_ms=PERIOD),
        missing(plain("Relative humidity", "%", "humidity"), "battery_level", period_ms=PERIOD),
        missing(plain("Carbon dioxide", "[ppm]", "co2"), "battery_level", period_ms=PERIOD),
    ),
    silent_after_s=4 * 3600,
)
