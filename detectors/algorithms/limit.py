"""A value beyond a limit for long enough: the rule that an engineer writes down.

The time beyond the limit is counted up and leaks at twice that speed while the value is within, so that a limit
cycle around it does not hide a fault. What a reading must fulfil to count (a valve wide open, the fan running) is
decided by who feeds the detector: readings for which the rule says nothing are not fed.

surprise = −ln of the share of earlier readings beyond the limit, 0 within; severity = distance beyond in `unit`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.persistence import GAP_PERIODS
from detectors.algorithms.state import Field, SlotState

LEAK = 2.0  # 1 lets half-time excursions add up for ever, 5 forgets a fault at each short dip

FIELDS = (
    Field("frozen", "u1"),
    Field("active", "i1"),
    Field("onset", "i8"),
    Field("count", "i8"),
    Field("period_ms", "f8", fill=60_000.0),
    Field("side", "f8", fill=1.0),  # 1: beyond is above, -1: beyond is below
    Field("limit", "f8", fill=math.inf),
    Field("back", "f8"),  # how far within counts as recovered
    Field("unit", "f8", fill=1.0),  # distance beyond that is severity 1
    Field("hold_ms", "f8", fill=1_800_000.0),  # observed time beyond until the symptom shows
    Field("calm_ms", "f8", fill=3_600_000.0),  # observed time recovered until it ends
    Field("last_ts", "i8"),
    Field("seen", "f8"),
    Field("beyond", "f8"),
    Field("lasted", "f8"),
    Field("was_over", "u1"),
    Field("calm", "f8"),
)


@dataclass(frozen=True, slots=True)
class Limit:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "limit"
    version: str = "1"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@part
def _advance(c, ts, over, observed):  # type: ignore[no-untyped-def]
    """Count the time beyond or within, and switch the symptom."""
    c.count += 1
    if over > 0.0:
        if c.lasted == 0.0 and c.active == 0 and not c.was_over:
            c.onset, c.count = ts, 1
        c.lasted += observed if c.was_over else 0.0
    else:
        c.lasted = max(0.0, c.lasted - LEAK * observed)
    c.was_over = over > 0.0
    c.calm = c.calm + observed if over <= -c.back else 0.0
    if c.active == 0 and c.lasted >= c.hold_ms and over > 0.0:
        c.active = int(c.side)
    elif c.active != 0 and c.calm >= c.calm_ms:
        c.active, c.lasted = 0, 0.0


@kernel
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    surprise, severity, low, high, _judged, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if c.side > 0:
            high[i] = c.limit
        else:
            low[i] = c.limit
        if not math.isfinite(value[i]):
            continue
        over = c.side * (value[i] - c.limit)
        if over > 0.0:
            surprise[i] = -math.log((c.beyond + 0.5) / (c.seen + 1.0))
            severity[i] = over / c.unit
        dt = 0.0 if c.seen == 0.0 else float(ts[i] - c.last_ts)
        if c.seen > 0.0 and dt <= 0.0:
            continue
        c.last_ts = ts[i]
        _advance(c, ts[i], over, min(dt, GAP_PERIODS * c.period_ms))
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if c.seen == 0.0 or (c.frozen == 0 and active[i] == 0):
            c.seen += 1.0
            c.beyond += over > 0.0
