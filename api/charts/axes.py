"""Where axes have their ticks: round values, and round times of the reader's own clock."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from api.reader import Reader
from kit.clock import from_ms, to_ms

_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160, 43200)


def value_ticks(low: float, high: float, least: int = 3) -> list[float]:
    """Round values (1, 2 or 5 times a power of ten apart) within bounds: the coarsest step with `least` ticks."""
    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    power = 10.0 ** math.floor(math.log10(span))
    for step in (power * factor for factor in (1, 0.5, 0.2, 0.1, 0.05)):
        ticks = [round(n * step, 12) for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
        if len(ticks) >= least:
            break
    return ticks


def time_ticks(start_ms: int, end_ms: int, reader: Reader, about: int = 7) -> list[tuple[int, str]]:
    """Round local times inside the window with their labels; a tick at midnight is labelled by its day.

    Steps are taken on the wall clock, so that noon stays noon across a change to or from summer time.
    """
    minutes = max(1.0, (end_ms - start_ms) / 60_000)
    step = next((step for step in _STEPS_MIN if minutes / step <= about), _STEPS_MIN[-1])
    at = _floor(from_ms(start_ms).astimezone(reader.zone).replace(tzinfo=None), step)
    ticks: dict[int, str] = {}
    while (ms := to_ms(at.replace(tzinfo=reader.zone))) <= end_ms:
        if ms >= start_ms:
            ticks[ms] = reader.day(from_ms(ms)) if (at.hour, at.minute) == (0, 0) else f"{at:%H:%M}"
        at += timedelta(minutes=step)
    return list(ticks.items())


def _floor(local: datetime, step_min: int) -> datetime:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if step_min >= 1440:
        return midnight
    return midnight + timedelta(minutes=(local - midnight) // timedelta(minutes=step_min) * step_min)
