"""A signal that goes to and fro too often: turns per time, by the law of `rate`.

A turn is a move by at least `swing` against the way it last went, counted from its farthest point (the reversals of a
rainflow count, ASTM E1049): a relay that chatters, a valve that hunts, a link that comes and goes. One symptom stands
for all of them. surprise, severity, `judged`, `low` and `high` as of `rate`: turns a span.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from detectors.algorithms import persistence, rate
from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.state import Field, SlotState

DEFAULTS = {"side": 1.0, "floor_rate": 4.0}

FIELDS = (
    Field("swing", "f8", fill=0.5),  # smallest move that is a turn: half a step of a switch, more than the noise
    *(replace(field, fill=DEFAULTS.get(field.name, field.fill)) for field in rate.FIELDS),
)


@dataclass(frozen=True, slots=True)
class Flap:
    """See the module. Parameters of a series are the columns that `FIELDS` and `rate.FIELDS` give a comment."""

    name: str = "flap"
    version: str = "1"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@part
def _turned(c, x):  # type: ignore[no-untyped-def]
    """The way it goes after `x` (0: it never moved), its farthest point that way, and 1 if that is a turn."""
    if c.seen == 0.0:
        return 0, x, 0.0
    back = x - c.held
    if c.way == 0:
        return (0, c.held, 0.0) if abs(back) < c.swing else (1 if back > 0.0 else -1, x, 0.0)
    if back * c.way >= 0.0:
        return c.way, x, 0.0
    return (c.way, c.held, 0.0) if abs(back) < c.swing else (-c.way, x, 1.0)


@kernel
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    surprise, severity, low, high, judged, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if not math.isfinite(value[i]):
            continue
        dt = float(ts[i] - c.last_ts) if c.seen > 0.0 else 0.0
        late = c.seen > 0.0 and dt <= 0.0
        observed = min(max(dt, 0.0), persistence.GAP_PERIODS * c.period_ms)
        way, farthest, more = _turned(c, value[i])
        more = 0.0 if late else more
        signed, surprise[i], judged[i], low[i], high[i] = rate.judge(c, more, observed)
        severity[i] = abs(signed)
        if late:
            continue
        c.way, c.held = way, farthest
        rate.add(c, more, ts[i], observed, signed)
        active[i], onset[i], count[i] = c.active, c.onset, c.count
