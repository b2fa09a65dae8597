"""A device that has fallen silent, by a clock that is not its own.

Fed with ``value`` = how old the newest thing it said was when it was heard (ms, ≥ 0), at the time `ts` on the
listener's clock; a reading of the clock alone is ``value`` NaN. Silence is the time since it was heard plus that
age, so that a device which delivers what it had kept and then stays away is silent since its newest reading. It
must also be unheard for `grace_ms` on the listener's clock: an old delivery alone is not silence.

severity = silence over `after_ms`; surprise = silence over the usual time between two deliveries (exponential law).
"""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass

from numba import njit

from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.state import Field, SlotState

FIELDS = (
    Field("frozen", "u1"),
    Field("active", "i1"),
    Field("onset", "i8"),
    Field("count", "i8"),
    Field("period_ms", "f8", fill=60_000.0),  # usual time between two deliveries
    Field("after_ms", "f8", fill=7_200_000.0),  # silence that counts
    Field("grace_ms", "f8", fill=900_000.0),  # and so much of it while we listened
    Field("calm_ms", "f8", fill=900_000.0),  # heard again over this time: recovered
    Field("last_ts", "i8"),
    Field("heard", "i1"),  # 1 once it has said anything
    Field("heard_ts", "i8"),
    Field("age", "f8"),
    Field("back_ts", "i8"),
)
_Columns = namedtuple("_Columns", [field.name for field in FIELDS])  # type: ignore[misc]  # noqa: PYI024


@dataclass(frozen=True, slots=True)
class Silence:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "silence"
    version: str = "1"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, _Columns(*(state[field.name] for field in FIELDS)), slot, ts, value)


@njit(cache=True)
def _heard(c, s, ts, age):  # type: ignore[no-untyped-def]
    """The device spoke: while silent, see whether it keeps on speaking."""
    if c.active[s] != 0:
        if ts - c.heard_ts[s] > c.calm_ms[s]:
            c.back_ts[s] = ts
        elif ts - c.back_ts[s] >= c.calm_ms[s]:
            c.active[s] = 0
    c.count[s] += 1
    c.heard[s], c.heard_ts[s], c.age[s] = 1, ts, age


@njit(cache=True, nogil=True)
def _update(slot, ts, value, c, out):  # type: ignore[no-untyped-def]
    surprise, severity, _low, _high, active, onset, count = out
    for i in range(len(slot)):
        s = slot[i]
        active[i], onset[i], count[i] = c.active[s], c.onset[s], c.count[s]
        if ts[i] < c.last_ts[s] or math.isinf(value[i]):
            continue
        c.last_ts[s] = ts[i]
        if not math.isnan(value[i]):
            _heard(c, s, ts[i], max(value[i], 0.0))
        elif c.heard[s] == 1:
            unheard = float(ts[i] - c.heard_ts[s])
            silent = unheard + c.age[s]
            surprise[i], severity[i] = silent / c.period_ms[s], silent / c.after_ms[s]
            if c.active[s] == 0 and severity[i] >= 1.0 and unheard >= c.grace_ms[s] and c.frozen[s] == 0:
                c.active[s] = 1
                c.onset[s] = c.heard_ts[s] - int(c.age[s])
        active[i], onset[i], count[i] = c.active[s], c.onset[s], c.count[s]
