"""Operating points: what a machine does now and then for a while is no news, and would hide slow wear by far.

A column says the mode when its values lie in a few tight groups far apart (a setting, a switch, a sensor that follows
one); the groups of several columns together are the modes. They count only when the machine has come back to each of
them several times, so that a lasting fault is never one, and when they explain most of what the other columns do. All
signals are then judged together by what is left of each row beyond the mean of its mode so far.

Looked for in a thinned sample of the rows so far, each time that these have grown by half. Where there are no modes,
nothing changes.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.algorithms.detector import Floats
from detectors.scoring.joint import HUGE, Joint

FIRST_LOOK = 60  # rows, before which nothing is said; fewer show no mode often enough
GROWTH = 1.5  # of the rows between two looks
KEPT = 1024  # rows of the sample at most; it is thinned to half when full
GAP = 0.05  # of a column's range that nothing lies in: between two groups
TIGHT = 0.01  # of a column's variance, within its groups at most
MOST_GROUPS, MOST_MODES = 12, 24
VISITS = 3  # returns to a mode; 1 would take a lasting fault for one
COVERED = 0.95  # of the rows, that lie in a mode
EXPLAINED = 0.8  # of the variance of the median column, that modes explain at the least
MOST_KEYS = 8  # columns by which a row's mode is told

Ints = NDArray[np.int64]


class Modes:
    """`Joint` over what is left of the rows beyond their modes; the same contract."""

    def __init__(self, signals: int, learn: int = 0) -> None:
        self._signals, self._learn = signals, learn
        self._joint = Joint(signals, learn)
        self._rows, self._next, self._stride = 0, max(FIRST_LOOK, learn), 1
        self._kept_ts: list[int] = []
        self._kept: list[Floats] = []
        self._keys, self._scale = np.zeros(0, np.int64), np.zeros(0)
        self._marks, self._means, self._counts = np.zeros((0, 0)), np.zeros((0, signals)), np.zeros((0, signals))

    def score(self, ts: Ints, values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Severity of each row, and whether the symptom is active; `values` is (n, signals), NaN is missing."""
        if self._signals == 1:
            return self._joint.score(ts, values)  # nothing else could say its mode
        severity, active = np.zeros(len(values)), np.zeros(len(values), np.bool_)
        at = 0
        while at < len(values):
            end = min(len(values), at + self._next - self._rows)
            self._keep(ts[at:end], values[at:end])
            scores = self._joint.score(ts[at:end], self._rest(values[at:end]))
            if self._rows >= FIRST_LOOK:
                severity[at:end], active[at:end] = scores
            self._rows += end - at
            at = end
            if self._rows == self._next:
                self._next = int(self._rows * GROWTH) + 1
                self._look()
        return severity, active

    def _keep(self, ts: Ints, values: Floats) -> None:
        """Add every so many rows to the sample."""
        at = -self._rows % self._stride
        while at < len(values):
            rows = np.arange(at, len(values), self._stride)[: KEPT - len(self._kept)]
            self._kept_ts.extend(ts[rows].tolist())
            self._kept.extend(values[rows])
            after = int(rows[-1]) + 1
            if len(self._kept) == KEPT:
                self._kept_ts, self._kept = self._kept_ts[::2], self._kept[::2]
                self._stride *= 2
            at = after + -(self._rows + after) % self._stride

    def _rest(self, values: Floats) -> Floats:
        if not len(self._marks):
            return values
        rest = np.empty_like(values)
        _subtract(values, self._keys, self._scale, self._marks, self._means, self._counts, rest)
        return rest

    def _look(self) -> None:
        """Find modes; where there are others than before, everything is judged anew by them."""
        sample = np.clip(np.array(self._kept), -HUGE, HUGE)
        keys, mode = modes_of(sample)
        number = int(mode.max()) + 1
        if number <= max(len(self._marks), 1):
            return
        self._keys = keys
        self._scale = np.nanstd(sample[:, keys], axis=0)
        self._marks = np.stack([np.nanmean(sample[mode == one][:, keys], axis=0) for one in range(number)])
        self._means, self._counts = np.zeros((number, self._signals)), np.zeros((number, self._signals))
        rest = self._rest(sample)
        if self._stride == 1:
            self._joint = Joint(self._signals, self._learn)
            self._joint.score(np.array(self._kept_ts, np.int64), rest)
        else:
            self._joint.forget()


