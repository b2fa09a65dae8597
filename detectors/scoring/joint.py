"""All signals of a table together: early warning where each of them alone has hardly moved.

A multivariate exponentially weighted mean (Lowry et al. 1992) held against a reference that is the first half of
the table so far, so that slow wear is not learned as it comes. Per signal the standardised, clipped reading goes
into a mean over `SPAN` rows; their vector into Hotelling's T² with the correlation of the reference. It is looked at
twice: with that correlation shrunk well towards none, and so slightly that what all signals do together (load,
weather, an operating point) leaves the small rest to be seen. ``distance = sqrt(T²)``; severity is the worse distance
beyond what it was in the past, in its own standard deviations: on recorded data the limits of χ² do not hold.

A signal is judged once its reference is worth `RIPE` independent readings, by its autocorrelation, and `SLOW_RIPE`
by its slowest course (`worth`): noise about a level is ripe after 30 rows, a slow wave after many of its periods, a
random walk never, whatever noise lies upon it. While the symptom is active
the reference is frozen; a change that has outlasted it (`ACCEPT`) becomes the new reference.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.algorithms.detector import Floats
from detectors.scoring.clock import knows_the_day, ripe_after, unseen
from detectors.scoring.worth import LEVELS, add, slow_share
from detectors.scoring.worth import worth as worth_of

WARM = 30  # rows of the first reference; 20 raises false symptoms, 60 is too late on short lives
SPAN = 12.0  # rows of the mean; 8 is restless, 20 sees a slow change no earlier
RATE = 2.0 / (SPAN + 1.0)
SETTLED = RATE / (2.0 - RATE)  # variance of the mean of independent readings
CLIP = 4.0  # standard deviations that one reading counts at most: a spike is no trend
OUTLIER = 5.0  # likewise for what the reference learns
RIPE = 15.0  # independent readings by its neighbours; 8 takes the first turn of a slow wave for a change
SLOW_RIPE = 6.0  # likewise by its slowest course (`worth`); 0 calls for seasons, 10 costs slow signals their wear
GROWTH = 1.2  # of the rows between two references
LAG = 0.5  # share of the rows seen that is reference; 0.8 learns wear, 0.2 never learns a habit
PRIOR = 15.0  # rows by which correlation is shrunk, with the number of signals
LEAST_SHRINK = 0.1
SHARP = (
    4.0  # of the typical direction's variance, what the second look adds to each; 1 is too early eight times as often
)
TINIEST = 1e-6  # variance of a direction, of 1 for each signal
PRIOR_SD = 0.7  # of the distance in independent noise, whatever the number of signals …
PRIOR_ROWS = 60.0  # … and what this counts for
ENTER, LEAVE = 12.0, 3.0  # severity; 9 warns 12 % earlier, and four times as often too early
ENTER_OLD, YOUNG = 7.0, 100.0  # where it falls to with more independent readings; 6 doubles NAB's false contacts
SLOW, SLOWEST = 0.2, 1.6  # share of rows that are independent where it begins to rise, and how far; 1 calls at weather
FEW_DAYS = 2.5  # times that limit where the first day is just over; 1 takes the second day for a fault
SETTLED_ROWS, MARGIN = 200.0, 1.5  # after so many rows the table's own record by this margin will do as well
STEP = 0.4  # rise of ENTER for each time that the symptom came and went …
FORGET = 0.5 ** (1.0 / 5000.0)  # … of which half is forgotten after these rows
NEED, OF = 4, 5  # rows that must agree
ACCEPT = 1000  # rows, or twice the reference, after which a lasting change is the new normal
MOST_SIGNALS = 64  # beyond, correlation is ignored: it costs the square of the number
MOST_SEVERE = 1e3
HUGE = 1e30
COUNT, SUM, LAST, STEPS = 0, 1, 2, 3  # rows of `moments`: readings, sum, the last one, sum of squared differences
ROWS, SCORED, ACTIVE, MASK, LASTED, LAST_TS, HABIT, FIRST_TS, RECORD = range(9)  # places in `tally`


class Joint:
    """Scores rows of `signals` readings as they come; the cut into calls changes nothing.

    The first `learn` rows (at least `WARM`) are reference in any case.
    """

    def __init__(self, signals: int, learn: int = 0) -> None:
        self._signals, self._learn = signals, max(WARM, learn)
        self._origin = np.full(signals, np.nan)
        self._mean, self._inverse = np.zeros(signals), np.zeros((2, 0, 0))
        self._center, self._scale, self._width = np.zeros(signals), np.zeros(signals), np.ones(signals)
        self._ripe = np.zeros(0, np.int64)
        self._usual, self._enter = _unknown(), ENTER
        self._begin()

    def _begin(self) -> None:
        """Forget what was learned."""
        crossed = self._signals if self._signals <= MOST_SIGNALS else 0
        self._moments = np.zeros((4, self._signals))
        self._cross, self._squares = np.zeros((crossed, crossed)), np.zeros(self._signals)
        self._levels = np.zeros((2, LEVELS, self._signals))
        self._tally = np.zeros(9)
        self._tally[LAST_TS] = -np.inf
        self._distances = np.zeros((2, 2))
        self._kept: deque[_Past] = deque()
        self._next = float(self._learn)

    def score(self, ts: NDArray[np.int64], values: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Severity of each row, and whether the symptom is active; `values` is (n, signals), NaN is missing."""
        severity, active = np.zeros(len(values)), np.zeros(len(values), np.bool_)
        at = 0
        while at < len(values):
            learned = (self._origin, *self._sums())
            judged = (self._mean, self._ripe, self._center, self._scale, self._width, self._inverse)
            limits = (self._next, self._enter, self._usual)
            at = _run(at, (ts, values), learned, (*judged, limits), (severity, active))
            if self._tally[LASTED] > max(ACCEPT, 0.7 * self._tally[ROWS]):
                self.forget()
            elif self._tally[ROWS] >= self._next and self._tally[ACTIVE] == 0.0:
                self._refresh()
        return severity, active

    def forget(self) -> None:
        """Learn anew from the next row on."""
        last = self._tally[LAST_TS]
        self._begin()
        self._tally[LAST_TS] = last
        self._ripe, self._usual = np.zeros(0, np.int64), _unknown()

    def _sums(self) -> tuple[Floats, ...]:
        return self._moments, self._cross, self._squares, self._tally, self._distances, self._levels

    def _refresh(self) -> None:
        """Take the reference from the newest kept sums that are old enough."""
        rows = self._tally[ROWS]
        ripe = ripe_after(self._tally[FIRST_TS], self._tally[LAST_TS], rows)
        if not self._kept and self._learn == WARM and rows < ripe:
            self._next = ripe
            return
        self._kept.append(_Past(*self._sums()))
        while len(self._kept) > 1 and self._kept[1].tally[ROWS] <= max(LAG * rows, self._learn):
            self._kept.popleft()
        self._next = math.ceil(rows * GROWTH)
        self._judge_by(self._kept[0])

    def _judge_by(self, past: _Past) -> None:
        count, total = np.maximum(past.moments[COUNT], 1.0), past.moments[SUM]
        center = total / count
        variance = np.maximum(past.squares / count - center**2, 0.0)
        scale = np.sqrt(variance)
        tiny = 1e-9 * np.abs(center + np.nan_to_num(self._origin)) + 1e-12
        varied = (scale > tiny) & (past.moments[COUNT] >= WARM)
        with np.errstate(divide="ignore", invalid="ignore"):
            kinship = np.clip(1.0 - past.moments[STEPS] / np.maximum(count - 1.0, 1.0) / (2.0 * variance), 0.0, 1.0)
        worth = count * (1.0 - kinship) / (1.0 + kinship)
        independent = np.minimum(worth, worth_of(past.levels, count, variance))
        ripe = np.flatnonzero(varied & (worth >= RIPE) & (independent >= SLOW_RIPE))
        kept = np.intersect1d(ripe, self._ripe)
        moved = np.zeros(self._signals)
        moved[kept] = (self._center[kept] + self._mean[kept] * self._scale[kept] - center[kept]) / scale[kept]
        self._mean[:], self._center, self._scale, self._ripe = moved, center, scale, ripe
        near = kinship * (1.0 - RATE)
        settled = SETTLED * (1.0 + near) / (1.0 - near)
        if len(past.cross):  # among more signals than that no single slow one decides
            settled = np.maximum(settled, slow_share(past.levels, count, variance, int(SPAN)))
        self._width = np.sqrt(settled + 1.0 / np.maximum(worth, 1.0))
        self._inverse = _inverse(past, center, variance, ripe)
        self._enter = self._limit(past, independent[ripe])
        seen, prior = past.tally[SCORED] / SPAN, PRIOR_ROWS / SPAN
        if seen + prior > 0.0:
            mean, square = past.distances.T / max(past.tally[SCORED], 1.0)
            usual = math.sqrt(max(len(ripe) - 0.5, 0.5))
            variance = np.maximum(square - mean**2, 0.0)
            self._usual[:, 0] = (prior * usual + mean * seen) / (seen + prior)
            self._usual[:, 1] = np.maximum(np.sqrt((prior * PRIOR_SD**2 + seen * variance) / (prior + seen)), PRIOR_SD)

    def _limit(self, past: _Past, independent: Floats) -> float:
        """The severity that begins a symptom: less the more independent readings the quicker signals had."""
        if not len(independent):
            return ENTER
        quick = max(float(np.quantile(independent, 0.75)), 1.0)
        limit = ENTER_OLD + (ENTER - ENTER_OLD) * min(1.0, YOUNG / quick)
        limit *= min(max(SLOW * float(past.tally[ROWS]) / quick, 1.0), SLOWEST)
        first, last, rows = self._tally[FIRST_TS], self._tally[LAST_TS], self._tally[ROWS]
        limit *= 1.0 + (FEW_DAYS - 1.0) * unseen(first, last, rows)
        if past.tally[SCORED] < SETTLED_ROWS or knows_the_day(first, last, rows):
            return limit
        return min(limit, max(ENTER_OLD, MARGIN * float(self._tally[RECORD])))


