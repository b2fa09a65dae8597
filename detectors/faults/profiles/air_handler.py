"""An air handler, by rules of its physics: no history is needed.

After the air-handler performance assessment rules of House, Vaezi-Nejad and Whitcomb (ASHRAE Transactions 107,
2001; rules 3, 13 and 16 there) and the fault conditions of ASHRAE Guideline 36. Margins are wide: 1.5 K off target
with the valve wide open, 5.5 K across two closed coils.
"""

from detectors.faults.profile import HOUR, MINUTE, Channel, Gate, Profile, limit, plain, stuck

FAN = Gate("fan_on", low=0.5)
COOLING_OPEN = Gate("cooling_valve", low=95)
HEATING_OPEN = Gate("heating_valve", low=95)
CLOSED = (Gate("cooling_valve", high=1), Gate("heating_valve", high=1))

TOO_WARM = Channel(
    "Supply air above its cooling set point with the cooling valve open", "K",
    ("supply_air_temp", "cooling_setpoint"), "difference", (FAN,), (COOLING_OPEN,),
)  # fmt: skip
TOO_COLD = Channel(
    "Supply air below its heating set point with the heating valve open", "K",
    ("supply_air_temp", "heating_setpoint"), "difference", (FAN,), (HEATING_OPEN,),
)  # fmt: skip
ACROSS = Channel(
    "Supply minus mixed air temperature with both valves closed", "K",
    ("supply_air_temp", "mixed_air_temp"), "difference", (FAN,), CLOSED,
)  # fmt: skip

COMMON = {"period_ms": MINUTE, "unit": 0.5, "calm_ms": 2 * HOUR}

AIR_HANDLER = Profile(
    "air_handler",
    (
        limit("supply_air_too_warm", TOO_WARM, **COMMON, side=1, limit=1.5, back=0.5, hold_ms=30 * MINUTE),
        limit("supply_air_too_cold", TOO_COLD, **COMMON, side=-1, limit=-1.5, back=0.5, hold_ms=30 * MINUTE),
        limit("heat_through_closed_coil", ACROSS, **COMMON, side=1, limit=5.5, back=1, hold_ms=HOUR),
        limit("cold_through_closed_coil", ACROSS, **COMMON, side=-1, limit=-5.5, back=1, hold_ms=HOUR),
        stuck(plain("Supply air temperature", "Cel", "supply_air_temp", FAN), period_ms=MINUTE, min_ms=2 * HOUR,
              min_moves=500),
        stuck(plain("Mixed air temperature", "Cel", "mixed_air_temp", FAN), period_ms=MINUTE, min_ms=2 * HOUR,
              min_moves=500),
    ),
    silent_after_s=2 * 3600,
)  # fmt: skip
