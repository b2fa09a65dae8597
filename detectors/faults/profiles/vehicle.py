"""A car with an engine: its heat, mixture, ignition and charging, each warm and driven, and what every car has.

A drive is short, so symptoms show within minutes of driving. What creeps is held against the car's own first hours
of driving; fixed limits speak at any age, also over a single recorded drive.
"""

from detectors.faults import codes
from detectors.faults.profile import DAY, MINUTE, Channel, Gate, Profile, departure, limit, plain, seasonal, stuck
from detectors.faults.profiles.chassis import brakes, sensor, starter, tyres

RUNNING = Gate("rpm", low=500)
HOT = Gate("run_time", low=600)
WARM = Gate("run_time", low=900)
MOVING = Gate("speed", low=5)
DRIVEN = Gate("speed", low=20)

COOLANT = plain("Coolant temperature", "Cel", "coolant_temp", RUNNING)
WARM_COOLANT = plain("Coolant temperature of the warm engine", "Cel", "coolant_temp", RUNNING, WARM)
REGULATED_COOLANT = plain(
    "Coolant temperature once the thermostat holds it",
    "Cel",
    "coolant_temp",
    RUNNING,
    HOT,
    DRIVEN,
    Gate("coolant_temp", low=80),
)
LONG_DRIVEN_COOLANT = plain(
    "Coolant temperature after twenty minutes", "Cel", "coolant_temp", RUNNING, DRIVEN, Gate("run_time", low=1200)
)
CHARGING = plain("Voltage with the engine running", "V", "voltage", RUNNING, Gate("run_time", low=120))
INTAKE = plain("Intake air temperature", "Cel", "intake_temp", MOVING)
# load is the air drawn in as a share of the most that can be, so a percent of it is about a kPa in the manifold
MANIFOLD_OF_LOAD = Channel("Manifold pressure above what the load explains", "kPa",
                           ("manifold_pressure", "engine_load"), "difference", when=(MOVING,))  # fmt: skip
LOADED_MANIFOLD = Channel("Manifold pressure above what the load explains, under load", "kPa",
                          ("manifold_pressure", "engine_load"), "difference",
                          when=(DRIVEN, Gate("engine_load", low=35)))  # fmt: skip
INTAKE_HEAT = Channel("Intake air above the outdoor air, in the wind", "K", ("intake_temp", "outdoor_temp"),
                      "difference", when=(Gate("speed", low=40), Gate("run_time", low=600)))  # fmt: skip
MANIFOLD = plain("Intake manifold pressure", "kPa", "manifold_pressure", MOVING)
TRIM = Channel("Long-term fuel trim", "%", ("fuel_trim_long",), when=(RUNNING, Gate("run_time", low=300)))
MISFIRES = plain("Misfires in a minute", "/min", "misfires", RUNNING)
REAR_OXYGEN = plain(
    "Swing of the oxygen sensor behind the catalyst", "V", "oxygen_swing", DRIVEN, Gate("run_time", low=600)
)

CODES = ("code_hot", "code_cold", "code_low_voltage", "code_misfire", "code_lean", "code_catalyst")

# days and hundreds of readings keep the first drives (and a single recorded one) to the fixed limits
YOUNG = {"period_ms": MINUTE, "min_age_ms": 4 * DAY, "min_count": 240}

# half an hour of driving smooths hills and traffic lights away; ten of them are half a week of commuting
DRIVES = {"period_ms": MINUTE, "span_ms": 30 * MINUTE, "learn": 8, "memory": 40, "need": 6, "of": 8,
          "hold_ms": 12 * MINUTE, "lasting_ms": 60 * MINUTE}  # fmt: skip

