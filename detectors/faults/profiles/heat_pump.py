"""A heat pump: the refrigerant circuit, the water and the outdoor fan seen from outside, the house, the sensors.

What wears is held against the pump's own reference (`departure`), each number at middle speed only and per turn of the
compressor, so that a cold spell, which makes everything work harder, changes it little. Half a day of such running is
one observation: shorter sees the daily round of hot water and set-back, longer finds a fault a day later.
"""

from dataclasses import replace

from detectors.faults.profile import (
    DAY,
    HOUR,
    MINUTE,
    Channel,
    Gate,
    Profile,
    departure,
    drift,
    missing,
    plain,
    seasonal,
    spikes,
    stuck,
)

RUNNING = Gate("compressor_speed", low=15)
HEATING = Gate("mode", low=1, high=1)
WARMING = Gate("mode", low=1, high=2)  # rooms or hot water
DEFROSTING = Gate("mode", low=3, high=3)
FLOWING = Gate("flow_rate", low=1)
STEADY = (HEATING, Gate("compressor_speed", low=30, high=80))  # Hz: where inverters spend a heating day
FROSTY = (Gate("outdoor_temp", low=-7, high=4), Gate("mode", low=1))  # colder air is dry
DAMP = (Gate("outdoor_temp", low=4, high=7), Gate("mode", low=1))  # warmer air melts the ice itself

APPROACH = Channel(
    "Outdoor air minus evaporator temperature",
    "K",
    ("outdoor_temp", "evaporator_temp"),
    "difference",
    (RUNNING, HEATING),
    subject=1,
)
LIFT = Channel(
    "Discharge minus supply temperature", "K", ("discharge_temp", "supply_temp"), "difference", (RUNNING, HEATING)
)
INDOOR = plain("Indoor temperature", "Cel", "indoor_temp")
OUTDOOR = plain("Outdoor temperature", "Cel", "outdoor_temp")
RETURN = plain("Return water temperature", "Cel", "return_temp", FLOWING)
EVAPORATOR = plain("Evaporator temperature", "Cel", "evaporator_temp", RUNNING)
WARMING_EVAPORATOR = plain("Evaporator temperature while warming", "Cel", "evaporator_temp", RUNNING, WARMING)
HEATING_RETURN = plain("Return water temperature while heating", "Cel", "return_temp", RUNNING, HEATING)

TURNS = ("compressor_speed",)
SUPERHEAT = plain("Superheat of the suction gas", "K", "superheat", RUNNING, WARMING)
STARVED = Channel(
    "Outdoor air minus evaporator temperature, per turn of the compressor", "K/Hz",
    ("outdoor_temp", "evaporator_temp"), "difference", STEADY, subject=1, over=TURNS,
)  # fmt: skip
HOT_GAS = Channel(
    "Discharge minus supply temperature at middle speed", "K", ("discharge_temp", "supply_temp"), "difference", STEADY
)
SPREAD = Channel(
    "Supply minus return temperature, per turn of the compressor", "K/Hz",
    ("supply_temp", "return_temp"), "difference", STEADY, over=TURNS,
)  # fmt: skip
SHAKING = Channel("Vibration per turn of the compressor", "mm/s/Hz", ("compressor_vibration",), when=STEADY, over=TURNS)
AIR = Channel("Outdoor fan speed per turn of the compressor", "{rpm}/Hz", ("outdoor_fan_speed",), when=STEADY,
              over=TURNS)  # fmt: skip
WATER = plain("Water flow while heating", "L/min", "flow_rate", RUNNING, HEATING)
RESTING = Gate("compressor_speed", high=0)
RESTING_AIR = Channel("Outdoor minus evaporator temperature at rest", "K", ("outdoor_temp", "evaporator_temp"),
                      "difference", (RESTING,))  # fmt: skip
RESTING_WATER = Channel("Supply minus return temperature at rest", "K", ("supply_temp", "return_temp"), "difference",
                        (RESTING,), subject=1)  # fmt: skip
BOILER = (RUNNING, Gate("mode", low=2, high=2))
SUPERHEAT_BOILER = plain("Superheat of the suction gas while it makes hot water", "K", "superheat", *BOILER)
SHAKING_BOILER = Channel(
    "Vibration per turn of the compressor while it makes hot water", "mm/s/Hz", ("compressor_vibration",), when=BOILER,
    over=TURNS,
)  # fmt: skip
AIR_BOILER = Channel("Outdoor fan speed per turn of the compressor while it makes hot water", "{rpm}/Hz",
                     ("outdoor_fan_speed",), when=BOILER, over=TURNS)  # fmt: skip
DEFROSTS = Channel("Part of the time spent defrosting, in damp cold", "1", ("mode",), when=FROSTY, only=(DEFROSTING,),
                   over=("mode",))  # fmt: skip
MILD_DEFROSTS = replace(DEFROSTS, label="Part of the time spent defrosting, above 4 degrees", when=DAMP)

