"""An electric car: its pack by cells, heat and capacity, its charging, and what every car has."""

from dataclasses import replace

from detectors.faults import codes
from detectors.faults.profile import HOUR, MINUTE, Channel, Gate, Profile, departure, limit, plain, stuck
from detectors.faults.profiles.chassis import brakes, sensor, starter, tyres

DRIVEN = Gate("speed", low=20)
MOVING = Gate("speed", low=5)
CHARGES = Gate("charging_state", low=1, high=1)
BELOW_TAPER = Gate("charge_level", low=10, high=92)  # above it the current falls off faster than five minutes show

CELLS = Channel("Gap between the highest and the lowest cell", "V", ("cell_voltage_max", "cell_voltage_min"),
                "difference", subject=1)  # fmt: skip
PACK_HEAT = Channel("Gap between the warmest and the coolest part of the pack", "K",
                    ("pack_temp_max", "pack_temp_min"), "difference", when=(MOVING,))  # fmt: skip
# what a home's cable gives warms neither, so that a gap here is of the sensors; 60 A are 22 kW
SLOWLY = (CHARGES, Gate("pack_current", low=0.5, high=60))
RESTING_PACK = Channel("Gap between the warmest and the coolest part of the pack on a slow cable", "K",
                       ("pack_temp_max", "pack_temp_min"), "difference", when=SLOWLY)  # fmt: skip
RESTING_MOTOR = Channel("Motor temperature above the air on a slow cable", "K", ("motor_temp", "outdoor_temp"),
                        "difference", when=SLOWLY)  # fmt: skip
MOTOR_HEAT = Channel("Motor temperature above the air", "K", ("motor_temp", "outdoor_temp"), "difference",
                     when=(Gate("speed", low=20, high=70),))  # fmt: skip
# coulomb counting: what an ampere-hour adds to the state of charge is the inverse of the capacity. From fifteen amperes
# on (a wall box) an hour and a half tells as much as a night at a socket
FILLING = Channel("Charge that an ampere-hour adds", "%", ("charge_level",), "rise_per_hour",
                  when=(CHARGES, BELOW_TAPER, Gate("pack_current", high=15)), over=("pack_current",),
                  least=3.0)  # fmt: skip
FILLING_FAST = replace(FILLING, when=(CHARGES, BELOW_TAPER, Gate("pack_current", low=15)), least=15.0)
REACH = Channel("Range from a percent of charge", "km", ("range",), when=(MOVING, Gate("charge_level", low=20)),
                over=("charge_level",), least=20.0)  # fmt: skip
MILD_REACH = replace(REACH, label="Range from a percent of charge, without frost,",
                     when=(*REACH.when, Gate("outdoor_temp", low=5)))  # fmt: skip
PLUGGED = plain("Charging state with the cable in", "1", "charging_state", Gate("charging_state", low=1))
MOTOR = plain("Motor temperature", "Cel", "motor_temp", MOVING)
PACK_MAX = plain("Highest pack temperature", "Cel", "pack_temp_max", MOVING)

CODES = ("code_motor_hot", "code_pack_hot", "code_pack_worn", "code_cells_apart", "code_low_voltage")

DRIVES = {"period_ms": MINUTE, "span_ms": 30 * MINUTE, "learn": 8, "memory": 40, "need": 6, "of": 8,
          "hold_ms": 12 * MINUTE, "lasting_ms": 60 * MINUTE}  # fmt: skip

# two hours on the cable are an evening
CHARGINGS = {"period_ms": 5 * MINUTE, "span_ms": 2 * HOUR, "learn": 3, "memory": 40, "enter": 5, "leave": 2.5,
             "need": 9, "of": 12, "hold_ms": 40 * MINUTE, "lasting_ms": 4 * HOUR}  # fmt: skip

FILLINGS = {"period_ms": 5 * MINUTE, "learn": 3, "memory": 20, "floor_share": 0.03, "side": 1, "enter": 4, "leave": 2,
            "need": 6, "of": 8, "hold_ms": 30 * MINUTE, "lasting_ms": 3 * HOUR}  # fmt: skip

ELECTRIC_VEHICLE = Profile(
    "electric_vehicle",
    (
        # 32 mV above its own habit: cells of one make lie within 20 unless one leaks; at 100 mV the balancer has lost
        departure("cell_gap", CELLS, **{**DRIVES, "span_ms": 2 * HOUR, "learn": 4}, floor_sd=0.008, side=1, enter=4,
                  leave=2),
        limit("cell_gap_wide", CELLS, period_ms=MINUTE, limit=0.1, back=0.03, unit=0.03, hold_ms=30 * MINUTE,
              calm_ms=4 * HOUR),
        # coolant that moves holds the pack to about a kelvin. 1.1 K more: smaller meets a fast charge on a holiday,
        # which is why half an hour of driving is asked; larger is late. A trailer heats the motor: that only supports
        departure("pack_heat_gap", PACK_HEAT,
                  **{**DRIVES, "span_ms": 20 * MINUTE, "learn": 12}, floor_sd=0.25, side=1, enter=3.5, leave=2),
        # 50 °C: from there on cells age fast, and cars begin to hold back power. A fast charge in July does that too
        limit("pack_hot", PACK_MAX, period_ms=MINUTE, limit=50, back=4, unit=2, hold_ms=15 * MINUTE, calm_ms=HOUR),
        departure("motor_heat", MOTOR_HEAT, **{**DRIVES, "span_ms": 60 * MINUTE, "learn": 4}, floor_sd=1.0, side=1,
                  enter=3, leave=1.5),
        # 12 % of the capacity: rounding moves a night at a slow socket by 4; larger is late, smaller meets a cold week.
        # The hours are of charging
        departure("capacity", FILLING, **FILLINGS, span_ms=4 * HOUR),
        departure("capacity", FILLING_FAST, **FILLINGS, span_ms=90 * MINUTE),
        # a heater in a cold spell takes a tenth, so range speaks for a worn pack only beside its capacity, or when a
        # quarter is gone without frost
        departure("reach", REACH, **DRIVES, floor_share=0.04, side=-1, enter=3, leave=1.5),
        departure("reach_short", MILD_REACH, **DRIVES, floor_share=0.06, side=-1, enter=4, leave=2),
        # 3 is "interrupted". A wall box that waits for the sun says so for some minutes
        limit("charging_broken", PLUGGED, period_ms=5 * MINUTE, limit=2.5, back=0.4, unit=0.5, hold_ms=40 * MINUTE,
              calm_ms=6 * HOUR),
        # an electric car only wakes computers: less than 10.5 V means that even those nearly fail
        *starter(10.5, 0.07, "Lowest 12 V voltage when the car wakes"),
        *tyres(),
        *brakes(),
        *codes.watches("speed", CODES),
        # 3 K of a gap that is 1 or 2 all night; 12 K of a motor that stands still, as garages are warmer than the air
        departure("sensor_drift", RESTING_PACK, **CHARGINGS, floor_sd=0.6),
        departure("sensor_drift", RESTING_MOTOR, **CHARGINGS, floor_sd=2.4),
        *sensor(MOTOR, "speed", 20),
        *sensor(PACK_MAX, "speed", 10),
        stuck(MOTOR, period_ms=MINUTE, min_ms=40 * MINUTE, min_moves=60),
        stuck(PACK_MAX, period_ms=MINUTE, min_ms=90 * MINUTE, min_moves=60),
    ),
)  # fmt: skip
