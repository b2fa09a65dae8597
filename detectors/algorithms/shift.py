"""A level that has moved, by a little or a lot, and stays: a two-sided cumulative sum (see `cusum`) of block means.

Quicker than `departure` for a step, and it sees smaller ones: a shift of one deviation of an hour's mean shows after
about a day at the defaults, by chance once in a hundred years a series. What returns every day at the same hour is a
habit here, where `departure` looks at whole days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.algorithms import cusum
from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel
from detectors.algorithms.state import Field, SlotState


@dataclass(frozen=True, slots=True)
class Shift:
    """See the module. Parameters of a series are the columns that `cusum.FIELDS` gives a comment."""

    name: str = "shift"
    version: str = "2"
    fields: tuple[Field, ...] = cusum.FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats, ahead_ms: Ints | None = None) -> Scores:
        return scored(_update, state, slot, ts, value, ts if ahead_ms is None else ts + ahead_ms)


@kernel
def _update(slot, ts, local, value, rows, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    surprise, severity, low, high, judged, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if not math.isfinite(value[i]):
            continue
        x = min(max(value[i], -cusum.HUGE), cusum.HUGE)
        signed, judged[i], low[i], high[i] = cusum.judged(c, local[i])
        surprise[i], severity[i] = 2.0 * c.slack * abs(signed), abs(signed)
        if c.seen > 0.0 and ts[i] <= c.last_ts:
            continue
        observed, full = cusum.take(c, x, ts[i])
        if c.blocks >= c.learn:
            cusum.show(c, signed, ts[i], observed)
            active[i], onset[i], count[i] = c.active, c.onset, c.count
        if full:
            cusum.close(c, c.mean, local[i])
