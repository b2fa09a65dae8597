"""Scores of a table's rows: each signal against its own past, and all of them together.

A row is looked at once for each signal, so its worst signal counts less the more there are: of `p` looks the
largest surprise exceeds one look's by ln p nats, the largest severity z is worth sqrt(z² − 2 ln p). Of n readings
none can be further out than sqrt(n) of their standard deviations (Samuelson 1968): severity is cut there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from detectors.algorithms.attention import GRACE, REFRACTORY, THRESHOLD, Attention
from detectors.algorithms.detector import Floats, new_state
from detectors.algorithms.seasonal import Seasonal
from detectors.scoring.clock import DAYS
from detectors.scoring.lasting import Lasting
from detectors.scoring.modes import Modes
from detectors.scoring.record import YOUNG_ROWS, Record, weight
from detectors.scoring.shape import Shape
from detectors.scoring.still import Still

NATS = 0.95  # nats that one unit of joint severity is worth to attention, which so looks from severity 9 on
# A signal learns nothing while ten of twelve readings are eight robust deviations out. Nothing is known of the table's
# time base, so readings are counted; 5 instead of 8 takes every change of habit for a fault and costs 1 point of NAB.
# What has lasted `ACCEPT` readings is learned as the new normal, for as many again.
FAR_OUT = {"enter": 8.0, "leave": 3.0, "need": 10, "of": 12, "hold_ms": 0.0, "min_age_ms": 0.0}
KEPT = 5  # rows that several signals must stay grave; a switch, a burst or a slip of a sensor passes sooner
REST = 24  # rows after a stop in which all signals together are still taken up with it: two of their means
ACCEPT = 2000
ODD = 3.0  # nats, and severity, that one deviation of a cycle's shape is worth, so that 2.9 ask for attention
BLOCK = 1000  # rows between two looks at that
NO_SPREAD = 300.0  # severity that only a signal without spread reaches: a constant that moves is news, but not grave


@dataclass(frozen=True, slots=True)
class Rows:
    """Scores of some rows.

    surprise     nats: how improbable the row is
    severity     robust standard deviations: how far out it is, a signal alone or all of them together
    alert_score  score of the alert raised at this row, else 0
    attention    an alert was raised: somebody should look
    contact      grave enough to tell a customer
    """

    surprise: Floats
    severity: Floats
    alert_score: Floats
    attention: NDArray[np.bool_]
    contact: NDArray[np.bool_]


Flags = NDArray[np.bool_]


class Scorer:
    """Scores rows of `signals` readings as they come; the cut into calls changes nothing.

    `grace` first rows raise nothing and are reference. Without it, or with several signals, no signal alone raises
    anything for `GRACE` rows; all of them together do as soon as they have a reference.
    """

    def __init__(self, signals: int, threshold: float = THRESHOLD, grace: int | None = None) -> None:
        self._seasonal, self._attention = Seasonal(), Attention()
        self._state, self._alerts = new_state(self._seasonal, signals), new_state(self._attention, 1)
        quiet = GRACE if grace is None or signals > 1 else 0
        self._alerts.set(0, threshold=threshold, grace=max(quiet, grace or 0))
        self._young = max(YOUNG_ROWS, grace or 0)
        for slot in range(signals):
            self._state.set(slot, **FAR_OUT, min_count=self._young if signals == 1 else math.inf)
        self._joint, self._record = Modes(signals, grace or 0), Record(grace or 0, 1.0 if signals == 1 else DAYS)
        self._shape = Shape() if signals == 1 else None
        self._long = Lasting(signals) if signals > 1 else None
        self._still = Still(signals) if signals > 1 else None
        self._looks, self._best = math.log(signals), np.zeros(KEPT - 1)
        self._rows, self._noticed, self._active = 0, math.inf, False
        self._on, self._symptoms, self._last_told = REST, 0, 0

    def score(self, ts: NDArray[np.int64], values: Floats) -> Rows:
        """The scores of rows at `ts` (n,) with `values` (n, signals); NaN is missing."""
        parts: list[tuple[Floats, Floats, Floats, Flags, Flags]] = []
        at = 0
        while at < len(ts) or not parts:
            end = at + BLOCK - self._rows % BLOCK
            parts.append(self._score(ts[at:end], values[at:end]))
            at = end
        return Rows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))

    def _score(self, ts: NDArray[np.int64], values: Floats) -> tuple[Floats, Floats, Floats, Flags, Flags]:
        """`score` of rows up to the end of a block."""
        n, signals = values.shape
        if signals == 1 and self._rows % BLOCK == 0 and self._state["active"][0] and self._state["count"][0] > ACCEPT:
            self._state["active"][0] = self._state["mask"][0] = 0
            self._state.set(0, min_count=float(self._state["seen"][0]) + ACCEPT)
        slot = np.tile(np.arange(signals), n)
        scores = self._seasonal.update(self._state, slot, np.repeat(ts, signals), values.reshape(-1))
        off = self._still.off(values) if self._still else np.zeros(n, np.bool_)
        together, active = self._joint.score(ts, values)
        surprises = np.maximum(scores.surprise.reshape(n, signals) - self._looks, 0.0)
        severities = self._of_many(scores.severity.reshape(n, signals))
        surprise, severity = surprises.max(axis=1), np.maximum(severities.max(axis=1), together)
        if self._shape:
            odd = ODD * self._shape.score(ts, values[:, 0])
            surprise, severity = np.maximum(surprise, odd), np.maximum(severity, odd)
            surprises, severities = surprise[:, None], severity[:, None]
        varied = scores.severity.reshape(n, signals) < NO_SPREAD
        weights = np.where(varied & ~off[:, None], weight(surprises, severities), 0.0)
        grave = self._record.broken(ts, weights[:, 0] if signals == 1 else self._lasting(weights))
        begins = active & ~np.concatenate([[self._active], active[:-1]])
        if signals > 1:
            surprise = np.maximum(surprise, NATS * together)
        present = np.where(np.isfinite(values).any(axis=1), surprise, np.nan)
        alert = self._attention.update(self._alerts, np.zeros(n, np.int64), ts, present)
        if signals > 1:
            alert = np.where(begins, surprise, alert)
        contact = self._told(begins, active, off) | (grave & self._lately(alert > 0))
        if self._long:
            lasts = self._long.score(ts, values)
            surprise, severity = surprise + lasts, np.hypot(severity, lasts)
        if n:
            self._active = bool(active[-1])
        return surprise, severity, alert, alert > 0, contact

    def _told(self, begins: Flags, active: Flags, off: Flags) -> Flags:
        """The row of each symptom of all signals at which no stop lies in their means any more."""
        if self._on >= REST and self._last_told == self._symptoms and not off.any():
            self._on += len(off)
            self._symptoms = self._last_told = self._symptoms + int(begins.sum())
            return begins
        rows = np.arange(1, len(off) + 1)
        last = np.maximum.accumulate(np.where(off, rows, -self._on))
        ready = active & (rows - last > REST)
        number = self._symptoms + begins.cumsum()
        told = np.zeros(len(off), np.bool_)
        for row in np.flatnonzero(ready & ~np.concatenate([[False], ready[:-1]])):
            told[row] = number[row] > self._last_told
            self._last_told = int(number[row])
        if len(rows):
            self._on, self._symptoms = int(rows[-1] - last[-1]), int(number[-1])
        return told

    def _of_many(self, severities: Floats) -> Floats:
        """Severities (n, signals) of the next rows as what they are worth among so many, and after so few rows."""
        age = np.arange(self._rows + 1, self._rows + len(severities) + 1)
        self._rows += len(severities)
        return np.sqrt(np.maximum(np.minimum(severities**2, age[:, None]) - 2.0 * self._looks, 0.0))

    def _lasting(self, weights: Floats) -> Floats:
        """Per row the weight that one signal or another has kept for `KEPT` rows."""
        best = np.concatenate([self._best, weights.max(axis=1)])
        self._best = best[len(best) - KEPT + 1 :]
        lasting: Floats = sliding_window_view(best, KEPT).min(axis=1)
        return lasting

    def _lately(self, noticed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Rows within the refractory time of an alert."""
        rows = np.arange(1, len(noticed) + 1, dtype=np.float64)
        last = np.maximum.accumulate(np.where(noticed, rows, -self._noticed))
        if len(rows):
            self._noticed = float(rows[-1] - last[-1])
        return np.asarray(rows - last <= REFRACTORY)
