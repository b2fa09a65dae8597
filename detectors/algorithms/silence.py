"""A device that has fallen silent, by a clock that is not its own.

Fed with ``value`` = how old the newest thing it said was when it was heard (ms, ≥ 0), at the time `ts` on the
listener's clock; a reading of the clock alone is ``value`` NaN. Silence is the time since it was heard plus that
age, so that a device which delivers what it had kept and then stays away is silent since its newest reading. It
must also be unheard for `grace_ms` on the listener's clock: an old delivery alone is not silence.

A device has habits: one is off at night, another loses its radio for an afternoon and comes back. The longest silence
from which it came back by itself is remembered (half of it after `MEMORY_MS`), and a silence counts only when it is
longer than that by a margin. The symptom lasts (±2) once it is long even for a device that is off for a day.

severity = silence over the time from which it lasts; surprise = silence over the usual time between two deliveries
(exponential law).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.algorithms.detector import LASTING, Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.state import Field, SlotState

MARGIN = 1.25  # times the longest habit before a silence counts; 1 calls every second outage a fault
LONG = 2.0  # times the longest habit before it lasts; 1.2 tells a customer of a slightly longer outage, 5 tells nobody
MEMORY_MS = 30 * 86_400_000.0  # half-life of a habit; shorter forgets a monthly outage, longer never grows strict again
MOST_MS = 4 * 86_400_000.0  # however patient a device has made us, a silence so long lasts

FIELDS = (
    Field("frozen", "u1"),
    Field("active", "i1"),
    Field("onset", "i8"),
    Field("count", "i8"),
    Field("period_ms", "f8", fill=60_000.0),  # usual time between two deliveries
    Field("after_ms", "f8", fill=7_200_000.0),  # silence that counts
    Field("lasting_ms", "f8", fill=86_400_000.0),  # silence that lasts; below a day a nightly switch is told as a fault
    Field("grace_ms", "f8", fill=900_000.0),  # and so much of it while we listened
    Field("calm_ms", "f8", fill=900_000.0),  # heard again over this time, without another silence: recovered
    Field("last_ts", "i8"),
    Field("heard", "i1"),  # 1 once it has said anything
    Field("heard_ts", "i8"),
    Field("age", "f8"),
    Field("back_ts", "i8"),
    Field("longest", "f8"),  # ms: the longest silence that was a habit, as of `heard_ts`
)


@dataclass(frozen=True, slots=True)
class Silence:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "silence"
    version: str = "3"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@part
def _habit(c, unheard):  # type: ignore[no-untyped-def]
    """The longest silence that was a habit, as it is remembered `unheard` ms after the device was last heard."""
    return c.longest * 0.5 ** (unheard / MEMORY_MS)


@part
def _lasts_from(c, habit):  # type: ignore[no-untyped-def]
    return max(c.lasting_ms, min(LONG * habit, MOST_MS))


@part
def _heard(c, ts, age):  # type: ignore[no-untyped-def]
    """The device spoke: a silence that did not last is a habit; after one that counted see whether it keeps on."""
    unheard = float(ts - c.heard_ts) if c.heard == 1 else 0.0
    habit = _habit(c, unheard)
    lasted = abs(c.active) == LASTING
    if c.frozen == 0:
        c.longest = habit if lasted else max(habit, unheard)
    if c.active != 0:
        if c.back_ts == 0 or unheard >= c.after_ms:
            c.back_ts = ts
        elif ts - c.back_ts >= c.calm_ms:
            c.active = 0
    c.count += 1
    c.heard, c.heard_ts, c.age = 1, ts, age


@part
def _silent(c, unheard, silent, lasts_from, habit):  # type: ignore[no-untyped-def]
    """A look at the clock while the device says nothing."""
    if c.frozen != 0 or unheard < c.grace_ms:
        return
    if c.active == 0 and silent >= max(c.after_ms, min(MARGIN * habit, lasts_from)):
        c.active = 1
        c.onset, c.back_ts = c.heard_ts - int(c.age), 0
    if c.active == 1 and silent >= lasts_from:
        c.active = LASTING


@kernel
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    surprise, severity, _low, _high, _judged, active, onset, count = out
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
            silent, habit = unheard + c.age, _habit(c, unheard)
            lasts_from = _lasts_from(c, habit)
            surprise[i], severity[i] = silent / c.period_ms, silent / lasts_from
            _silent(c, unheard, silent, lasts_from, habit)
        active[i], onset[i], count[i] = c.active, c.onset, c.count
