"""A circulation pump: its bearing by vibration and warmth, its suction side by the pressure at the inlet.

Vibration is held against the speed, the bearing's temperature against the water's: demand is no fault. Kurtosis rises
with the first pits of a race, before strength does (ISO 13373-1; Dyer and Stewart, J. Mech. Des. 100, 1978).
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
    missing,
    plain,
    spikes,
    stuck,
)

TURNING = Gate("pump_speed", low=300)

IMPACTS = plain("Kurtosis of the vibration", "1", "vibration_kurtosis", TURNING)
SHAKING = Channel("Vibration per turn", "mm/s/{rpm}", ("vibration",), when=(TURNING,), over=("pump_speed",))
WARMTH = Channel(
    "Bearing minus water temperature", "K", ("bearing_temp", "water_temp"), "difference", (TURNING,)
)  # fmt: skip
EFFORT = Channel("Power per flow", "W/(L/min)", ("power",), when=(TURNING,), over=("flow_rate",), least=1)
HEAD = Channel("Pressure rise per turn", "bar/{rpm}", ("pump_head",), when=(TURNING,), over=("pump_speed",))
INLET = plain("Inlet pressure", "bar", "inlet_pressure")
WATER = plain("Water temperature", "Cel", "water_temp")

FIVE = {"period_ms": 5 * MINUTE}
WEAR = {**FIVE, "span_ms": DAY, "learn": 5, "memory": 30, "hold_ms": 6 * HOUR}
LOOSE = {"calm_ms": 3 * DAY}  # a loose plug has good days; less makes an episode of each bad one
SOME = {"span_ms": DAY, "learn": 3}  # likewise

CIRCULATION_PUMP = Profile(
    "circulation_pump",
    (
        # 40 and 50 % more than its own: day means of a sound pump differ by a few per cent, ISO 10816-7's zones by more
        departure("impacts", IMPACTS, **WEAR, floor_share=0.08, side=1, enter=5, leave=2.5),
        departure("vibration", SHAKING, **WEAR, floor_share=0.1, side=1, enter=5, leave=2.5),
        # weather moves water and bearing apart by a few kelvin, so it speaks only beside the others
        departure("bearing_warmth", WARMTH, **WEAR, floor_sd=0.8, side=1, enter=5, leave=2.5),
        # a dragging bearing takes power that moves no water; another set point changes this by a fifth, downwards
        departure("effort", EFFORT, **WEAR, floor_share=0.05, side=1, enter=5, leave=2.5),
        departure("lost_head", HEAD, **WEAR, floor_share=0.04, side=-1, enter=6, leave=3),
        # topping up lifts it, expansion moves it by tenths; a third of a bar below its own is water that is going
        departure("inlet_pressure", INLET, **WEAR, floor_sd=0.06, floor_share=0.03, side=-1, enter=5.5, leave=2.5),
        # suction pressure that circulators ask for in hot water
        drift("inlet_going", INLET, **FIVE, span_ms=2 * HOUR, learn=24, limit=0.4, side=-1, floor_sd=0.015),
        # weather moves the two apart by a few kelvin
        departure("sensor_drift", WARMTH, **WEAR, floor_sd=2, enter=5, leave=2.5),
        stuck(WATER, **FIVE, min_ms=4 * HOUR, min_moves=300),
        stuck(INLET, **FIVE, min_ms=24 * HOUR, min_moves=300),
        # taps move the water by kelvins within minutes, a vessel its pressure by hundredths
        spikes(WATER, **FIVE, floor=5, **LOOSE),
        spikes(INLET, **FIVE, floor=0.2, **LOOSE),
        missing(WATER, "power", **FIVE, **SOME),
        missing(INLET, "power", **FIVE, **SOME),
    ),
    silent_after_s=2 * 3600,
)  # fmt: skip
