"""A slow departure from the series' own reference: the detector for wear, leaks and whatever creeps.

The mean over the last span of observed time (a day, an hour of driving; it slides in `PARTS` steps) is held against a
reference. The first `learn` spans make the reference, with a spread between spans that is shrunk to `floor_sd` while
few are known (an inverse-gamma prior worth `PRIOR` spans). After that the reference goes on at the pace of `memory`
spans, and only by spans that are near it: a fault of days is not learned, a season is.

severity = |level − reference| / spread; surprise = −ln of the tail of Student's t for that severity, with as many
degrees of freedom as the spread rests on, to within a constant: (ν + 1)/2 · ln(1 + severity²/ν).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.algorithms import persistence
from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.state import Field, SlotState

PARTS = 8  # steps in which a span slides; 1 shows a departure a span later, 24 costs three times the state
PRIOR = 6.0  # spans that `floor_sd` counts for; 2 trusts a lucky quiet week, 20 never learns a restless device
RANGE_SD = 3.0  # spreads on each side of the reference that are called expected
MOST_SEVERE = 1e6
HUGE = 1e30  # magnitudes are cut here, so that squares stay finite

FIELDS = (
    Field("frozen", "u1"),
    Field("period_ms", "f4", fill=60_000.0),  # usual time between readings
    Field("span_ms", "f4", fill=86_400_000.0),  # observed time of one observation; shorter is restless, longer late
    Field("learn", "f4", fill=5.0),  # spans before anything is judged
    Field("memory", "f4", fill=30.0),  # spans after which the reference has followed; 5 learns a fault
    Field("floor_sd", "f4"),  # spread between spans that a healthy device has at the least, in the signal's unit
    Field("floor_share", "f4"),  # likewise, as a share of the reference
    Field("side", "f4"),  # 1: only above is a departure, -1: only below, 0: both
    Field("last_ts", "i8"),
    Field("seen", "f8"),
    Field("reference", "f8"),
    Field("squares", "f8"),
    Field("spans", "f4"),
    Field("sums", "f8", (PARTS,)),
    Field("numbers", "f8", (PARTS,)),
    Field("part", "u1"),
    Field("part_ms", "f8"),
)


@dataclass(frozen=True, slots=True)
class Departure:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "departure"
    version: str = "1"
    fields: tuple[Field, ...] = FIELDS + persistence.FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@part
def _spread(c):  # type: ignore[no-untyped-def]
    """The spread between spans, and the degrees of freedom that it rests on."""
    floor = max(c.floor_sd, c.floor_share * abs(c.reference), 1e-9 * abs(c.reference), 1e-12)
    known = max(min(c.spans, c.memory) - 1.0, 0.0)
    return max(floor, math.sqrt((PRIOR * floor * floor + c.squares) / (PRIOR + known))), PRIOR + known


@part
def _level(c, x, weight):  # type: ignore[no-untyped-def]
    """The mean over the last span, with `x` in it if `weight` is 1."""
    total, number = x * weight, weight
    for piece in range(PARTS):
        total += c.sums[piece]
        number += c.numbers[piece]
    return total / number


@part
def _turn(c, far):  # type: ignore[no-untyped-def]
    """A part of the span is over; with the last one a span: it joins the reference unless it is `far` from it."""
    c.part_ms = 0.0
    if c.part == PARTS - 1 and not far:
        _join(c, _level(c, 0.0, 0.0))
    c.part = (c.part + 1) % PARTS
    c.sums[c.part], c.numbers[c.part] = 0.0, 0.0


@part
def _join(c, mean):  # type: ignore[no-untyped-def]
    c.spans += 1.0
    pace = c.spans if c.spans <= c.learn else max(c.memory, c.learn)
    off = mean - c.reference
    c.reference += off / pace
    if c.spans > c.memory:
        c.squares *= 1.0 - 1.0 / c.memory
    c.squares += off * (mean - c.reference)


@kernel
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    surprise, severity, low, high, judged, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if not math.isfinite(value[i]):
            continue
        x = min(max(value[i], -HUGE), HUGE)
        dt = 0.0 if c.seen == 0.0 else float(ts[i] - c.last_ts)
        judged[i], signed = _level(c, x, 1.0), 0.0
        if c.spans >= c.learn:
            spread, freedom = _spread(c)
            signed = min(max((judged[i] - c.reference) / spread, -MOST_SEVERE), MOST_SEVERE)
            signed = 0.0 if signed * c.side < 0.0 else signed
            low[i] = c.reference - RANGE_SD * spread if c.side <= 0.0 else -math.inf
            high[i] = c.reference + RANGE_SD * spread if c.side >= 0.0 else math.inf
            surprise[i] = 0.5 * (freedom + 1.0) * math.log1p(signed * signed / freedom)
            severity[i] = abs(signed)
        if c.seen > 0.0 and dt <= 0.0:
            continue
        observed = min(dt, persistence.GAP_PERIODS * c.period_ms)
        c.sums[c.part] += x
        c.numbers[c.part] += 1.0
        c.part_ms += observed
        c.last_ts = ts[i]
        c.seen += 1.0
        if c.spans >= c.learn:
            active[i] = persistence.step(c, signed, ts[i], observed)
            onset[i], count[i] = c.onset, c.count
        if c.part_ms >= c.span_ms / PARTS:
            _turn(c, c.frozen != 0 or c.active != 0 or severity[i] >= c.leave)