def modes_of(sample: Floats) -> tuple[Ints, Ints]:
    """The columns that tell the mode, and the mode of each row (-1: none); one mode is none."""
    telling = [(at, group) for at, column in enumerate(sample.T) if (group := _groups(column)) is not None]
    telling.sort(key=lambda found: -int(found[1].max()))
    mode, keys = np.zeros(len(sample), np.int64), list[int]()
    for at, group in telling:
        _, joined = np.unique(mode * (MOST_GROUPS + 1) + group, return_inverse=True)
        if len(keys) < MOST_KEYS and _usable(joined):
            mode, keys = joined, [*keys, at]
    if not keys or not _explains(sample, mode):
        return np.zeros(0, np.int64), np.zeros(len(sample), np.int64)
    counts = np.bincount(mode)
    often = np.array([_visits(mode == one) >= VISITS for one in range(len(counts))])
    names = np.where(often, np.cumsum(often) - 1, -1)
    return np.array(keys, np.int64), names[mode]


def _groups(column: Floats) -> Ints | None:
    """The number of the group that each value lies in, from below, if there are a few tight ones."""
    if not np.isfinite(column).all():
        return None
    order = np.argsort(column, kind="stable")
    inside = column[order]
    wide = inside[-1] - inside[0]
    if not 0.0 < wide < np.inf:
        return None
    number = np.concatenate([[0], np.cumsum(np.diff(inside) > GAP * wide)])
    groups = int(number[-1]) + 1
    if not 2 <= groups <= MOST_GROUPS:
        return None
    counts = np.bincount(number)
    means = np.bincount(number, inside / wide) / counts
    if ((inside / wide - means[number]) ** 2).mean() > TIGHT * (inside / wide).var():
        return None
    found = np.empty(len(column), np.int64)
    found[order] = number
    return found


def _visits(there: NDArray[np.bool_]) -> int:
    """How often a course of rows came to it."""
    return int(there[0]) + int((there[1:] & ~there[:-1]).sum())


def _usable(mode: Ints) -> bool:
    """Not too many modes, and nearly all rows in one that was come back to."""
    number = int(mode.max()) + 1
    if not 2 <= number <= MOST_MODES * 2:
        return False
    counts = np.bincount(mode)
    often = np.array([_visits(mode == one) >= VISITS for one in range(number)])
    return bool(1 < often.sum() <= MOST_MODES and counts[often].sum() >= COVERED * len(mode))


def _explains(sample: Floats, mode: Ints) -> bool:
    """Whether the modes say most of what the median varying column does, beyond what chance would."""
    counts = np.bincount(mode)
    shares = []
    for column in sample.T:
        if np.isfinite(column).all() and column.std() > 1e-12 * max(float(np.abs(column).max()), 1e-300):
            z = (column - column.mean()) / column.std()
            means = np.bincount(mode, z) / np.maximum(counts, 1)
            shares.append(float(((z - means[mode]) ** 2).sum() / max(len(mode) - len(counts), 1)))
    return bool(shares) and float(np.median(shares)) <= 1.0 - EXPLAINED


@njit(cache=True, nogil=True)
def _subtract(values, keys, scale, marks, means, counts, rest):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """What each row has beyond the mean of its mode so far, of which it then is part; NaN for the mode's first."""
    for row in range(len(values)):
        best, least = 0, np.inf
        for one in range(len(marks)):
            far = 0.0
            for k in range(len(keys)):
                x = values[row, keys[k]]
                if np.isfinite(x):
                    far += min(abs(x - marks[one, k]) / scale[k], 4.0) ** 2
            if far < least:
                best, least = one, far
        for j in range(values.shape[1]):
            x = values[row, j]
            if not np.isfinite(x):
                rest[row, j] = np.nan
                continue
            x = min(max(x, -HUGE), HUGE)
            rest[row, j] = x - means[best, j] if counts[best, j] > 0.0 else np.nan
            counts[best, j] += 1.0
            means[best, j] += (x - means[best, j]) / counts[best, j]
