"""The time column of a table: its cells as epoch milliseconds, and a clock that only goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.algorithms.detector import Ints

# An epoch number below 1e11 counts seconds (until the year 5138), below 1e14 milliseconds, below 1e17 microseconds.
BELOW, SHARES = np.array([1e11, 1e14, 1e17]), np.array([1e3, 1.0, 1e-3, 1e-6])
PLAIN = b"0123456789-: T.\n"  # what dates of the plain form consist of
PLAIN_LENGTHS = frozenset({10, 16, 19, 23, 26})
MOST_MS = 253_402_300_799_000  # the last second of the year 9999
LATE_ROWS = 10  # late rows on end after which the clock was set back; fewer follows a few misplaced rows
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
EFFECTIVE, ANCHOR, NEWEST, LATE, GROUP, GAP, STEP, STARTED = range(8)


def epoch_ms(text: str) -> int:
    """A time cell as milliseconds since the epoch. Raises ValueError or OverflowError."""
    try:
        number = float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round((aware - EPOCH) // MICROSECOND / 1000)
    if "_" in text:
        raise ValueError(text)
    ms = number * float(SHARES[np.searchsorted(BELOW, abs(number), "right")])
    if not abs(ms) <= MOST_MS:
        raise ValueError(text)
    return round(ms)


def many_epoch_ms(stamps: Sequence[str]) -> Ints | None:
    """`epoch_ms` of all of them at once, or None where they have to be read one by one."""
    try:
        if "-" in stamps[0][1:]:
            return _of_dates([stamp.rstrip("Z") for stamp in stamps])
        numbers = np.array(list(map(float, stamps)))
    except ValueError:
        return None
    ms = numbers * SHARES[np.searchsorted(BELOW, np.abs(numbers), "right")]
    usable = bool((np.abs(ms) <= MOST_MS).all()) and not any("_" in stamp for stamp in stamps)
    return np.rint(ms).astype(np.int64) if usable else None


def _of_dates(stamps: list[str]) -> Ints | None:
    """Dates as numpy reads them, which is more than ISO 8601 unless they have the plain form."""
    if not PLAIN_LENGTHS.issuperset(map(len, stamps)):
        return None
    joined = "\n" + "\n".join(stamps)
    if joined.encode().translate(None, PLAIN) or "\n-" in joined or joined.count("-") != 2 * len(stamps):
        return None
    moments = np.array(stamps, "datetime64[us]")
    if np.isnat(moments).any():
        return None
    return np.rint(moments.astype(np.int64) / 1000).astype(np.int64)


class Clock:
    """Times as the detectors should see them; the cut into calls changes nothing.

    Rows of one time (a coarse clock) share the time that the rows before took. A late row stays late and is not
    learned, but after `LATE_ROWS` of them the recorder's clock was set back, and time goes on from there.
    """

    def __init__(self) -> None:
        self._state = np.array([0, 0, 0, 0, 1, 1, 1, 0], np.int64)

    def seen(self, ts: Ints) -> tuple[Ints, NDArray[np.bool_]]:
        """The times to score by, and which rows are not later than all before them."""
        out, behind = np.empty_like(ts), np.zeros(len(ts), np.bool_)
        _seen(ts, self._state, out, behind)
        return out, behind


@njit(cache=True, nogil=True)
def _seen(ts, state, out, behind):  # type: ignore[no-untyped-def]
    for i in range(len(ts)):
        step = ts[i] - state[NEWEST]
        if state[STARTED] == 0:
            state[STARTED] = 1
            state[ANCHOR] = state[EFFECTIVE] = ts[i]
        elif step > 0:
            state[GAP] = max(step // state[GROUP], 1) if state[GROUP] > 1 else 1
            state[STEP], state[GROUP], state[LATE] = step, 1, 0
            state[ANCHOR] = state[EFFECTIVE] = max(state[ANCHOR] + step, state[EFFECTIVE] + 1)
        elif step == 0:
            behind[i] = True
            state[GROUP] += 1
            state[EFFECTIVE] += state[GAP]
        else:
            behind[i] = True
            state[LATE] += 1
            if state[LATE] <= LATE_ROWS:
                out[i] = state[EFFECTIVE] + step
                continue
            state[GROUP], state[LATE] = 1, 0
            state[EFFECTIVE] += state[STEP]
            state[ANCHOR] = state[EFFECTIVE]
        state[NEWEST] = ts[i]
        out[i] = state[EFFECTIVE]
