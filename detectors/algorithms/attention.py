"""The attention stage: which scores a person should look at.

An alert needs ``score ≥ threshold · (1 + 0.06 h)`` and 115 readings since the last one, where h is the series' own
count of alerts with a half-life of 3,000 readings: a series that cries often must cry louder. Readings count as
`period_ms` of time, so a slow and a fast recording of one device behave alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from detectors.algorithms.detector import Floats, Ints
from detectors.algorithms.kernel import kernel
from detectors.algorithms.state import Field, SlotState

THRESHOLD = 8.65  # nats: the best operating point on NAB; lower shows more
REFRACTORY = 115.0  # readings; 150 and more miss the second of two real events, 0 doubles the false ones
STEP = 0.06  # rise of the threshold an alert; 0 costs 3 points of NAB, 0.2 makes a busy series deaf
HALF_LIFE = 3000.0  # readings until half of the own alerts are forgotten
GRACE = 100.0  # first readings of a series that raise nothing

FIELDS = (
    Field("threshold", "f8", fill=THRESHOLD),
    Field("grace", "f8", fill=GRACE),
    Field("last_ts", "i8"),
    Field("since", "f8", fill=REFRACTORY),
    Field("seen", "f8"),
    Field("habit", "f8"),
    Field("at", "i8", fill=np.iinfo(np.int64).min),  # time of the last alert
)


@dataclass(frozen=True, slots=True)
class Attention:
    """See the module."""

    name: str = "attention"
    version: str = "2"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, score: Floats) -> Floats:
        """Per reading the score of the alert that it raised, else 0. Scores that are not finite raise nothing."""
        raised = np.zeros(len(slot))
        _update(slot, ts, score, state.rows, raised)
        return raised


@kernel
def _update(slot, ts, score, rows, raised):  # type: ignore[no-untyped-def]
    forget = 0.5 ** (1.0 / HALF_LIFE)
    for i in range(len(slot)):
        c = rows[slot[i]]
        if not math.isfinite(score[i]) or (c.seen > 0 and ts[i] <= c.last_ts):
            continue
        c.last_ts = ts[i]
        c.seen += 1.0
        c.since += 1.0
        c.habit *= forget
        if c.seen <= c.grace or c.since < REFRACTORY:
            continue
        if score[i] >= c.threshold * (1.0 + STEP * c.habit):
            raised[i] = score[i]
            c.since = 0.0
            c.habit += 1.0
            c.at = ts[i]
