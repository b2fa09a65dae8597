"""What the profiles of battery sensors share: a cell that lasts for years, and so falls by less than 1 % in a week."""

from detectors.faults.profile import DAY, HOUR, Watch, departure, drift, plain

LEVEL = plain("Battery level", "%", "battery_level")
VOLTAGE = plain("Battery voltage", "V", "battery_voltage")


def cell(period_ms: float) -> tuple[Watch, ...]:
    """The level and the voltage of a cell of a device that reports every `period_ms`.

    8 % below the mean of the last month: a cell of a year loses 4 % in half of one. Lower takes a cold week for wear,
    higher leaves less than a week. Alone it tells nobody, because many gauges go down in steps of 5 to 25 %: the fall
    must go on until it is foreseen that the cell is empty within a week (radios give up at 5 to 10 %), or the voltage
    falls as well. The voltage counts only beside it: lithium cells hold theirs until they are empty.
    """
    common = {"period_ms": period_ms, "span_ms": 12 * HOUR, "learn": 6, "memory": 40, "side": -1}
    steady = {"need": 9, "of": 12, "hold_ms": max(2 * HOUR, 10 * period_ms), "enter": 4, "leave": 2}
    return (
        departure("battery_level", LEVEL, **common, **steady, floor_sd=2),
        # blocks of 4 hours meet a cell that is gone in days; 2 % is a gauge's own rounding. Finer takes the first step
        # of a coarse gauge for the trend, longer foresees the end when it is there
        drift(
            "battery_going",
            LEVEL,
            period_ms=period_ms,
            span_ms=4 * HOUR,
            learn=12,
            limit=10,
            side=-1,
            floor_sd=2,
            ahead_ms=7 * DAY,
        ),
        departure("battery_voltage", VOLTAGE, **common, **steady, floor_sd=0.025),
    )
