"""A cumulative sum of blocks against the series' own habits: what `shift` and `variance` have in common.

Readings are put together in blocks of `span_ms` of observed time. Each block's statistic is held against the mean
that the same hour of the device's own day had in earlier blocks; the residual r is divided by the long-run deviation
σ·sqrt((1 + ρ)/(1 − ρ)), ρ the correlation of neighbouring residuals, so that slow weather is no shift. Then

    S⁺ = max(0, S⁺ + min(r, CLIP) − slack),  S⁻ likewise downwards         (Page, Biometrika 41, 1954)

starting at half of `enter` once the habits are known (fast initial response: Lucas and Crosier, Technometrics 24,
1982). severity = the larger sum; surprise = 2 · slack · severity, −ln of how often a healthy series gets there. The
onset is when the sum left zero. Nothing joins the habits while a symptom shows or the sum is beyond `leave`.
"""

from __future__ import annotations

import math
from dataclasses import replace

from detectors.algorithms import persistence
from detectors.algorithms.kernel import part
from detectors.algorithms.state import Field

HOURS = 24
CLIP = 4.0  # of one block; higher lets a single odd block raise a symptom, lower hides how large a shift is
PRIOR = 10.0  # blocks that `floor_sd` counts for
MOST_CORRELATED = 0.9  # higher makes a random walk normal and nothing a shift
RANGE_SD = 3.0
HEADROOM = 1.5  # times `enter` at which a sum stops; more: a mended device stays in trouble for days
HUGE = 1e30
HOUR_MS = 3_600_000
DEFAULTS = {"enter": 12.0, "leave": 4.0, "need": 2, "of": 3, "hold_ms": 0.0, "lasting_ms": 86_400_000.0}

FIELDS = (
    Field("frozen", "u1"),
    Field("period_ms", "f4", fill=60_000.0),  # usual time between readings
    Field("span_ms", "f4", fill=3_600_000.0),  # observed time of a block; shorter is restless, longer is late
    Field("learn", "f4", fill=120.0),  # blocks before anything is judged; under three days knows no hour of the day
    Field("memory", "f4", fill=720.0),  # blocks after which the habits have followed; 100 learns a fault
    Field("floor_sd", "f4"),  # deviation of a block that is believed at the least, in the statistic's unit
    Field("slack", "f4", fill=0.5),  # half of the shift looked for, in deviations; 0.25 finds smaller ones, later
    Field("side", "f4"),  # 1: only upwards, -1: only downwards, 0: both
    Field("cycle", "f4", fill=1.0),  # 0: the hour of the day means nothing (counts of drives, laboratory machines)
    Field("last_ts", "i8"),
    Field("seen", "f8"),
    Field("mean", "f8"),  # of the block that is under way, with its squares about it
    Field("squares", "f8"),
    Field("number", "f8"),
    Field("block_ms", "f8"),
    Field("blocks", "f4"),
    Field("usual", "f8"),
    Field("hours", "f8", (HOURS,)),
    Field("hours_n", "f4", (HOURS,)),
    Field("power", "f8"),  # weighted sum of squared residuals, of products of neighbours, and of their weights
    Field("product", "f8"),
    Field("weight", "f8"),
    Field("before", "f8"),
    Field("sums", "f8", (2,)),  # upwards, downwards
    Field("rose_ts", "i8", (2,)),
    Field("rose", "f8", (2,)),  # sum and number of the residuals since the sum left zero
    Field("rose_n", "f8", (2,)),
    *(replace(field, fill=DEFAULTS.get(field.name, field.fill)) for field in persistence.FIELDS),
)


@part
def _expected(c, local):  # type: ignore[no-untyped-def]
    """The statistic that is usual at this hour, and how many blocks say so; `local` is the device's own time."""
    if c.cycle == 0.0:
        return c.usual, c.blocks
    hour = local // HOUR_MS % HOURS
    known = c.hours_n[hour]
    return c.usual + (c.hours[hour] - c.usual) * known / (known + 0.5), known


@part
def _spread(c):  # type: ignore[no-untyped-def]
    """Deviation of a block's residual, and the long-run one that a sum of them goes by."""
    floor = max(c.floor_sd, 1e-9 * abs(c.usual), 1e-12)
    sd = max(floor, math.sqrt((PRIOR * floor * floor + c.power) / (PRIOR + c.weight)))
    shared = min(max(c.product / c.power, 0.0), MOST_CORRELATED) if c.power > 0.0 else 0.0
    return sd, sd * math.sqrt((1.0 + shared) / (1.0 - shared))