class _Past:
    """Sums as they stood after some rows."""

    def __init__(self, *sums: Floats) -> None:
        copies = [part.copy() for part in sums]
        self.moments, self.cross, self.squares, self.tally, self.distances, self.levels = copies


def _inverse(past: _Past, center: Floats, variance: Floats, ripe: NDArray[np.int64]) -> Floats:
    """The two inverses of the shrunk correlation of the `ripe` signals; empty when correlation is ignored."""
    if not len(past.cross) or not len(ripe):
        return np.zeros((2, 0, 0))
    rows = past.tally[ROWS]
    whole = past.cross + np.tril(past.cross, -1).T
    cross = whole[np.ix_(ripe, ripe)] / rows - np.outer(center[ripe], center[ripe])
    own = np.sqrt(np.maximum(np.diag(cross), 1e-12 * variance[ripe]))
    correlation = cross / np.outer(own, own)
    np.fill_diagonal(correlation, 1.0)
    shrink = max(LEAST_SHRINK, (len(ripe) + PRIOR) / (len(ripe) + PRIOR + rows))
    values, vectors = np.linalg.eigh((1.0 - shrink) * correlation + shrink * np.eye(len(ripe)))
    robust = (vectors / np.maximum(values, LEAST_SHRINK / 2.0)) @ vectors.T
    values, vectors = np.linalg.eigh(correlation)
    values = np.maximum(values, TINIEST)
    typical = math.exp(float(np.log(values).mean()))
    sharp = (vectors / (values + SHARP * len(ripe) / (len(ripe) + rows) * typical)) @ vectors.T
    return np.ascontiguousarray(np.stack([robust, sharp]))


