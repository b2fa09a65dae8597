"""What a table's times say about when its past is worth judging by."""

from __future__ import annotations

import math

from numba import njit

DAY_MS = 86_400_000.0
DAILY_MS = (55_000.0, 3_700_000.0)  # gaps between rows of a table that most likely knows the hour of the day
LEAST_MS = 29_000.0  # nothing is usual after less: thirty rows at one a second


@njit(cache=True)
def knows_the_day(first_ts, last_ts, rows):  # type: ignore[no-untyped-def]
    """Whether the `rows` so far are about as far apart as those of tables that know the hour of the day."""
    return DAILY_MS[0] * (rows - 1.0) <= last_ts - first_ts <= DAILY_MS[1] * (rows - 1.0)


@njit(cache=True)
def ripe_after(first_ts, last_ts, rows):  # type: ignore[no-untyped-def]
    """Rows that the past must have, by the `rows` so far: a whole day of a table that knows one, else half a minute."""
    if rows < 2.0 or last_ts <= first_ts:
        return 2.0
    gap = (last_ts - first_ts) / (rows - 1.0)
    least = DAY_MS if knows_the_day(first_ts, last_ts, rows) else LEAST_MS
    return math.ceil(least / gap) + 1.0
