"""Cycles of the wrong shape: of a signal that repeats itself, the stretch that resembles no stretch before it.

The distance of the last cycle's readings (`POINTS` of them) to the nearest earlier cycle, a discord that only looks
back (Yeh et al. 2016; Lu et al. 2022), in logarithms against all such distances before. The length of a cycle is the
first high peak of the autocorrelation (Wiener and Khinchin), looked for each time that the rows have doubled; a signal
without one, or with the day's, which the seasonal profile knows, is not looked at.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.algorithms.detector import Floats
from detectors.scoring.clock import DAY_MS
from detectors.scoring.joint import HUGE

FIRST_LOOK = 500  # rows; a cycle must have been there `REPEATS` times
REPEATS = 6
CLEAR = 0.6  # autocorrelation of a signal that repeats itself; 0.3 takes noise for cycles
SHORTEST = 20  # rows of a cycle; fewer have no shape, and spikes that come regularly are left alone
POINTS = 32  # of a cycle that are compared
STEPS = 8  # looks in a cycle
BANK = 512  # earlier stretches that are kept; thinned to half when full
LEARN = 40  # distances before one is judged
KEPT = 8192  # rows by which the cycle is found
NEAR_DAY = 0.05  # of a day, or of several: what is as near repeats itself with the clock
FIRST = 0.9  # of the highest peak of the autocorrelation: the first that is as high is the cycle, not its double
LEAST_SD, MOST = 0.01, 4.0  # of the logarithms of distances: the least believed, and what one counts at most
TINIEST = 1e-300
ROWS, STRETCHES, EVERY, LOOKS, JUDGED, SUM, SQUARES, ODD = range(8)  # places in the tally


class Shape:
    """Scores readings of one signal as they come; the cut into calls changes nothing."""

    def __init__(self) -> None:
        self._rows, self._next, self._period = 0, FIRST_LOOK, 0
        self._recent, self._first_ts = np.zeros(0), 0
        self._ring, self._bank = np.zeros(1), np.zeros((BANK, POINTS))
        self._tally = np.zeros(8)
        self._tally[EVERY] = 1.0

    def score(self, ts: NDArray[np.int64], value: Floats) -> Floats:
        """Standard deviations by which the last cycle is unlike the most alike one before; 0 while that says nothing.

        NaN repeats the reading before.
        """
        out, at = np.zeros(len(value)), 0
        if not self._rows and len(ts):
            self._first_ts = int(ts[0])
        while at < len(value):
            end = len(value) if self._period else min(len(value), at + self._next - self._rows)
            part = value[at:end]
            if self._period:
                _look(part, self._period, self._ring, self._bank, self._tally, out[at:end])
            else:
                self._recent = np.concatenate([self._recent, part])[-KEPT:]
            self._rows += end - at
            at = end
            if not self._period and self._rows == self._next:
                self._next *= 2
                self._begin((int(ts[end - 1]) - self._first_ts) / (self._rows - 1))
        return out

    def _begin(self, gap_ms: float) -> None:
        """Begin with the rows so far, `gap_ms` apart, if they repeat themselves but not with the day."""
        period = cycle_of(self._recent)
        days = period * gap_ms / DAY_MS
        if period and abs(days - max(round(days), 1)) > NEAR_DAY * max(days, 1.0):
            self._period = period
            self._ring = np.zeros(self._period)
            _look(self._recent, self._period, self._ring, self._bank, self._tally, np.zeros(len(self._recent)))


def cycle_of(x: Floats) -> int:
    """Rows of the cycle in which `x` repeats itself, 0 where it does not."""
    there = np.isfinite(x)
    if there.mean() < 0.9 or not np.ptp(x[there]) > 0.0:
        return 0
    scale = max(float(np.abs(x[there]).max()), 1e-300)
    z = np.where(there, x / scale - np.mean(x[there] / scale), 0.0)
    power = np.abs(np.fft.rfft(z, 2 * len(z))) ** 2
    own = np.fft.irfft(power)[: len(z) // REPEATS + 1]
    own = own / max(own[0], 1e-300) * len(z) / np.arange(len(z), len(z) - len(own), -1)
    below = np.flatnonzero(own < 0.0)
    if not len(below) or below[0] + 2 >= len(own):
        return 0
    first = int(below[0])
    best = first + int(np.argmax(own[first:]))
    if own[best] < CLEAR or best < SHORTEST:
        return 0
    peaks = [
        at for at in range(first + 1, best) if own[at] >= 0.9 * own[best] and own[at - 1] <= own[at] >= own[at + 1]
    ]
    return peaks[0] if peaks and peaks[0] >= SHORTEST else best


@njit(cache=True, nogil=True)
def _look(value, period, ring, bank, tally, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Take the readings into the ring of the last cycle, and compare it `STEPS` times a cycle."""
    step = max(period // STEPS, 1)
    now = np.empty(POINTS)
    for i in range(len(value)):
        rows = int(tally[ROWS])
        x = value[i] if np.isfinite(value[i]) else (ring[(rows - 1) % period] if rows > 0 else 0.0)
        ring[rows % period] = min(max(x, -HUGE), HUGE)
        rows += 1
        tally[ROWS] = rows
        if rows >= period and rows % step == 0:
            for k in range(POINTS):
                now[k] = ring[(rows - period + k * period // POINTS) % period]
            nearest = _nearest(now, bank, tally)
            _keep(now, bank, tally)
            tally[ODD] = _judge(0.5 * np.log(nearest + TINIEST), tally) if nearest < np.inf else 0.0
        out[i] = tally[ODD]


@njit(cache=True, nogil=True)
def _nearest(now, bank, tally):  # type: ignore[no-untyped-def]
    """The least squared distance to a stretch of an earlier cycle; inf where there is none."""
    nearest = np.inf
    for b in range(int(tally[STRETCHES]) - STEPS // int(tally[EVERY]) - 1):
        far = 0.0
        for k in range(POINTS):
            far += (bank[b, k] - now[k]) ** 2
            if far >= nearest:
                break
        nearest = min(nearest, far)
    return nearest


@njit(cache=True, nogil=True)
def _keep(now, bank, tally):  # type: ignore[no-untyped-def]
    """Take every so many stretches into the bank; when it is full, every other one goes."""
    if int(tally[LOOKS]) % int(tally[EVERY]) == 0:
        if int(tally[STRETCHES]) == BANK:
            for b in range(BANK // 2):
                bank[b] = bank[2 * b]
            tally[STRETCHES] = BANK // 2
            tally[EVERY] *= 2
        bank[int(tally[STRETCHES])] = now
        tally[STRETCHES] += 1
    tally[LOOKS] += 1


@njit(cache=True, nogil=True)
def _judge(apart, tally):  # type: ignore[no-untyped-def]
    """Standard deviations of a distance over those before, to which it is added, cut to `MOST`."""
    n, odd = tally[JUDGED], 0.0
    if n >= LEARN:
        mean = tally[SUM] / n
        sd = np.sqrt(max(tally[SQUARES] / n - mean * mean, LEAST_SD**2))
        odd = max((apart - mean) / sd, 0.0)
        apart = min(apart, mean + MOST * sd)
    tally[JUDGED] += 1.0
    tally[SUM] += apart
    tally[SQUARES] += apart * apart
    return odd
