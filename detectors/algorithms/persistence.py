"""Persistence: a symptom enters after k of the last n readings and a time, and leaves by a lower level.

Time counts only between two readings that both exceed, and a gap adds at most `GAP_PERIODS` periods: a night in the
garage neither proves nor clears anything.
"""

from __future__ import annotations

from detectors.algorithms.kernel import part
from detectors.algorithms.state import Field

GAP_PERIODS = 3  # more lets a gap count as proof; fewer starves signals with jitter

FIELDS = (
    Field("enter", "f4", fill=5.0),  # severity that counts for the symptom; lower: false findings, higher: late
    Field("leave", "f4", fill=2.5),  # severity below which a reading counts for recovery
    Field("need", "u1", fill=6),  # k readings …
    Field("of", "u1", fill=8),  # … of the last n, at most 62
    Field("hold_ms", "f4", fill=900_000),  # and observed for this long; shorter: transients, longer: late
    Field("lasting_ms", "f4", fill=7_200_000),  # from then on the symptom counts as lasting
    Field("mask", "i8"),
    Field("calm_mask", "i8"),
    Field("lasted", "f4"),
    Field("was_hit", "u1"),
    Field("calm", "f4"),
    Field("direction", "i1"),
    Field("active", "i1"),
    Field("onset", "i8"),
    Field("count", "i4"),
)


@part
def popcount(bits: int) -> int:
    """How many of the bits are 1."""
    count = 0
    while bits:
        bits &= bits - 1
        count += 1
    return count


@part
def step(c, severity, ts, dt):  # type: ignore[no-untyped-def]
    """Advance the symptom of the slot `c` (a record) by one reading and return its new `active`.

    `severity` is positive above and negative below what was expected; `dt` is the observed time since the last
    reading in ms, bounded by the caller.
    """
    window = (1 << c.of) - 1
    side = 1 if severity > 0 else -1
    exceeds = abs(severity) >= c.enter
    if c.mask == 0 and exceeds and c.active == 0:
        c.direction, c.onset, c.lasted, c.count = side, ts, 0.0, 0
    c.count += 1
    hit = exceeds and side == c.direction
    if hit and c.was_hit:
        c.lasted += dt
    c.was_hit = hit
    if c.active == 0:
        _enter(c, hit, window)
    else:
        _leave(c, abs(severity) < c.leave or side != c.direction, dt, window)
    return c.active


@part
def _enter(c, hit, window):  # type: ignore[no-untyped-def]
    c.mask = ((c.mask << 1) | hit) & window
    if popcount(c.mask) >= c.need and c.lasted >= c.hold_ms:
        c.active = c.direction
        c.calm_mask, c.calm = 0, 0.0


@part
def _leave(c, quiet, dt, window):  # type: ignore[no-untyped-def]
    c.calm_mask = ((c.calm_mask << 1) | quiet) & window
    c.calm = c.calm + dt if quiet else 0.0
    if popcount(c.calm_mask) >= c.need and c.calm >= c.hold_ms:
        c.active, c.mask = 0, 0
    elif c.lasted >= c.lasting_ms:
        c.active = 2 * c.direction
