"""Local time of many readings at once: the transitions of time zones as arrays, exact for each reading.

Zones come from the system's time zone data or the package tzdata. Before `FIRST` and after `LAST` the offset of that
day goes on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from detectors.algorithms.detector import Ints
from detectors.algorithms.kernel import kernel

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
STEP = timedelta(days=7)  # no zone changes its offset and takes it back within a week
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Zones:
    """Zones by number, in the order in which they are first asked for."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._tables: list[tuple[Ints, Ints]] = []
        self._table = _joined([])

    def number(self, name: str) -> int:
        """The number of a zone; a name that is no zone is UTC."""
        if name not in self._numbers:
            self._numbers[name] = len(self._tables)
            self._tables.append(transitions(name))
            self._table = _joined(self._tables)
        return self._numbers[name]

    def offsets(self, zone: Ints, ts: Ints) -> Ints:
        """What the clocks of each zone (by number) are ahead of UTC at each instant, in ms."""
        out = np.empty(len(ts), np.int64)
        _offsets(zone, ts, *self._table, out)
        return out


@cache
def transitions(name: str) -> tuple[Ints, Ints]:
    """From which instants (ms, ascending; the first is the beginning of time) which offset (ms) holds in a zone."""
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    starts, offsets = [np.iinfo(np.int64).min], [_offset(zone, FIRST)]
    at = FIRST
    while at < LAST:
        if _offset(zone, at + STEP) != offsets[-1]:
            changes = _change(zone, at, at + STEP)
            starts.append(round((changes - EPOCH).total_seconds() * 1000))
            offsets.append(_offset(zone, at + STEP))
        at += STEP
    return np.array(starts, np.int64), np.array(offsets, np.int64)


def _offset(zone: ZoneInfo, at: datetime) -> int:
    ahead = at.astimezone(zone).utcoffset()
    return round(ahead.total_seconds() * 1000) if ahead is not None else 0


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second between the two at which the offset changes."""
    old, seconds = _offset(zone, before), round((after - before).total_seconds())
    low, high = 0, seconds
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, before + timedelta(seconds=middle)) == old:
            low = middle
        else:
            high = middle
    return before + timedelta(seconds=high)


def _joined(tables: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints, Ints]:
    """All tables behind each other: the first row of each zone (and the end), starts, offsets."""
    edges = np.cumsum([0, *(len(starts) for starts, _ in tables)], dtype=np.int64)
    none = np.empty(0, np.int64)
    starts, offsets = [table[0] for table in tables], [table[1] for table in tables]
    return edges, np.concatenate([none, *starts]), np.concatenate([none, *offsets])


@kernel
def _offsets(zone, ts, edges, starts, offsets, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    for i in range(len(ts)):
        low, high = edges[zone[i]], edges[zone[i] + 1]
        while high - low > 1:
            middle = (low + high) // 2
            if starts[middle] <= ts[i]:
                low = middle
            else:
                high = middle
        out[i] = offsets[low]
