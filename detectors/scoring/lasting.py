"""What lasts: how far signals are from the older half of the table, so that a long fault is not learned as it goes on.

Per signal an exponentially weighted mean of its deviation from the mean of the older half of the rows so far, in that
half's standard deviations. Every signal strays in its own way: what it reached in the older half counts `USUAL` at
most. Counters only go on, and say nothing here; the first days of a table that knows days say little.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.algorithms.detector import Floats
from detectors.scoring.clock import unseen
from detectors.scoring.joint import GROWTH, HUGE, LAG, RATE

FIRST = 300  # rows before which nothing lasts
MOST = 17.0  # standard deviations that one reading counts at most: no more are possible among 300
USUAL = 3.0  # that the furthest of the older half counts at most
GOES_ON = 0.02  # falls for each rise of a counter that is set back now and then, or the other way round
COUNT, SUM, SQUARES, RISES, FALLS, LAST, MEAN, FURTHEST = range(8)  # rows of the state


class Lasting:
    """Scores rows of `signals` readings as they come; the cut into calls changes nothing."""

    def __init__(self, signals: int) -> None:
        self._state = np.zeros((8, signals))
        self._origin = np.full(signals, np.nan)
        self._newest = np.full(1, np.iinfo(np.int64).min)
        # of each signal: 1 / its standard deviation, what is known of its days, what is unusual of its deviation
        self._center, self._share = np.zeros(signals), np.zeros((3, signals))
        self._kept: deque[tuple[int, Floats]] = deque()
        self._rows, self._next, self._first_ts = 0, FIRST // 2, 0
        self._looks = 2.0 * math.log(signals)

    def score(self, ts: NDArray[np.int64], values: Floats) -> Floats:
        """Standard deviations of the furthest signal of each row, as what they are worth among so many."""
        out, at = np.zeros(len(values)), 0
        if not self._rows and len(ts):
            self._first_ts = int(ts[0])
        while at < len(values):
            end = min(len(values), at + self._next - self._rows)
            learned = (self._newest, self._origin, self._state)
            _run((ts[at:end], values[at:end]), learned, (self._center, self._share), out[at:end])
            self._rows += end - at
            at = end
            if self._rows == self._next:
                self._refresh(int(ts[end - 1]))
        return np.sqrt(np.maximum(out**2 - self._looks, 0.0))

    def _refresh(self, last_ts: int) -> None:
        """Take the older half as it is now."""
        self._kept.append((self._rows, self._state.copy()))
        self._next = math.ceil(self._rows * GROWTH)
        while len(self._kept) > 1 and self._kept[1][0] <= LAG * self._rows:
            self._kept.popleft()
        if self._rows < FIRST:
            return
        past = self._kept[0][1]
        count = np.maximum(past[COUNT], 1.0)
        self._center = past[SUM] / count
        sd = np.sqrt(np.maximum(past[SQUARES] / count - self._center**2, 0.0))
        varied = sd > 1e-9 * np.abs(self._center + np.nan_to_num(self._origin)) + 1e-12
        least, most = np.sort(self._state[[RISES, FALLS]], axis=0)
        known = 1.0 - unseen(self._first_ts, last_ts, self._rows)
        usable = varied & (least > GOES_ON * most)
        self._share[0] = np.where(usable, 1.0 / np.where(varied, sd, 1.0), 0.0)
        self._share[1] = known
        self._share[2] = np.minimum(1.0, USUAL / np.maximum(past[FURTHEST], 1e-9))


@njit(cache=True, nogil=True)
def _run(rows, learned, judged, out):  # type: ignore[no-untyped-def]
    """Score and learn rows; a late one is neither."""
    (ts, values), (newest, origin, state), (center, share) = rows, learned, judged
    for i in range(len(values)):
        if ts[i] <= newest[0]:
            continue
        newest[0] = ts[i]
        for j in range(values.shape[1]):
            x = values[i, j]
            if np.isfinite(x):
                x = min(max(x, -HUGE), HUGE)
                if np.isnan(origin[j]):
                    origin[j] = x
                x -= origin[j]
                state[COUNT, j] += 1.0
                state[SUM, j] += x
                state[SQUARES, j] += x * x
                state[RISES, j] += x > state[LAST, j]
                state[FALLS, j] += x < state[LAST, j]
                state[LAST, j] = x
                z = min(max((x - center[j]) * share[0, j], -MOST), MOST)
                state[MEAN, j] += RATE * (z - state[MEAN, j])
            far = abs(state[MEAN, j]) * share[1, j]
            state[FURTHEST, j] = max(state[FURTHEST, j], far)
            out[i] = max(out[i], far * share[2, j])
