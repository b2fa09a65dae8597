"""What a table's times say about when its past is worth judging by."""

from __future__ import annotations

import math

from numba import njit

DAY_MS = 86_400_000.0
DAILY_MS = (55_000.0, 3_700_000.0)  # gaps between rows of a table that most likely knows the hour of the day
SHIFT_MS = (4_900.0, 21_600_000.0)  # likewise, from which gap on it most likely knows a shift, and how long that is
DAYS = 3  # that show what a machine usually does; weekends would need seven
LEAST_MS = 29_000.0  # nothing is usual after less: thirty rows at one a second


@njit(cache=True)
def knows_the_day(first_ts, last_ts, rows):  # type: ignore[no-untyped-def]
    """Whether the `rows` so far are about as far apart as those of tables that know the hour of the day."""
    return DAILY_MS[0] * (rows - 1.0) <= last_ts - first_ts <= DAILY_MS[1] * (rows - 1.0)


@njit(cache=True)
def ripe_after(first_ts, last_ts, rows):  # type: ignore[no-untyped-def]
    """Rows that the past must have, by the `rows` so far.

    A whole day of a table that knows one, six hours of one with some seconds between rows, else half a minute.
    """
    if rows < 2.0 or last_ts <= first_ts:
        return 2.0
    gap = (last_ts - first_ts) / (rows - 1.0)
    least = LEAST_MS if gap < SHIFT_MS[0] or gap > DAILY_MS[1] else SHIFT_MS[1]
    if knows_the_day(first_ts, last_ts, rows):
        least = DAY_MS
    return math.ceil(least / gap) + 1.0


def unseen(first_ts: float, last_ts: float, rows: float) -> float:
    """Share of the `DAYS` not yet seen of a table that most likely knows a day or a shift; 0 for others."""
    if not SHIFT_MS[0] * (rows - 1.0) <= last_ts - first_ts <= DAILY_MS[1] * (rows - 1.0):
        return 0.0
    return max(1.0 - (last_ts - first_ts) / (DAYS * DAY_MS), 0.0)
