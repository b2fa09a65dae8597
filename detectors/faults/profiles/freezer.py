"""A freezer: how long it must cool, how hard, and whether its defrosts do their work.

Heat comes in per degree between room and cabinet, so the compressor's duty is held against that difference: a warm
room is no fault. Warm food and a door left open load the machine for a day; what must last longer says so.
"""

from detectors.faults.profile import (
    DAY,
    HOUR,
    MINUTE,
    Channel,
    Gate,
    Profile,
    departure,
    limit,
    missing,
    plain,
    spikes,
    stuck,
)

COOLING = (Gate("mode", low=1, high=1), Gate("compressor_duty", low=99))
DEFROSTING = Gate("mode", low=2, high=2)

DUTY = Channel(
    "Compressor duty per degree between room and cabinet", "%/K", ("compressor_duty",),
    over=("ambient_temp", "cabinet_temp"), least=10,
)  # fmt: skip
CONDENSER = Channel(
    "Condenser above room temperature while cooling", "K", ("condenser_temp", "ambient_temp"), "difference", COOLING
)
EVAPORATOR = Channel(
    "Cabinet above evaporator temperature while cooling", "K", ("cabinet_temp", "evaporator_temp"), "difference",
    COOLING, subject=1,
)  # fmt: skip
SHAKING = plain("Compressor vibration while cooling", "mm/s", "compressor_vibration", *COOLING)
DEFROSTS = Channel("Part of the time spent defrosting", "1", ("mode",), only=(DEFROSTING,), over=("mode",))
MELTING = plain("Evaporator temperature while defrosting", "Cel", "evaporator_temp", DEFROSTING)
OPEN = plain("Time that the door stood open since the last message", "s", "door_open_time")
CABINET = Channel(
    "Cabinet above its set point", "K", ("cabinet_temp", "cabinet_setpoint"), "difference", subject=0
)  # fmt: skip

AIR = plain("Air in the cabinet", "Cel", "cabinet_temp")
ROOM = plain("Air around the appliance", "Cel", "ambient_temp")

FIVE = {"period_ms": 5 * MINUTE}
WEAR = {**FIVE, "span_ms": DAY, "learn": 5, "memory": 30, "hold_ms": 6 * HOUR}
COLD = {**FIVE, "span_ms": 6 * HOUR, "learn": 8, "memory": 60, "hold_ms": 2 * HOUR}  # of cooling: about a day
LOOSE = {"calm_ms": 3 * DAY}  # a loose plug has good days; less makes an episode of each bad one
SOME = {"span_ms": DAY, "learn": 3}  # likewise

FREEZER = Profile(
    "freezer",
    (
        # a third more cooling than usual, for longer than warm food or an open door (a day, and what follows it) make
        departure("cooling_demand", DUTY, **WEAR | {"hold_ms": 40 * HOUR}, floor_share=0.08, side=1, enter=4, leave=2),
        # the same at once, and for a day and a half: no proof of anything, but what explains a hot condenser and frost.
        departure("busy", DUTY, **WEAR | {"span_ms": 36 * HOUR, "learn": 4, "hold_ms": HOUR}, floor_share=0.08, side=1,
                  enter=2, leave=0.3),
        # and what goes late: once mended, a freezer cools so little that hours of it take two days to gather
        departure("busy", DUTY, **WEAR | {"learn": 4, "hold_ms": 36 * HOUR}, floor_share=0.08, side=1, enter=2,
                  leave=1),
        # four tenths more than its own way from condenser to room, over six hours of cooling
        departure("condenser_heat", CONDENSER, **COLD, floor_share=0.06, side=1, enter=7, leave=3.5),
        departure("evaporator_cold", EVAPORATOR, **COLD, floor_share=0.06, enter=5, leave=2.5),
        departure("compressor_vibration", SHAKING, **COLD, floor_share=0.1, side=1, enter=6, leave=3),
        departure("defrost_time", DEFROSTS, **WEAR, floor_sd=0.003, floor_share=0.2, side=1, enter=5.5, leave=2.5),
        # a freezer defrosts for half an hour a day or less: its time of observation is made of defrosts
        departure("defrost_heat", MELTING, **FIVE, span_ms=30 * MINUTE, learn=5, memory=60, floor_sd=3, side=-1,
                  enter=3, leave=0.4, hold_ms=20 * MINUTE),
        # unpacking takes minutes; half of every message for a quarter of an hour is a door that nobody watches
        limit("door_open", OPEN, **FIVE, limit=120, back=60, unit=60, hold_ms=15 * MINUTE, calm_ms=30 * MINUTE),
        limit("cabinet_warm", CABINET, **FIVE, limit=7, back=2, unit=2, hold_ms=12 * HOUR, calm_ms=6 * HOUR),
        # the thermostat holds the mean of a day to tenths, with no more work than before; no fan makes a condenser half
        # as warm above the room
        departure("sensor_drift", CABINET, **WEAR | {"hold_ms": 36 * HOUR}, floor_sd=0.5, enter=5, leave=2.5),
        departure("sensor_drift", CONDENSER, **COLD, floor_share=0.06, side=-1, enter=8, leave=4),
        stuck(plain("Evaporator temperature", "Cel", "evaporator_temp"), **FIVE, min_ms=3 * HOUR, min_moves=300),
        stuck(AIR, **FIVE, min_ms=3 * HOUR, min_moves=300),
        stuck(ROOM, **FIVE, min_ms=24 * HOUR, min_moves=300),
        spikes(AIR, **FIVE, floor=5, **LOOSE),
        spikes(ROOM, **FIVE, floor=4, **LOOSE),
        missing(AIR, "power", **FIVE, **SOME),
        missing(ROOM, "power", **FIVE, **SOME),
    ),
    silent_after_s=2 * 3600,
)  # fmt: skip
