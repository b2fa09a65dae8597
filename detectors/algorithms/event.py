"""Codes that come when something happened: a trouble code, an error number.

A reading of 0 or more is a code, one below 0 says that a moment passed without any. The symptom shows with the
`need`th different code within `within_ms`, at once, and ends after `calm_ms` of observed time in which none came back.
Where nobody reports quiet moments it ends with a code that stands alone again, or after `expires_ms` without any.

severity = `grave` for each different code within the window; surprise = −ln of the share of earlier readings that
were codes; `judged` is the latest code, for as long as the symptom shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.persistence import GAP_PERIODS
from detectors.algorithms.state import Field, SlotState

KEPT = 4  # different codes remembered; more than that at once say nothing new

FIELDS = (
    Field("frozen", "u1"),
    Field("active", "i1"),
    Field("onset", "i8"),
    Field("count", "i4"),
    Field("period_ms", "f4", fill=60_000.0),  # usual time between readings
    Field("grave", "f4", fill=1.0),  # severity of one code
    Field("need", "u1", fill=1),  # different codes that make the symptom, at most `KEPT`
    Field("within_ms", "f4", fill=86_400_000.0),  # and the window that they share; longer joins what is not related
    Field("calm_ms", "f4", fill=7_200_000.0),  # observed time without a code until it ends; shorter flaps
    Field("expires_ms", "f8"),  # if not 0: time without a code until it ends though nothing is heard; the engine looks
    Field("calm", "f4"),
    Field("last_ts", "i8"),
    Field("seen", "f8"),
    Field("events", "f8"),
    Field("latest", "f8"),
    Field("codes", "f8", (KEPT,)),
    Field("times", "i8", (KEPT,)),
    Field("kept", "i8"),
)


@dataclass(frozen=True, slots=True)
class Event:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "event"
    version: str = "2"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@part
def _keep(c, code, ts):  # type: ignore[no-untyped-def]
    """Remember a code with its time, in place of itself or of the oldest."""
    at = 0
    for k in range(c.kept):
        if c.codes[k] == code:
            c.times[k] = ts
            return
        if c.times[k] < c.times[at]:
            at = k
    if c.kept < KEPT:
        at = c.kept
        c.kept += 1
    c.codes[at], c.times[at] = code, ts


@part
def _different(c, ts):  # type: ignore[no-untyped-def]
    """How many different codes came within the window before `ts`, and when the first of them did."""
    number, first = 0, ts
    for k in range(c.kept):
        if ts - c.times[k] <= c.within_ms:
            number += 1
            first = min(first, c.times[k])
    return number, first


@part
def _happened(c, code, ts):  # type: ignore[no-untyped-def]
    _keep(c, code, ts)
    number, first = _different(c, ts)
    c.calm, c.latest = 0.0, code
    if number < c.need:
        c.active = 0
    elif c.active == 0:
        c.active, c.onset, c.count = 1, first, number
    else:
        c.count += 1


@part
def _passed(c, observed):  # type: ignore[no-untyped-def]
    c.calm += observed
    if c.active != 0 and c.calm >= c.calm_ms:
        c.active = 0


@kernel
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    surprise, severity, _low, high, judged, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if not math.isfinite(value[i]):
            continue
        happened, dt = value[i] >= 0.0, 0.0 if c.seen == 0.0 else float(ts[i] - c.last_ts)
        high[i], judged[i] = -1.0, value[i]
        if happened:
            surprise[i] = -math.log((c.events + 0.5) / (c.seen + 1.0))
            severity[i] = c.grave
        if c.seen > 0.0 and dt <= 0.0:
            continue
        c.last_ts = ts[i]
        if happened:
            _happened(c, value[i], ts[i])
        else:
            _passed(c, min(dt, GAP_PERIODS * c.period_ms))
        if c.active != 0:
            severity[i], judged[i] = c.grave * max(_different(c, ts[i])[0], 1), c.latest
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if c.seen == 0.0 or c.frozen == 0:
            c.seen += 1.0
            c.events += happened
