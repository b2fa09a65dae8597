"""A car: engine heat and charging. Its own habits are judged only warm and driven, a fixed limit at any age."""

from detectors.faults.profile import DAY, MINUTE, Channel, Gate, Profile, limit, plain, seasonal, stuck

RUNNING = Gate("rpm", low=500)
WARM = Gate("run_time", low=900)
MOVING = Gate("speed", low=5)

COOLANT = plain("Coolant temperature", "Cel", "coolant_temp", RUNNING)
WARM_COOLANT = plain("Coolant temperature of the warm engine", "Cel", "coolant_temp", RUNNING, WARM)
CHARGING = plain("Voltage with the engine running", "V", "voltage", RUNNING, Gate("run_time", low=120))
INTAKE = plain("Intake air temperature", "Cel", "intake_temp", MOVING)
MANIFOLD = plain("Intake manifold pressure", "kPa", "manifold_pressure", MOVING)
TRIM = Channel("Long-term fuel trim", "%", ("fuel_trim_long",), when=(RUNNING, WARM))

# A drive is short, so a symptom must show within minutes of driving; a warm-up of days and of hundreds of readings
# keeps the first drives (and a single recorded one) to the fixed limits.
YOUNG = {"period_ms": MINUTE, "min_age_ms": 4 * DAY, "min_count": 240}

VEHICLE = Profile(
    "vehicle",
    (
        # 110 °C: thermostats open at 82 to 92 and fans start at 95 to 105; lower calls a hill in summer a fault. A leak
        # shows under load only, so an hour and a half of cool driving is asked before it counts as mended
        limit("coolant_hot", COOLANT, period_ms=MINUTE, limit=110, back=5, unit=2, hold_ms=3 * MINUTE,
              calm_ms=90 * MINUTE),
        seasonal("coolant_temp", WARM_COOLANT, **YOUNG, floor_sd=1.2, smooth_ms=3 * MINUTE, enter=6, leave=3,
                 need=4, of=6, hold_ms=4 * MINUTE, lasting_ms=40 * MINUTE),
        # 12.8 V: a charging system gives 13.2 and more; lower waits for an empty battery, higher meets the
        # load-dependent regulators of newer cars
        limit("charging_voltage_low", CHARGING, period_ms=MINUTE, side=-1, limit=12.8, back=0.4, unit=0.2,
              hold_ms=8 * MINUTE, calm_ms=20 * MINUTE),
        seasonal("charging_voltage", CHARGING, **YOUNG, floor_sd=0.12, smooth_ms=3 * MINUTE, enter=6, leave=3,
                 need=6, of=8, hold_ms=6 * MINUTE, lasting_ms=40 * MINUTE),
        seasonal("fuel_trim", TRIM, **YOUNG, floor_sd=1.0, smooth_ms=10 * MINUTE, enter=6, leave=3, need=10, of=12,
                 hold_ms=10 * MINUTE, lasting_ms=60 * MINUTE),
        stuck(INTAKE, period_ms=MINUTE, min_ms=40 * MINUTE, min_moves=60),
        stuck(MANIFOLD, period_ms=MINUTE, min_ms=20 * MINUTE, min_moves=100),
    ),
)  # fmt: skip
