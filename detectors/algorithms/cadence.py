"""A device that is heard with holes: its connection comes and goes, by a clock that is not its own.

Fed with ``value`` ≥ 0 = how old the newest thing it said was when it was heard, at the time `ts` on the listener's
clock; below 0 it is a look at the clock, and only then the symptom is judged. The usual time between two deliveries
is the device's own: the 90 % quantile of what was seen, by steps (Robbins and Monro 1951). A gap that is longer by
`HOLE` is a hole; what did not come in it is counted, but of one hole only so much: a long outage is no flapping.
Counts are of the last day (they decay with that time constant). What was kept and came late is no delivery on time.

severity = share of the deliveries that fell into holes, over `share`;
surprise = n ln n − (n − 1), n the holes of the last day: the tail of Poisson's law with one a day, to first order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.algorithms.detector import LASTING, Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.state import Field, SlotState

DAY_MS = 86_400_000.0  # the time constant of all counts; longer tells late, shorter forgets a calm night between holes
HOLE = 1.7  # times the usual gap: one delivery is missing; 1.2 counts jitter, 3 misses devices that speak seldom
CAPPED = 6.0  # deliveries that one hole counts for at the most; more makes one outage a flapping
QUANTILE = 0.9  # of the gaps; the median calls a device irregular that speaks when something changes
STEP = 0.05  # of the usual gap at each delivery; larger follows every gap
OF_HOLE = 0.1  # of a step at a hole; 1 learns the fault within hours, 0 never learns that a device speaks less
YOUNG = 20  # first gaps, the longest of which is usual; fewer call a device that sends in bundles unsteady
LEAVE = 0.3  # of what makes the symptom begin, it ends; higher lets it flap itself

FIELDS = (
    Field("frozen", "u1"),
    Field("active", "i1"),
    Field("onset", "i8"),
    Field("count", "i8"),
    Field("period_ms", "f8", fill=60_000.0),  # usual time between two deliveries, as long as nothing is known
    Field("share", "f8", fill=0.15),  # of the deliveries in holes that counts; 0.05 tells of an ordinary bad line
    Field("holes", "f8", fill=6.0),  # in the last day, at the least; fewer calls three outages a flapping
    Field("watched_ms", "f8", fill=43_200_000.0),  # of the last day, before anything is judged
    Field("lasting_ms", "f8", fill=43_200_000.0),  # from then on the symptom counts as lasting
    Field("last_ts", "i8"),
    Field("heard", "i1"),
    Field("heard_ts", "i8"),
    Field("usual", "f8"),
    Field("known", "u1"),  # gaps seen, at most `YOUNG`
    Field("seen", "f8"),  # ms of the last day that were watched
    Field("said", "f8"),  # deliveries of the last day
    Field("lost", "f8"),  # deliveries of the last day that fell into holes
    Field("gaps", "f8"),  # holes of the last day
)


@dataclass(frozen=True, slots=True)
class Cadence:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "cadence"
    version: str = "1"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@part
def _delivered(c, ts, kept):  # type: ignore[no-untyped-def]
    """Count the gap that ends with this delivery."""
    gap = float(ts - c.heard_ts)
    fresh = c.heard == 0
    c.heard, c.heard_ts = 1, ts
    if fresh:
        c.usual = c.period_ms
        return
    keep = math.exp(-gap / DAY_MS)
    c.seen, c.said, c.lost, c.gaps = c.seen * keep + gap, c.said * keep + 1.0, c.lost * keep, c.gaps * keep
    if c.known >= YOUNG and gap > HOLE * c.usual:
        c.lost += min(gap / c.usual - 1.0, CAPPED)
        c.gaps += 1.0
    c.count = int(c.gaps)
    if c.frozen == 0 and c.active == 0 and not kept and gap > 0.0:
        _learn(c, gap)


@part
def _learn(c, gap):  # type: ignore[no-untyped-def]
    if c.known < YOUNG:
        c.known += 1
        c.usual = max(c.usual, gap)
        return
    step = QUANTILE if gap > c.usual else QUANTILE - 1.0
    step *= OF_HOLE if gap > HOLE * c.usual else 1.0
    c.usual = max(c.usual * (1.0 + STEP * step), 1.0)


@part
def _share(c, ts):  # type: ignore[no-untyped-def]
    """Of the deliveries of the last day, those that fell into holes; what is missing since the last one is no hole."""
    if c.lost == 0.0:
        return 0.0
    gap = float(ts - c.heard_ts)
    keep = math.exp(-gap / DAY_MS)
    return keep * c.lost / (keep * (c.said + c.lost) + gap / c.usual)


@part
def _judge(c, ts, share):  # type: ignore[no-untyped-def]
    if c.seen < c.watched_ms:
        return
    if c.active == 0 and share >= c.share and c.gaps >= c.holes and c.frozen == 0:
        c.active, c.onset = 1, ts
    elif c.active != 0 and share < LEAVE * c.share:
        c.active = 0
    elif c.active == 1 and ts - c.onset >= c.lasting_ms:
        c.active = LASTING


@kernel
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    surprise, severity, _low, _high, _judged, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if not math.isfinite(value[i]) or ts[i] < c.last_ts:
            continue
        c.last_ts = ts[i]
        if value[i] >= 0.0:
            _delivered(c, ts[i], value[i] > 0.0)
        share = _share(c, ts[i])
        severity[i] = share / c.share
        surprise[i] = c.gaps * math.log(c.gaps) - c.gaps + 1.0 if c.gaps > 1.0 else 0.0
        if value[i] < 0.0:
            _judge(c, ts[i], share)
        active[i], onset[i], count[i] = c.active, c.onset, c.count