FIVE = {"period_ms": 5 * MINUTE}
COMMON = {"period_ms": 5 * MINUTE, "min_age_ms": 5 * DAY, "min_count": 300}
CIRCUIT = {
    **COMMON,
    "smooth_ms": 30 * MINUTE,
    "leave": 2,
    "need": 9,
    "of": 12,
    "hold_ms": HOUR,
    "lasting_ms": 12 * HOUR,
}
WEAR = {"period_ms": 5 * MINUTE, "span_ms": 12 * HOUR, "learn": 6, "memory": 40, "leave": 2.5, "hold_ms": 3 * HOUR}
BOIL = WEAR | {"span_ms": HOUR, "learn": 5, "memory": 60, "hold_ms": 15 * MINUTE}
REST = WEAR | {"span_ms": 3 * HOUR, "hold_ms": HOUR}
ICE = WEAR | {"learn": 9}  # fewer spans call a device iced that is heard each 15 minutes, and so misses most defrosts
LOOSE = {"calm_ms": 3 * DAY}  # a loose plug has good days; less makes an episode of each bad one
SOME = {"span_ms": DAY, "learn": 3}  # likewise

HEAT_PUMP = Profile(
    "heat_pump",
    (
        seasonal("evaporator_approach", APPROACH, **CIRCUIT, floor_sd=0.8, tail=0.6, enter=4),
        seasonal("discharge_lift", LIFT, **CIRCUIT, floor_sd=1.5, tail=0.4, enter=4),
        # 2.4 K more than its own for half a day: the valve holds it to tenths while it has refrigerant to give
        departure("superheat", SUPERHEAT, **WEAR, floor_sd=0.6, floor_share=0.06, side=1, enter=4),
        # compressors are protected from gas that hot; two thirds of its own flow is where units lock out
        drift("superheat_going", SUPERHEAT, **FIVE, span_ms=2 * HOUR, learn=24, limit=18, floor_sd=0.25),
        drift("flow_going", WATER, **FIVE, span_ms=2 * HOUR, learn=24, share=0.6, side=-1, floor_sd=0.15),
        # half-days of a healthy pump differ by 5 %: less meets the weather, 10 % finds a fault days late. Heat and fan,
        # which the weather reaches most, speak only beside vibration and tell apart what shakes
        departure("starved_evaporator", STARVED, **WEAR, floor_share=0.055, enter=4.5),
        departure("hot_gas", HOT_GAS, **WEAR, floor_share=0.05, side=1, enter=4.5),
        departure("heat_per_turn", SPREAD, **WEAR, floor_share=0.055, side=-1, enter=4),
        departure("compressor_vibration", SHAKING, **WEAR, floor_share=0.08, side=1, enter=5),
        departure("fan_turns", AIR, **WEAR | {"leave": 1.8}, floor_share=0.05, side=-1, enter=3.6),
        departure("superheat", SUPERHEAT_BOILER, **BOIL, floor_sd=0.7, floor_share=0.06, side=1, enter=4.5),
        # hot water is made all the year at much the same speed: days of an hour of it differ by a hundredth or two
        departure("compressor_vibration", SHAKING_BOILER, **BOIL, floor_share=0.045, side=1, enter=5),
        departure("shaking_hard", SHAKING_BOILER, **BOIL, floor_share=0.045, side=1, enter=12),
        departure("fan_turns", AIR_BOILER, **BOIL | {"leave": 1.8}, floor_share=0.05, side=-1, enter=3.6),
        # a tenth less water than usual; pumps that follow the load bring their own, wider spread
        departure("water_flow", WATER, **WEAR, floor_share=0.025, side=-1, enter=5),
        # 4 points of time: twice as many defrosts as a damp day asks for
        departure("defrost_time", DEFROSTS, **ICE, floor_sd=0.007, side=1, enter=6),
        departure("defrost_time", MILD_DEFROSTS, **ICE | {"span_ms": 8 * HOUR, "learn": 4}, floor_sd=0.012,
                  side=1, enter=6),
        seasonal("indoor_temp", INDOOR, **COMMON, floor_sd=0.6, smooth_ms=HOUR, enter=6, leave=3, need=16, of=20,
                 hold_ms=3 * HOUR, lasting_ms=12 * HOUR),
        # at rest two pairs of sensors measure the same air and the same water
        departure("sensor_drift", RESTING_AIR, **REST, floor_sd=0.8, enter=5),
        departure("sensor_drift", RESTING_WATER, **REST, floor_sd=0.6, enter=5),
        stuck(OUTDOOR, **FIVE, min_ms=3 * HOUR, min_moves=300),
        stuck(EVAPORATOR, **FIVE, min_ms=90 * MINUTE, min_moves=200),
        stuck(RETURN, **FIVE, min_ms=90 * MINUTE, min_moves=200),
        spikes(OUTDOOR, **FIVE, floor=4, **LOOSE),
        spikes(WARMING_EVAPORATOR, **FIVE, floor=5, **LOOSE),
        spikes(HEATING_RETURN, **FIVE, floor=5, **LOOSE),
        missing(OUTDOOR, "power", **FIVE, **SOME),
        missing(EVAPORATOR, "power", **FIVE, **SOME),
        missing(RETURN, "power", **FIVE, **SOME),
    ),
    silent_after_s=2 * 3600,
)  # fmt: skip
