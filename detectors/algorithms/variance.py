"""A spread that has changed: a two-sided cumulative sum (see `cusum`) of the logarithm of each block's deviation.

The statistic of a block is ½ · ln(variance of its readings + resolution²), so a doubling counts the same in any unit,
and a sensor that goes quiet is seen as well as one that has become noisy. `judged`, `low` and `high` are deviations
in the signal's unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from detectors.algorithms import cusum
from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.state import Field, SlotState

LEAST = 4.0  # readings of a block that has a spread at all; a shorter one goes on
FLOOR_LOG = 0.15  # share by which a healthy block's deviation differs from the usual at the least

FIELDS = (
    Field("resolution", "f4"),  # deviation within a block that means nothing, in the signal's unit
    *(replace(field, fill=FLOOR_LOG) if field.name == "floor_sd" else field for field in cusum.FIELDS),
)


@dataclass(frozen=True, slots=True)
class Variance:
    """See the module. Parameters of a series are the columns that `FIELDS` and `cusum.FIELDS` give a comment."""

    name: str = "variance"
    version: str = "2"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats, ahead_ms: Ints | None = None) -> Scores:
        return scored(_update, state, slot, ts, value, ts if ahead_ms is None else ts + ahead_ms)


@part
def _statistic(c):  # type: ignore[no-untyped-def]
    least = max(c.resolution, 1e-9 * abs(c.mean), 1e-12)
    return 0.5 * math.log(c.squares / c.number + least * least)


@kernel
def _update(slot, ts, local, value, rows, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    surprise, severity, low, high, judged, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if not math.isfinite(value[i]):
            continue
        x = min(max(value[i], -cusum.HUGE), cusum.HUGE)
        signed, level, least, most = cusum.judged(c, local[i])
        judged[i], low[i], high[i] = math.exp(level), math.exp(least), math.exp(most)
        surprise[i], severity[i] = 2.0 * c.slack * abs(signed), abs(signed)
        if c.seen > 0.0 and ts[i] <= c.last_ts:
            continue
        observed, full = cusum.take(c, x, ts[i])
        if c.blocks >= c.learn:
            cusum.show(c, signed, ts[i], observed)
            active[i], onset[i], count[i] = c.active, c.onset, c.count
        if full and c.number >= LEAST:
            cusum.close(c, _statistic(c), local[i])
