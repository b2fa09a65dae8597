"""A counter that starts again too often: resets per time, by the law of `rate`.

A reset is a fall by more than `tolerance`, but for the one at `wraps_at`, where the counter is full. A device that
restarts now and then (updates, a power cut) teaches its own rate; one that restarts again and again is a fault.
surprise, severity, `judged`, `low` and `high` as of `rate`: resets a span. Feed it the counter itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from detectors.algorithms import persistence, rate
from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.state import Field, SlotState

FULL = 0.9  # share of `wraps_at` from which a fall is the wrap; lower takes a reset for it
DEFAULTS = {"side": 1.0, "floor_rate": 0.2, "enter": 3.0, "leave": 1.5}

FIELDS = (
    Field("tolerance", "f8"),  # a fall by no more than this is rounding
    Field("wraps_at", "f8"),  # where the counter starts again by itself; 0: nowhere
    *(replace(field, fill=DEFAULTS.get(field.name, field.fill)) for field in rate.FIELDS),
)


@dataclass(frozen=True, slots=True)
class Counter:
    """See the module. Parameters of a series are the columns that `FIELDS` and `rate.FIELDS` give a comment."""

    name: str = "counter"
    version: str = "1"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@part
def _reset(c, x):  # type: ignore[no-untyped-def]
    """1 if the counter has started again since the reading before, else 0."""
    fell = c.seen > 0.0 and x < c.held - c.tolerance
    return 1.0 if fell and not (c.wraps_at > 0.0 and c.held >= FULL * c.wraps_at) else 0.0


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
        more = 0.0 if late else _reset(c, value[i])
        signed, surprise[i], judged[i], low[i], high[i] = rate.judge(c, more, observed)
        severity[i] = abs(signed)
        if late:
            continue
        c.held = value[i]
        rate.add(c, more, ts[i], observed, signed)
        active[i], onset[i], count[i] = c.active, c.onset, c.count
