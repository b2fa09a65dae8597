"""Persistence: a symptom enters after k of the last n readings and a time, and leaves by a lower level.

Time counts only between two readings that both exceed, and a gap adds at most `GAP_PERIODS` periods: a night in the
garage neither proves nor clears anything.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from numba import njit

from detectors.algorithms.state import Field, SlotState

GAP_PERIODS = 3  # more lets a gap count as proof; fewer starves signals with jitter

FIELDS = (
    Field("enter", "f8", fill=5.0),  # severity that counts for the symptom; lower: false findings, higher: late
    Field("leave", "f8", fill=2.5),  # severity below which a reading counts for recovery
    Field("need", "i8", fill=6),  # k readings …
    Field("of", "i8", fill=8),  # … of the last n, at most 62
    Field("hold_ms", "f8", fill=900_000),  # and observed for this long; shorter: transients, longer: late
    Field("lasting_ms", "f8", fill=7_200_000),  # from then on the symptom counts as lasting
    Field("mask", "i8"),
    Field("calm_mask", "i8"),
    Field("lasted", "f8"),
    Field("was_hit", "u1"),
    Field("calm", "f8"),
    Field("direction", "i1"),
    Field("active", "i1"),
    Field("onset", "i8"),
    Field("count", "i8"),
)

Columns = namedtuple("Columns", [field.name for field in FIELDS])  # type: ignore[misc]  # noqa: PYI024 - what Numba takes


def columns(state: SlotState) -> Any:
    """The columns of `FIELDS` as `step` wants them."""
    return Columns(*(state[field.name] for field in FIELDS))


@njit(cache=True)
def popcount(bits: int) -> int:
    """How many of the bits are 1."""
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count


@njit(cache=True)
def step(c, s, severity, ts, dt):  # type: ignore[no-untyped-def]
    """Advance the symptom of slot `s` by one reading and return its new `active`.

    `severity` is positive above and negative below what was expected; `dt` is the observed time since the last
    reading in ms, bounded by the caller.
    """
    window = (1 << c.of[s]) - 1
    side = 1 if severity > 0 else -1
    exceeds = abs(severity) >= c.enter[s]
    if c.mask[s] == 0 and exceeds and c.active[s] == 0:
        c.direction[s], c.onset[s], c.lasted[s], c.count[s] = side, ts, 0.0, 0
    c.count[s] += 1
    hit = exceeds and side == c.direction[s]
    if hit and c.was_hit[s]:
        c.lasted[s] += dt
    c.was_hit[s] = hit
    if c.active[s] == 0:
        _enter(c, s, hit, window)
    else:
        _leave(c, s, abs(severity) < c.leave[s] or side != c.direction[s], dt, window)
    return c.active[s]


@njit(cache=True)
def _enter(c, s, hit, window):  # type: ignore[no-untyped-def]
    c.mask[s] = ((c.mask[s] << 1) | hit) & window
    if popcount(c.mask[s]) >= c.need[s] and c.lasted[s] >= c.hold_ms[s]:
        c.active[s] = c.direction[s]
        c.calm_mask[s], c.calm[s] = 0, 0.0


@njit(cache=True)
def _leave(c, s, quiet, dt, window):  # type: ignore[no-untyped-def]
    c.calm_mask[s] = ((c.calm_mask[s] << 1) | quiet) & window
    c.calm[s] = c.calm[s] + dt if quiet else 0.0
    if popcount(c.calm_mask[s]) >= c.need[s] and c.calm[s] >= c.hold_ms[s]:
        c.active[s], c.mask[s] = 0, 0
    elif c.lasted[s] >= c.lasting_ms[s]:
        c.active[s] = 2 * c.direction[s]
