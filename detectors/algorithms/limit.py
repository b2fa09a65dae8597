"""A value beyond a limit for long enough: the rule that an engineer writes down.

The time beyond the limit is counted up and leaks at twice that speed while the value is within, so that a limit
cycle around it does not hide a fault. What a reading must fulfil to count (a valve wide open, the fan running) is
decided by who feeds the detector: readings for which the rule says nothing are not fed.

surprise = −ln of the share of earlier readings beyond the limit, 0 within; severity = distance beyond in `unit`.
"""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass

from numba import njit

from detectors.algorithms.detector import Floats, Ints, Scores, scored
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
_Columns = namedtuple("_Columns", [field.name for field in FIELDS])  # type: ignore[misc]  # noqa: PYI024


@dataclass(frozen=True, slots=True)
class Limit:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "limit"
    version: str = "1"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, _Columns(*(state[field.name] for field in FIELDS)), slot, ts, value)


@njit(cache=True)
def _advance(c, s, ts, over, observed):  # type: ignore[no-untyped-def]
    """Count the time beyond or within, and switch the symptom."""
    c.count[s] += 1
    if over > 0.0:
        if c.lasted[s] == 0.0 and c.active[s] == 0 and not c.was_over[s]:
            c.onset[s], c.count[s] = ts, 1
        c.lasted[s] += observed if c.was_over[s] else 0.0
    else:
        c.lasted[s] = max(0.0, c.lasted[s] - LEAK * observed)
    c.was_over[s] = over > 0.0
    c.calm[s] = c.calm[s] + observed if over <= -c.back[s] else 0.0
    if c.active[s] == 0 and c.lasted[s] >= c.hold_ms[s] and over > 0.0:
        c.active[s] = int(c.side[s])
    elif c.active[s] != 0 and c.calm[s] >= c.calm_ms[s]:
        c.active[s], c.lasted[s] = 0, 0.0


@njit(cache=True, nogil=True)
def _update(slot, ts, value, c, out):  # type: ignore[no-untyped-def]
    surprise, severity, low, high, active, onset, count = out
    for i in range(len(slot)):
        s = slot[i]
        active[i], onset[i], count[i] = c.active[s], c.onset[s], c.count[s]
        if c.side[s] > 0:
            high[i] = c.limit[s]
        else:
            low[i] = c.limit[s]
        if not math.isfinite(value[i]):
            continue
        over = c.side[s] * (value[i] - c.limit[s])
        if over > 0.0:
            surprise[i] = -math.log((c.beyond[s] + 0.5) / (c.seen[s] + 1.0))
            severity[i] = over / c.unit[s]
        dt = 0.0 if c.seen[s] == 0.0 else float(ts[i] - c.last_ts[s])
        if c.seen[s] > 0.0 and dt <= 0.0:
            continue
        c.last_ts[s] = ts[i]
        _advance(c, s, ts[i], over, min(dt, GAP_PERIODS * c.period_ms[s]))
        active[i], onset[i], count[i] = c.active[s], c.onset[s], c.count[s]
        if c.seen[s] == 0.0 or (c.frozen[s] == 0 and active[i] == 0):
            c.seen[s] += 1.0
            c.beyond[s] += over > 0.0