@part
def _sum(c, residual, known, ts):  # type: ignore[no-untyped-def]
    """Add a block to both sums; what is usual at its hour rests on `known` blocks, and is off by as much."""
    deviation = _spread(c)[1] * math.sqrt((known + 1.5) / (known + 0.5))
    scaled = min(max(residual / deviation, -CLIP), CLIP)
    for way in range(2):
        sign = 1.0 if way == 0 else -1.0
        if c.side * sign < 0.0:
            continue
        total = min(c.sums[way] + sign * scaled - c.slack, HEADROOM * c.enter)
        if total <= 0.0:
            c.sums[way], c.rose[way], c.rose_n[way], c.rose_ts[way] = 0.0, 0.0, 0.0, 0
            continue
        if c.rose_n[way] == 0.0:
            c.rose_ts[way] = ts
        c.sums[way] = total
        c.rose[way] += residual
        c.rose_n[way] += 1.0


@part
def _learn(c, statistic, residual, known, local):  # type: ignore[no-untyped-def]
    c.blocks += 1.0
    c.usual += (statistic - c.usual) / min(c.blocks, max(c.memory, 1.0))
    if c.cycle != 0.0:
        hour = local // HOUR_MS % HOURS
        c.hours_n[hour] = min(c.hours_n[hour] + 1.0, max(c.memory / HOURS, 1.0))
        c.hours[hour] += (statistic - c.hours[hour]) / c.hours_n[hour]
    if known >= 1.0:
        keep = 1.0 - 1.0 / max(c.memory, 2.0)
        share = known / (known + 1.0)  # a mean of few is itself off by as much
        c.power = keep * c.power + share * residual * residual
        c.product = keep * c.product + share * residual * c.before
        c.weight = keep * c.weight + 1.0


@part
def close(c, statistic, local):  # type: ignore[no-untyped-def]
    """A block is over at that local time: judge its statistic against the habits, then let it join them."""
    usual, known = _expected(c, local)
    residual = statistic - usual if c.blocks > 0.0 else 0.0
    if c.blocks >= c.learn:
        _sum(c, residual, known, c.last_ts)
    far = max(c.sums[0], c.sums[1]) >= max(c.leave, 0.5 * c.enter + 1.0)
    if c.frozen == 0 and c.active == 0 and not far:
        _learn(c, statistic, residual, known, local)
        if c.learn <= c.blocks < c.learn + 1.0:
            for way in range(2):
                c.sums[way] = 0.5 * c.enter if c.side * (0.5 - way) >= 0.0 else 0.0
    c.before = residual
    c.mean, c.squares, c.number, c.block_ms = 0.0, 0.0, 0.0, 0.0


@part
def judged(c, local):  # type: ignore[no-untyped-def]
    """The signed sum, the statistic since that sum left zero, and the range expected of a block."""
    usual, _ = _expected(c, local)
    way = 0 if c.sums[0] >= c.sums[1] else 1
    level = usual + (c.rose[way] / c.rose_n[way] if c.rose_n[way] > 0.0 else 0.0)
    if c.blocks < c.learn:
        return 0.0, level, -math.inf, math.inf
    sd, _ = _spread(c)
    low = usual - RANGE_SD * sd if c.side <= 0.0 else -math.inf
    high = usual + RANGE_SD * sd if c.side >= 0.0 else math.inf
    return c.sums[way] if way == 0 else -c.sums[way], level, low, high


@part
def take(c, x, ts):  # type: ignore[no-untyped-def]
    """Put a reading into the block under way; the time that was observed, and whether the block is full now."""
    observed = 0.0 if c.seen == 0.0 else min(float(ts - c.last_ts), persistence.GAP_PERIODS * c.period_ms)
    c.number += 1.0
    off = x - c.mean
    c.mean += off / c.number
    c.squares += off * (x - c.mean)
    c.block_ms += observed
    c.last_ts = ts
    c.seen += 1.0
    return observed, c.block_ms >= c.span_ms


@part
def show(c, signed, ts, observed):  # type: ignore[no-untyped-def]
    """Advance the symptom; it began when the sum left zero."""
    before = c.active
    persistence.step(c, signed, ts, observed)
    way = 0 if signed > 0.0 else 1
    if before == 0 and c.active != 0 and c.rose_ts[way] > 0:
        c.onset = c.rose_ts[way]
