"""Readings that jump away and come back: interference, a damaged cable, a loose plug.

A jump is a move by more than any that is usual, ``max(floor, factor · the largest ordinary move)``; it is a spike when
the signal is back near where it was within `LONGEST` readings, and a new level when it is not. What a device does in
good health, however wild, are its ordinary moves. The symptom shows with `need` spikes within about `within_ms` of
observed time, and ends after `calm_ms` without one: 1 when some of them go up, −1 when all of them go down, as those
of a sensor that is cut off do.

severity = spikes remembered over `need`; surprise = −n · ln(share of earlier readings that were spikes), n the spikes
remembered; `judged` is the latest reading, `low` and `high` are how far it may go at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.persistence import GAP_PERIODS
from detectors.algorithms.state import Field, SlotState

LONGEST = 6  # readings that a jump may last and still be a spike; 1 misses a plug that is off for a while
BACK = 0.5  # of the jump's limit, within which it is back; smaller misses what moved on meanwhile
FEW, MANY = (
    0.15,
    0.35,
)  # shares of spikes that go up, counted with one more of each (Laplace), so that five of a coin do
# not look like a sensor that is cut off, which always falls; in between it stays what it was
UNKNOWN = 12.0  # periods unheard, after which nothing is known of the level; 3 loses a plug that is off and on

FIELDS = (
    Field("frozen", "u1"),
    Field("active", "i1"),
    Field("onset", "i8"),
    Field("count", "i4"),
    Field("period_ms", "f4", fill=60_000.0),  # usual time between readings
    Field("floor", "f4"),  # smallest jump that counts, in the signal's unit
    Field("factor", "f4", fill=1.5),  # times the largest ordinary move; 1 calls each new record a spike, 3 sees few
    Field("need", "f4", fill=5.0),  # spikes that make the symptom; fewer calls two odd readings a damaged cable
    Field("within_ms", "f4", fill=43_200_000.0),  # observed time in which two thirds of a spike are forgotten
    Field("calm_ms", "f4", fill=86_400_000.0),  # observed time without a spike until the symptom ends
    Field("memory_ms", "f4", fill=1_209_600_000.0),  # likewise in which an ordinary move is forgotten
    Field("min_seen", "f4", fill=300.0),  # readings before anything is judged
    Field("last_ts", "i8"),
    Field("seen", "f8"),
    Field("held", "f8"),  # the last reading that was no jump
    Field("usual", "f8"),
    Field("out", "i1"),
    Field("lasted", "u1"),
    Field("spikes", "f8"),
    Field("rises", "f8"),
    Field("known", "f8"),
    Field("calm", "f8"),
)


@dataclass(frozen=True, slots=True)
class Spike:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "spike"
    version: str = "3"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@part
def _far(c):  # type: ignore[no-untyped-def]
    """The move from which a reading has jumped."""
    return max(c.floor, c.factor * c.usual, 1e-9 * abs(c.held), 1e-12)


@part
def _side(c):  # type: ignore[no-untyped-def]
    """Whether they go up too (1), or only down (-1)."""
    share = (c.rises + 1.0) / (c.spikes + 2.0)
    if c.active == 0:
        return -1 if share <= FEW else 1
    return 1 if share >= MANY else -1 if share <= FEW else c.active


@part
def _spike(c, ts):  # type: ignore[no-untyped-def]
    """It was one: remember it."""
    if c.spikes < 1.0 and c.active == 0:
        c.onset, c.count, c.rises = ts, 0, 0.0
    c.spikes += 1.0
    c.rises += c.out > 0
    c.calm = 0.0
    if c.active == 0 and c.frozen == 0:
        c.known += 1.0
    if c.spikes >= c.need or c.active != 0:
        c.active = _side(c)


@part
def _follow(c, x, ts):  # type: ignore[no-untyped-def]
    """Take over a reading: an ordinary move, a jump, the way back, or a new level."""
    move, far = x - c.held, _far(c)
    if c.out == 0 and (c.seen < c.min_seen or abs(move) < far):
        if c.frozen == 0:
            c.usual = max(c.usual, abs(move))
        c.held = x
    elif c.out == 0:
        c.out, c.lasted = (1 if move > 0.0 else -1), 1
    elif abs(move) <= BACK * far:
        _spike(c, ts)
        c.out, c.held = 0, x
    elif c.lasted >= LONGEST:
        if c.frozen == 0:
            c.usual = max(c.usual, BACK * abs(move))
        c.out, c.held = 0, x
    else:
        c.lasted += 1


@kernel
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    surprise, severity, low, high, _judged, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if not math.isfinite(value[i]):
            continue
        dt = 0.0 if c.seen == 0.0 else float(ts[i] - c.last_ts)
        if c.seen >= c.min_seen:
            low[i], high[i] = c.held - _far(c), c.held + _far(c)
            share = (c.known + 1.0) / (c.seen + 2.0)
            surprise[i], severity[i] = -c.spikes * math.log(share), c.spikes / c.need
        if c.seen > 0.0 and dt <= 0.0:
            continue
        c.last_ts = ts[i]
        c.count += 1
        observed = min(dt, GAP_PERIODS * c.period_ms)
        if c.seen == 0.0 or dt > UNKNOWN * c.period_ms:
            c.held, c.out = value[i], 0  # what happened in between is not known
        fade = math.exp(-observed / c.within_ms)
        c.spikes, c.rises = c.spikes * fade, c.rises * fade
        c.usual *= math.exp(-observed / c.memory_ms) if c.frozen == 0 and c.active == 0 else 1.0
        c.calm += observed
        _follow(c, value[i], ts[i])
        c.seen += 1.0
        if c.active != 0 and c.calm >= c.calm_ms:
            c.active = 0
        active[i], onset[i], count[i] = c.active, c.onset, c.count