def _unknown() -> Floats:
    """Mean and standard deviation of the two distances before anything is known."""
    return np.array([[0.0, PRIOR_SD], [0.0, PRIOR_SD]])


@njit(cache=True, nogil=True)
def _run(at, rows, learned, judged, out):  # type: ignore[no-untyped-def]
    """Score and learn rows from `at` on, until the next reference is due or a change is accepted; the row reached."""
    (ts, values), (severity, active), tally, limits = rows, out, learned[4], judged[6]
    while at < len(values):
        if ts[at] > tally[LAST_TS]:
            if tally[ROWS] == 0.0:
                tally[FIRST_TS] = ts[at]
            tally[LAST_TS] = ts[at]
            _smooth(values[at], learned[0], judged)
            severity[at] = _severity(learned, judged)
            if tally[ACTIVE] == 0.0:
                tally[RECORD] = max(tally[RECORD], severity[at])
            _advance(tally, severity[at], limits)
            _learn(values[at], learned)
        else:
            severity[at] = 0.0
        active[at] = tally[ACTIVE] != 0.0
        at += 1
        if (tally[ROWS] >= limits[0] and tally[ACTIVE] == 0.0) or tally[LASTED] > max(ACCEPT, 0.7 * tally[ROWS]):
            break
    return at


@njit(cache=True, nogil=True)
def _smooth(row, origin, judged):  # type: ignore[no-untyped-def]
    """Take the row into the means of the ripe signals."""
    mean, ripe, center, scale = judged[0], judged[1], judged[2], judged[3]
    for k in range(len(ripe)):
        j = ripe[k]
        if math.isfinite(row[j]):
            x = min(max(row[j], -HUGE), HUGE) - origin[j]
            z = min(max((x - center[j]) / scale[j], -CLIP), CLIP)
            mean[j] += RATE * (z - mean[j])


