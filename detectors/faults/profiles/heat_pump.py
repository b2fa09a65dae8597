"""A heat pump: the refrigerant circuit seen from outside (pressure, evaporator, discharge), the house, the sensors."""

from detectors.faults.profile import DAY, HOUR, MINUTE, Channel, Gate, Profile, hint, plain, seasonal, stuck

RUNNING = Gate("compressor_speed", low=15)
HEATING = Gate("mode", low=1, high=1)
FLOWING = Gate("flow_rate", low=1)

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
SUCTION = plain("Suction pressure with the compressor running", "bar", "low_pressure", RUNNING, HEATING)
EVAPORATOR = plain("Evaporator temperature with the compressor running", "Cel", "evaporator_temp", RUNNING, HEATING)
DISCHARGE = plain("Discharge temperature with the compressor running", "Cel", "discharge_temp", RUNNING, HEATING)
INDOOR = plain("Indoor temperature", "Cel", "indoor_temp")
OUTDOOR = plain("Outdoor temperature", "Cel", "outdoor_temp")
RETURN = plain("Return water temperature", "Cel", "return_temp", FLOWING)

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

HEAT_PUMP = Profile(
    "heat_pump",
    (
        seasonal("evaporator_approach", APPROACH, **CIRCUIT, floor_sd=0.8, tail=0.6, enter=4),
        seasonal("discharge_lift", LIFT, **CIRCUIT, floor_sd=1.5, tail=0.4, enter=4),
        hint("suction_pressure", SUCTION, **CIRCUIT, floor_sd=0.25, enter=4),
        hint("evaporator_temp", EVAPORATOR, **CIRCUIT, floor_sd=1.0, enter=5),
        hint("discharge_temp", DISCHARGE, **CIRCUIT, floor_sd=2.0, enter=5),
        seasonal("indoor_temp", INDOOR, **COMMON, floor_sd=0.6, smooth_ms=HOUR, enter=6, leave=3, need=16, of=20,
                 hold_ms=3 * HOUR, lasting_ms=12 * HOUR),
        stuck(OUTDOOR, period_ms=5 * MINUTE, min_ms=3 * HOUR, min_moves=300),
        stuck(plain("Evaporator temperature", "Cel", "evaporator_temp", RUNNING), period_ms=5 * MINUTE,
              min_ms=90 * MINUTE, min_moves=200),
        stuck(RETURN, period_ms=5 * MINUTE, min_ms=90 * MINUTE, min_moves=200),
    ),
    silent_after_s=2 * 3600,
)  # fmt: skip
