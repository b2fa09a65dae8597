"""An air handler: rules of its physics, which need no history, and what creeps away from its own reference.

After the air-handler performance assessment rules of House, Vaezi-Nejad and Whitcomb (ASHRAE Transactions 107,
2001; rules 3, 13 and 16 there) and the fault conditions of ASHRAE Guideline 36. Margins are wide: 1.5 K off target
with the valve wide open, 4.5 and 5.5 K across two closed coils, 3 K the wrong way across a coil at work, because
sensors in a mixing box are off by up to 2 K of each other in good health.
"""

from detectors.faults.profile import (
    DAY,
    HOUR,
    MINUTE,
    Channel,
    Gate,
    Profile,
    departure,
    drift,
    limit,
    missing,
    plain,
    spikes,
    stuck,
)

FAN = Gate("fan_on", low=0.5)
BLOWING = (FAN, Gate("fan_speed", low=40))
COOLING_OPEN = Gate("cooling_valve", low=95)
HEATING_OPEN = Gate("heating_valve", low=95)
COOLS = Gate("cooling_valve", low=20)
HEATS = Gate("heating_valve", low=20)
CLOSED = (Gate("cooling_valve", high=1), Gate("heating_valve", high=1))

TOO_WARM = Channel(
    "Supply air above its cooling set point with the cooling valve open", "K",
    ("supply_air_temp", "cooling_setpoint"), "difference", (FAN,), (COOLING_OPEN,),
)  # fmt: skip
TOO_COLD = Channel(
    "Supply air below its heating set point with the heating valve open", "K",
    ("supply_air_temp", "heating_setpoint"), "difference", (FAN,), (HEATING_OPEN,),
)  # fmt: skip
COOLED = Channel(
    "Supply minus mixed air temperature with the cooling valve open", "K",
    ("supply_air_temp", "mixed_air_temp"), "difference", (FAN, COOLS),
)  # fmt: skip
HEATED = Channel(
    "Supply minus mixed air temperature with the heating valve open", "K",
    ("supply_air_temp", "mixed_air_temp"), "difference", (FAN, HEATS),
)  # fmt: skip


def returned(label: str, most: float) -> Channel:
    """The part of return air in the mix while the outdoor damper is at most so far open, and the two airs differ."""
    return Channel(
        label, "1", ("mixed_air_temp", "outdoor_temp"), "difference", (FAN, Gate("outdoor_damper", high=most)),
        over=("return_air_temp", "outdoor_temp"), least=6,
    )  # fmt: skip


SHUT = returned("Part of return air in the mix, outdoor damper shut", 5)
NEARLY_SHUT = returned("Part of return air in the mix, outdoor damper a third open at most", 35)
CLOSED_COIL = Channel(
    "Supply minus mixed air temperature while both valves are closed", "K", ("supply_air_temp", "mixed_air_temp"),
    "difference", (FAN, *CLOSED),
)  # fmt: skip
PER_VALVE = Channel(
    "Warming of the air for each per cent of heating valve", "K/%", ("supply_air_temp", "mixed_air_temp"),
    "difference", (FAN, Gate("heating_valve", low=10)), over=("heating_valve",),
)  # fmt: skip
WARM_TARGET = Channel(
    "Supply air above its heating set point with the heating valve in the middle", "K",
    ("supply_air_temp", "heating_setpoint"), "difference", (FAN, Gate("heating_valve", low=15, high=85)),
)  # fmt: skip
COOL_TARGET = Channel(
    "Supply air above its cooling set point with the cooling valve in the middle", "K",
    ("supply_air_temp", "cooling_setpoint"), "difference", (FAN, Gate("cooling_valve", low=15, high=85)),
)  # fmt: skip
FILTER = Channel(
    "Pressure drop across the filter for each per cent of fan speed", "Pa/%", ("filter_pressure_drop",), when=BLOWING,
    over=("fan_speed",),
)  # fmt: skip
PER_POWER = Channel(
    "Pressure drop across the filter for each watt of the fan", "Pa/W", ("filter_pressure_drop",), when=BLOWING,
    over=("fan_power",), least=5,
)  # fmt: skip
SHAKING = Channel(
    "Fan vibration for each per cent of its speed", "mm/s/%", ("fan_vibration",), when=BLOWING, over=("fan_speed",)
)

SUPPLY = plain("Supply air temperature", "Cel", "supply_air_temp", FAN)
MIXED = plain("Mixed air temperature", "Cel", "mixed_air_temp", FAN)