@njit(cache=True, nogil=True)
def _severity(learned, judged):  # type: ignore[no-untyped-def]
    """The worse of both distances, in standard deviations beyond its own past, to which it is added."""
    tally, distances, usual = learned[4], learned[5], judged[6][2]
    if len(judged[1]) == 0:
        return 0.0
    severity = 0.0
    for look in range(2):
        distance = _distance(judged, look)
        severity = max(severity, (distance - usual[look, 0]) / usual[look, 1])
        distances[look, 0] += distance
        distances[look, 1] += distance**2
    tally[SCORED] += 1.0
    return min(severity, MOST_SEVERE)


@njit(cache=True, nogil=True)
def _distance(judged, look):  # type: ignore[no-untyped-def]
    """sqrt(T²) of the means."""
    mean, ripe, width, inverse = judged[0], judged[1], judged[4], judged[5]
    total = 0.0
    for a in range(len(ripe)):
        ua = mean[ripe[a]] / width[ripe[a]]
        if inverse.shape[1] == 0:
            total += ua * ua
        else:
            part = 0.0
            for b in range(len(ripe)):
                part += inverse[look, a, b] * (mean[ripe[b]] / width[ripe[b]])
            total += ua * part
    return math.sqrt(max(total, 1e-6))


@njit(cache=True, nogil=True)
def _advance(tally, severity, limits):  # type: ignore[no-untyped-def]
    """The symptom one row on."""
    tally[HABIT] *= FORGET
    wanted = severity >= limits[1] * (1.0 + STEP * tally[HABIT]) if tally[ACTIVE] == 0.0 else severity < LEAVE
    mask = ((int(tally[MASK]) << 1) | int(wanted)) & ((1 << OF) - 1)
    number = 0
    for bit in range(OF):
        number += (mask >> bit) & 1
    if number >= NEED:
        tally[ACTIVE] = 1.0 - tally[ACTIVE]
        tally[HABIT] += tally[ACTIVE]
        mask = 0
    tally[MASK] = mask
    tally[LASTED] = tally[LASTED] + 1.0 if tally[ACTIVE] != 0.0 else 0.0


@njit(cache=True, nogil=True)
def _learn(row, learned):  # type: ignore[no-untyped-def]
    """Add the row to the sums, outliers cut to `OUTLIER` standard deviations of all that was learned."""
    origin, moments, cross, squares, tally, _, levels = learned
    tally[ROWS] += 1.0
    signals = len(row)
    filled = np.empty(signals)
    for j in range(signals):
        n = moments[COUNT, j]
        middle = moments[SUM, j] / n if n > 0.0 else 0.0
        filled[j] = middle
        if not math.isfinite(row[j]):
            continue
        if math.isnan(origin[j]):
            origin[j] = min(max(row[j], -HUGE), HUGE)
        x = min(max(row[j], -HUGE), HUGE) - origin[j]
        if n >= WARM:
            sd = math.sqrt(max(squares[j] / n - middle * middle, 0.0))
            if sd > 0.0:
                x = min(max(x, middle - OUTLIER * sd), middle + OUTLIER * sd)
        if n > 0.0:
            moments[STEPS, j] += (x - moments[LAST, j]) ** 2
        add(levels, j, int(n), x)
        moments[COUNT, j] += 1.0
        moments[SUM, j] += x
        moments[LAST, j] = x
        squares[j] += x * x
        filled[j] = x
    if len(cross):
        for a in range(signals):
            for b in range(a + 1):
                cross[a, b] += filled[a] * filled[b]