VEHICLE = Profile(
    "vehicle",
    (
        # 110 °C: thermostats open at 82 to 92 and fans start at 95 to 105; lower calls a hill in summer a fault. A leak
        # shows under load only, so an hour and a half of cool driving is asked before it counts as mended
        limit("coolant_hot", COOLANT, period_ms=MINUTE, limit=110, back=5, unit=2, hold_ms=3 * MINUTE,
              calm_ms=90 * MINUTE),
        # 1.4 K in the mean of twenty minutes: a thermostat that must open further to shed the same heat is that much
        # warmer while half of the coolant is gone; smaller calls a heat wave a leak, larger waits until it boils
        departure("coolant_level", REGULATED_COOLANT, **{**DRIVES, "span_ms": 20 * MINUTE, "learn": 12}, floor_sd=0.4,
                  side=1, enter=3.5, leave=1.8),
        # 6 K, after twenty minutes: on a frosty morning an engine takes that long to get warm
        departure("coolant_warm", LONG_DRIVEN_COOLANT, **{**DRIVES, "learn": 4}, floor_sd=1.5, side=-1, enter=4,
                  leave=2),
        seasonal("coolant_temp", WARM_COOLANT, **YOUNG, floor_sd=1.2, smooth_ms=3 * MINUTE, enter=6, leave=3,
                 need=4, of=6, hold_ms=4 * MINUTE, lasting_ms=40 * MINUTE),
        # 70 °C after twenty minutes: where the car's own diagnosis calls the thermostat open (P0128)
        limit("coolant_cold", LONG_DRIVEN_COOLANT, period_ms=MINUTE, side=-1, limit=70, back=5, unit=3,
              hold_ms=25 * MINUTE, calm_ms=40 * MINUTE),
        # 12.8 V: a charging system gives 13.2 and more; lower waits for an empty battery, higher meets the
        # load-dependent regulators of newer cars
        limit("charging_voltage_low", CHARGING, period_ms=MINUTE, side=-1, limit=12.8, back=0.4, unit=0.2,
              hold_ms=8 * MINUTE, calm_ms=20 * MINUTE),
        seasonal("charging_voltage", CHARGING, **YOUNG, floor_sd=0.12, smooth_ms=3 * MINUTE, enter=6, leave=3,
                 need=6, of=8, hold_ms=6 * MINUTE, lasting_ms=40 * MINUTE),
        seasonal("fuel_trim", TRIM, **YOUNG, floor_sd=1.0, smooth_ms=10 * MINUTE, enter=6, leave=3, need=10, of=12,
                 hold_ms=10 * MINUTE, lasting_ms=60 * MINUTE),
        # 4 points: fuel and sensors wander by two; workshops look for a leak from ten on
        departure("fuel_trim_level", TRIM, **DRIVES, floor_sd=1.0, enter=4, leave=2),
        # 20 %: near there the car's own diagnosis calls the mixture too lean (P0171); it speaks over a single drive too
        limit("fuel_trim_lean", TRIM, period_ms=MINUTE, limit=20, back=6, unit=2.5, hold_ms=8 * MINUTE,
              calm_ms=60 * MINUTE),
        # 25 a minute are about 2 % of the combustions of a commuting engine, from where misfires hurt the catalyst
        limit("misfires", MISFIRES, period_ms=MINUTE, limit=25, back=15, unit=25, hold_ms=6 * MINUTE,
              calm_ms=300 * MINUTE),
        # a good catalyst swallows the swing (0.1 V), a dead one passes it on (0.7 V)
        departure("oxygen_swing", REAR_OXYGEN, **DRIVES, floor_sd=0.025, side=1, enter=4, leave=2),
        limit("oxygen_swing_high", REAR_OXYGEN, period_ms=MINUTE, limit=0.45, back=0.1, unit=0.1,
              hold_ms=20 * MINUTE, calm_ms=90 * MINUTE),
        # 9.3 V: below 9.6 V at a start a battery is called worn, unless it freezes hard
        *starter(9.3, 0.1, "Lowest 12 V voltage at the start"),
        *tyres(),
        *brakes(),
        *codes.watches("rpm", CODES),
        # the wind of 40 km/h leaves the intake a few kelvins above the air, whatever the season: 8 K more is the sensor
        departure("sensor_drift", INTAKE_HEAT, **DRIVES, floor_sd=1.6, enter=5, leave=2.5),
        # 10 kPa: smaller is a mountain (1 kPa for 85 m of it) or a leak that the mixture tells of, larger is no riddle
        departure("sensor_drift", LOADED_MANIFOLD, **DRIVES, floor_sd=2.0, enter=5, leave=2.5),
        *sensor(INTAKE, "rpm", 15),
        *sensor(MANIFOLD_OF_LOAD, "rpm", 15),
        *sensor(COOLANT, "rpm", 15),
        stuck(INTAKE, period_ms=MINUTE, min_ms=40 * MINUTE, min_moves=60),
        stuck(MANIFOLD, period_ms=MINUTE, min_ms=20 * MINUTE, min_moves=100),
    ),
)  # fmt: skip