COMMON = {
    "period_ms": MINUTE,
    "unit": 0.5,
    "calm_ms": DAY,
}  # what shows only by night, or in the cold, is not mended by day
AT_WORK = {**COMMON, "calm_ms": 2 * HOUR, "back": 1}
WEAR = {"period_ms": MINUTE, "span_ms": DAY, "learn": 5, "memory": 30, "hold_ms": 6 * HOUR}
BLOWN = WEAR | {"span_ms": 10 * HOUR, "learn": 4, "hold_ms": 4 * HOUR}  # a working day: no more blows in summer
AIM = {"period_ms": MINUTE, "span_ms": 2 * HOUR, "learn": 4, "memory": 40, "hold_ms": 30 * MINUTE, "floor_sd": 0.4,
       "enter": 5, "leave": 2.5}  # fmt: skip
LOOSE = {"calm_ms": 3 * DAY}  # a loose plug has good days; less makes an episode of each bad one
SOME = {"span_ms": DAY, "learn": 3}  # likewise

AIR_HANDLER = Profile(
    "air_handler",
    (
        limit("supply_air_too_warm", TOO_WARM, **COMMON, side=1, limit=1.5, back=0.5, hold_ms=75 * MINUTE),
        limit("supply_air_too_cold", TOO_COLD, **COMMON, side=-1, limit=-1.5, back=0.5, hold_ms=75 * MINUTE),
        limit("heat_through_closed_coil", CLOSED_COIL, **AT_WORK, side=1, limit=4.5, hold_ms=HOUR),
        limit("cold_through_closed_coil", CLOSED_COIL, **AT_WORK, side=-1, limit=-5.5, hold_ms=HOUR),
        limit("warmer_while_cooling", COOLED, **AT_WORK, side=1, limit=3, hold_ms=40 * MINUTE),
        limit("colder_while_heating", HEATED, **AT_WORK, side=-1, limit=-3, hold_ms=90 * MINUTE),
        # a shut damper lets through a few per cent; a fifth of outdoor air is more than a mixing box's sensors err by
        limit("outdoor_air_through_shut_damper", SHUT, **COMMON | {"unit": 0.1}, side=-1, limit=0.78, back=0.05,
              hold_ms=HOUR),
        # four hours at such a damper: less meets the minutes after a start, more finds a stuck damper a day later
        departure("return_air", NEARLY_SHUT, **WEAR | {"span_ms": 4 * HOUR, "hold_ms": HOUR}, floor_sd=0.04, side=-1,
                  enter=5, leave=2.5),
        departure("closed_coil", CLOSED_COIL, **WEAR | {"span_ms": 2 * HOUR, "hold_ms": HOUR}, floor_sd=0.6, enter=5,
                  leave=2.5),
        departure("warmth_per_valve", PER_VALVE, **WEAR | {"span_ms": 8 * HOUR}, floor_share=0.08, side=1, enter=8,
                  leave=4),
        # faster air raises the first of the two and lowers the second, dirt raises both; twice the drop is proof alone.
        # One side each, so that a new filter teaches at once what a clean one is like
        departure("filter_drop", FILTER, **BLOWN, floor_share=0.08, side=1, enter=5, leave=2.5),
        departure("filter_drop_per_power", PER_POWER, **BLOWN, floor_share=0.08, side=1, enter=5, leave=2.5),
        departure("filter_drop_doubled", FILTER, **BLOWN, floor_share=0.08, side=1, enter=12, leave=6),
        # EN 13053: a filter is spent at three times its first pressure drop
        drift("filter_going", FILTER, period_ms=MINUTE, span_ms=6 * HOUR, learn=8, share=3, floor_sd=0.015),
        departure("air_moved", FILTER, **BLOWN, floor_share=0.08, side=-1, enter=5, leave=2.5),
        departure("fan_vibration", SHAKING, **BLOWN, floor_share=0.1, side=1, enter=6, leave=3),
        # a valve in the middle holds its set point; what is off by 2 K and stays so is the sensor, or the mixed air's
        # that lies beyond both airs that are mixed
        departure("sensor_drift", WARM_TARGET, **AIM),
        departure("sensor_drift", COOL_TARGET, **AIM),
        departure("sensor_drift", NEARLY_SHUT, **WEAR | {"span_ms": 4 * HOUR, "hold_ms": HOUR}, floor_sd=0.04, side=1,
                  enter=5, leave=2.5),
        stuck(SUPPLY, period_ms=MINUTE, min_ms=2 * HOUR, min_moves=500),
        stuck(MIXED, period_ms=MINUTE, min_ms=2 * HOUR, min_moves=500),
        spikes(SUPPLY, period_ms=MINUTE, floor=4, **LOOSE),
        spikes(MIXED, period_ms=MINUTE, floor=4, **LOOSE),
        missing(SUPPLY, "fan_on", period_ms=MINUTE, **SOME),
        missing(MIXED, "fan_on", period_ms=MINUTE, **SOME),
    ),
    silent_after_s=2 * 3600,
)  # fmt: skip
