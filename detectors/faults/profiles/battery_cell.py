"""A lithium-ion cell, a message a discharge: what it still holds, how soon it sags, how warm it gets.

By the common rule a cell is spent once it holds 70 to 80 % of what it held when it was new.
"""

from detectors.faults.profile import DAY, HOUR, Profile, departure, drift, plain

CYCLE = 4 * HOUR
SAG = plain("Time in which the voltage falls from 3.8 V to 3.5 V", "s", "voltage_drop_time")
CAPACITY = plain("Capacity", "A.h", "capacity")

DAILY = {"period_ms": CYCLE, "span_ms": DAY, "learn": 3, "memory": 200, "need": 4, "of": 6, "hold_ms": 6 * CYCLE,
         "enter": 4, "leave": 2}  # fmt: skip

BATTERY_CELL = Profile(
    "battery_cell",
    (
        # 80 % is spent: a week ahead, with four chances in five; 70 % waits for the knee, after which it goes fast
        drift("capacity_end", CAPACITY, period_ms=CYCLE, span_ms=CYCLE, learn=12, share=0.8, side=-1, floor_sd=0.004,
              ahead_ms=8 * DAY, need=4, of=8, enter=0.84, leave=0.1,
              hold_ms=2 * CYCLE),
        # a tenth of the time between two voltages gone: inner resistance, seen before the end; only beside capacity
        departure("sag", SAG, **DAILY, side=-1, floor_share=0.03),
        departure("heat", plain("Mean discharge temperature", "Cel", "discharge_temp"), **DAILY, side=1, floor_sd=1),
    ),
)  # fmt: skip
