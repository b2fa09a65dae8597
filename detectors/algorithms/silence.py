"""A device that has fallen silent, by a clock that is not its own.

Fed with ``value`` = how old the newest thing it said was when it was heard (ms, ≥ 0), at the time `ts` on the
listener's clock; a reading of the clock alone is ``value`` NaN. Silence is the time since it was heard plus that
age, so that a device which delivers what it had kept and then stays away is silent since its newest reading. It
must also be unheard for `grace_ms` on the listener's clock: an old delivery alone is not silence.

severity = silence over `after_ms`; surprise = silence over the usual time between two deliveries (exponential law).
"""

from __future__ import annotations

import math
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


@dataclass(frozen=True, slots=True)
class Silence:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "silence"
    version: str = "1"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@njit(cache=True)
def _heard(c, ts, age):  # type: ignore[no-untyped-def]
    """The device spoke: while silent, see whether it keeps on speaking."""
    if c.active != 0:
        if ts - c.heard_ts > c.calm_ms:
            c.back_ts = ts
        elif ts - c.back_ts >= c.calm_ms:
            c.active = 0
    c.count += 1
    c.heard, c.heard_ts, c.age = 1, ts, age


@njit(cache=True, nogil=True)
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    surprise, severity, _low, _high, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if ts[i] < c.last_ts or math.isinf(value[i]):
            continue
        c.last_ts = ts[i]
        if not math.isnan(value[i]):
            _heard(c, ts[i], max(value[i], 0.0))
        elif c.heard == 1:
            unheard = float(ts[i] - c.heard_ts)
            silent = unheard + c.age
            surprise[i], severity[i] = silent / c.period_ms, silent / c.after_ms
            if c.active == 0 and severity[i] >= 1.0 and unheard >= c.grace_ms and c.frozen == 0:
                c.active = 1
                c.onset = c.heard_ts - int(c.age)
        active[i], onset[i], count[i] = c.active, c.onset, c.count
