"""How a device goes about reporting: each row at once, several in one message, or only what changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from device_sim.models.machine import HOUR_MS, Day, Floats, Instants, Rows
from kit.clock import from_ms

PAUSE_MS = HOUR_MS // 2  # a message that is not full goes out before a pause so long: a car that is parked
FULL_REPORT_MS = HOUR_MS  # how often `on_change` says everything, so that a lost message misleads no longer


@dataclass(frozen=True, slots=True)
class Habit:
    """`rows_each` rows travel in one message, sent at the time of the last; `on_change` leaves out what did not change.

    A message that is not full goes out at the end of the local day and before a longer pause; with `on_change`,
    everything is said once an hour. `codec` is the payload format, one of the wire contract's.
    """

    rows_each: int = 1
    on_change: bool = False
    codec: str = "forewarn_json"


AT_ONCE = Habit()


@dataclass(frozen=True, slots=True)
class Bundle:
    """Rows as they go out: message number i holds the rows from `first[i]` up to, not including, `first[i + 1]`.

    `first` has one more number than there are messages; the last is the number of rows.
    """

    rows: Rows
    first: NDArray[np.intp]

    def last_ts(self) -> Instants:
        """When the last row of each message was measured."""
        return self.rows.ts[self.first[1:] - 1]


def reported(window: Callable[[int, int], Rows], habit: Habit, time_zone: str, start_ms: int, end_ms: int) -> Bundle:
    """The messages whose last row was measured in [start, end): the same however a life is cut.

    `window` gives the rows of any part of the life; a habit with a memory asks for whole local days.
    """
    if habit.rows_each == 1 and not habit.on_change:
        rows = window(start_ms, end_ms)
        return Bundle(rows, np.arange(len(rows) + 1))
    zone = ZoneInfo(time_zone)
    begin, finish = _day(start_ms, zone).start_ms, _day(end_ms - 1, zone).end_ms
    rows = window(begin, finish)
    midnights = _midnights(begin, finish, zone)
    day = np.searchsorted(midnights, rows.ts, side="right") - 1
    if habit.on_change:
        since = (rows.ts - midnights[day]) // FULL_REPORT_MS
        rows, kept = changed(rows, day * 48 + since)
        day = day[kept]
    ends = _ends(rows.ts, day, habit.rows_each)
    ours = (rows.ts[ends] >= start_ms) & (rows.ts[ends] < end_ms)
    if not ours.any():
        return Bundle(rows.between(start_ms, start_ms), np.zeros(1, np.intp))
    begins = np.concatenate([[0], ends[:-1] + 1])
    first, last = int(begins[ours][0]), int(ends[ours][-1])
    part = Rows(rows.ts[first : last + 1], {name: column[first : last + 1] for name, column in rows.columns.items()})
    return Bundle(part, np.concatenate([begins[ours], [last + 1]]) - first)


def changed(rows: Rows, cell: NDArray[np.int64]) -> tuple[Rows, NDArray[np.bool_]]:
    """`rows` without values that repeat the one before in the same `cell`, and which rows still say something."""
    index = np.arange(len(rows))
    columns: dict[str, Floats] = {}
    for name, column in rows.columns.items():
        heard = np.maximum.accumulate(np.where(np.isnan(column), -1, index)) if len(index) else index
        before = np.concatenate([[-1], heard[:-1]]) if len(index) else index
        same = (before >= 0) & (column == column[before]) & (cell == cell[before])
        columns[name] = np.where(same, np.nan, column)
    says = np.zeros(len(rows), np.bool_)
    for column in columns.values():
        says |= ~np.isnan(column)
    return Rows(rows.ts, columns).keep(says), says


def _ends(ts: Instants, day: NDArray[np.int64], rows_each: int) -> NDArray[np.intp]:
    """The last row of each message."""
    if not len(ts):
        return np.empty(0, np.intp)
    breaks = np.flatnonzero((np.diff(day) > 0) | (np.diff(ts) > PAUSE_MS)) + 1
    begins = np.concatenate([[0], breaks])
    run = np.zeros(len(ts), np.intp)
    run[breaks] = 1
    place = np.arange(len(ts)) - begins[np.cumsum(run)]
    full = place % rows_each == rows_each - 1
    full[breaks - 1] = full[-1] = True
    return np.flatnonzero(full)


def _day(ts_ms: int, zone: ZoneInfo) -> Day:
    return Day.of(from_ms(ts_ms).astimezone(zone).date(), zone)


def _midnights(begin_ms: int, end_ms: int, zone: ZoneInfo) -> Instants:
    day, starts = _day(begin_ms, zone), []
    while day.start_ms < end_ms:
        starts.append(day.start_ms)
        day = Day.of(day.calendar + timedelta(days=1), zone)
    return np.array(starts, np.int64)
