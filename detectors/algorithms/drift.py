"""A trend towards a limit, and how long it still takes: remaining life as the first passage of a Wiener process.

Means over blocks of `span_ms` of observed time are what a level says that moves by a slope:

    level' = level + slope · Δt + diffusion,  slope' = slope + turning,  block = level + noise

`MODELS` gives diffusion and turning as shares of the noise: nothing known in advance says which holds for a series,
so a Kalman filter runs for each, the noise is learned with it (inverse gamma), and each counts by how well it
foretold the blocks so far (with `FORGET`, so that wear that begins late is believed). For each the time T to the limit
at distance d, for a slope of mean m and variance v, has (Si et al., European J. of Operational Research 226, 2013;
after Gebraeel et al., IIE Transactions 37, 2005)

    P(T ≤ t) = Φ((mt − d)/s) + exp(2md/σ² + 2vd²/σ⁴) · Φ(−(2vdt + σ²(mt + d))/(σ²s)),  s² = σ²t + vt²

**Rest.** A cell that was left alone, a tyre that was topped up jump back from the limit. Such a block (`JUMP`
deviations) is no noise of the trend: a part of it (`LASTS`) is thought to last, what is left to fade, until the blocks
after it say how much (an intervention on two components of a structural model: Harvey, 1989). What has lasted so far is
expected to go on: it slows the wear by its mean and blurs it by its square, as a compound Poisson process does. A jump
of half the way from the first level to the limit is a repair, after which that count begins anew.

severity = the standard deviations by which the level is expected to lie beyond the limit `ahead_ms` from now, 0 if it
is more likely not to: it asks for a trend, where a restless signal near its limit would do for P alone. surprise is
−ln(1 − P(T ≤ ahead)). `Scores.ahead` has the days to 10 % and to 90 % of P (inf: not within `FURTHEST` days), and P
for seven days. While `frozen`, noise and weights of the models stand still; the level and its slope are what is
measured, and go on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from detectors.algorithms import persistence
from detectors.algorithms.detector import Floats, Ints, Scores
from detectors.algorithms.state import Field, SlotState
from detectors.algorithms.tails import deviations, log_tail

MODELS = np.array([[q, turning] for q in (0.0, 0.03, 0.3, 3.0) for turning in (0.0, 1e-4, 3e-3)])
TURNS = 8.0  # blocks for which a slope is thought to go on turning; without an end, wear would heal as often as not
QUICKENS = 0.3  # share of its slope by which wear may quicken on the way; 0 is late by a sixth where it grows as t²
COUNT = len(MODELS)
JUMP = 3.5  # deviations back from the limit that no noise explains; 2.5 cuts noise in half, 5 takes rests for noise
FADES = math.exp(-1.0 / 4.0)  # of a recovery a span; 12 spans for 4 tell a fading recovery from a lasting one too late
LASTS = 0.6  # share of a jump that is thought to last; 0.4 foretells too soon, 0.8 widens the interval by half
UNSURE = 0.29  # deviation of that share: anything from nothing to all of it
SETTLED = 8.0  # blocks until jumps are looked for; earlier, the noise is hardly known
REPAIR = 0.5  # of the way to the limit
FARTHEST = 1e8  # noises squared of a jump; more leaves no digits for what comes after it
FORGET = 0.98  # of a model's weight a block; 1 believes for weeks that a healthy level stands still
PRIOR = 4.0  # blocks that `floor_sd` counts for
SLOPE_SD = 0.5  # deviations a block: the slope that is thought possible before anything is seen
FURTHEST = 365.0  # days; a limit further off is not told
WEEK = 7.0
LOW, HIGH = 0.1, 0.9
LEAST = 0.01  # of the best model's weight: what counts less is left out
MOST_SEVERE = 8.0
HUGE = 1e30
DAY_MS = 86_400_000.0
STEPS = 13  # bisections of ln t: to a part in five hundred
DEFAULTS = {"enter": 1.28, "leave": 0.25, "need": 2, "of": 3, "hold_ms": 0.0, "lasting_ms": 86_400_000.0}

FIELDS = (
    Field("frozen", "u1"),
    Field("period_ms", "f4", fill=60_000.0),  # usual time between readings
    Field("span_ms", "f4", fill=21_600_000.0),  # observed time of a block; a day where the day has a cycle
    Field("learn", "f4", fill=12.0),  # blocks before anything is said
    Field("limit", "f8", fill=math.inf),  # the value at which the owner would call it broken or spent
    Field("side", "f4", fill=1.0),  # 1: the limit is above, -1: below
    Field("share", "f4"),  # if not 0, the limit is that share of the series' own first level (0.7: 30 % lost)
    Field("doubt", "f4"),  # deviation of a limit that is not known exactly, as a share of the way to it
    Field("floor_sd", "f4"),  # noise of a block that is believed at the least, in the signal's unit
    Field("ahead_ms", "f4", fill=604_800_000.0),  # how far ahead a symptom looks; longer is earlier and less sure
    Field("last_ts", "i8"),
    Field("seen", "f8"),
    Field("sum", "f8"),
    Field("number", "f8"),
    Field("first_ms", "i8"),
    Field("block_ms", "f8"),
    Field("middle", "f8"),  # of the last block, ms
    Field("blocks", "f4"),
    Field("level", "f8", (COUNT,)),
    Field("slope", "f8", (COUNT,)),  # a span
    Field("rest", "f8", (COUNT,)),  # recovery that fades
    Field("cover", "f8", (COUNT, 6)),  # of level, both, slope, level and rest, slope and rest, rest: in noises
    Field("squares", "f8", (COUNT,)),
    Field("known", "f8"),
    Field("first", "f8"),  # level at the beginning
    Field("healed", "f8"),  # by jumps, as far as it is thought to last
    Field("healed_squares", "f8"),
    Field("weight", "f8", (COUNT,)),  # logarithm
    Field("said", "f8"),  # level, by the filter that foretells best
    Field("severity", "f4"),
    Field("surprise", "f4"),
    Field("days", "f8", (2,)),  # from the last block's middle to 10 % and to 90 %
    Field("chance", "f4"),
    *(replace(field, fill=DEFAULTS.get(field.name, field.fill)) for field in persistence.FIELDS),
)


@dataclass(frozen=True, slots=True)
class Drift:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "drift"
    version: str = "3"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        out = replace(Scores.blank(len(slot)), ahead=np.tile(np.array([np.inf, np.inf, 0.0]), (len(slot), 1)))
        results = (out.surprise, out.severity, out.low, out.high, out.judged, out.active, out.onset, out.count)
        _update(slot, ts, value, state.rows, (results, out.ahead))
        return out


@njit(cache=True)
def _noise(c, model):  # type: ignore[no-untyped-def]
    """Variance of a block about its level."""
    floor = max(c.floor_sd, 1e-7 * abs(c.level[model]), 1e-12)
    return max((PRIOR * floor * floor + c.squares[model]) / (PRIOR + c.known), floor * floor)


@njit(cache=True)
def _start(c, mean):  # type: ignore[no-untyped-def]
    for model in range(COUNT):
        c.level[model], c.slope[model] = mean, 0.0
        c.cover[model, 0], c.cover[model, 2] = 1.0, SLOPE_SD * SLOPE_SD


@njit(cache=True)
def _go_on(c, model, gap):  # type: ignore[no-untyped-def]
    """Move a filter to where it expects the series `gap` spans later."""
    diffusion, turning, kept, p = MODELS[model, 0], MODELS[model, 1], FADES**gap, c.cover[model]
    c.level[model] += c.slope[model] * gap
    c.rest[model] *= kept
    p[0] += 2.0 * gap * p[1] + gap * gap * p[2] + diffusion * gap + turning * gap**3 / 3.0
    p[1] += gap * p[2] + turning * gap * gap / 2.0
    p[2] += turning * gap
    p[3] = kept * (p[3] + gap * p[4])
    p[4] *= kept
    p[5] *= kept * kept


@njit(cache=True)
def _off(c, model, mean):  # type: ignore[no-untyped-def]
    """How far a block is from what a filter expects, and that expectation's variance in units of the noise."""
    p = c.cover[model]
    return mean - c.level[model] - c.rest[model], max(p[0] + 2.0 * p[3] + p[5], 0.0) + 1.0


@njit(cache=True)
def _jumped(c, mean, learn):  # type: ignore[no-untyped-def]
    """Whether the block lies so far back from the limit that the device was rested or mended; keeps count of it."""
    best = c.weight.argmax()
    off, spread = _off(c, best, mean)
    back = -c.side * off
    if c.known < SETTLED or back <= JUMP * math.sqrt(spread * _noise(c, best)):
        return False
    if back >= REPAIR * abs(c.limit - c.first):
        c.healed, c.healed_squares = 0.0, 0.0
    elif learn:
        c.healed += LASTS * back
        c.healed_squares += (LASTS * back) ** 2
    return True


@njit(cache=True)
def _step(c, model, mean, learn, jumped):  # type: ignore[no-untyped-def]
    """Let a filter take in the block that it foretold; of a jump it learns no noise."""
    p = c.cover[model]
    off, spread = _off(c, model, mean)
    noise = _noise(c, model)
    if jumped:
        unsure = UNSURE * UNSURE * min(off * off / noise, FARTHEST)
        c.level[model] += LASTS * off
        c.rest[model] += (1.0 - LASTS) * off
        p[0] += unsure
        p[3] -= unsure
        p[5] += unsure + 1.0
        return
    if learn:
        freedom, scaled = PRIOR + c.known, off * off / (spread * noise)
        c.weight[model] = FORGET * c.weight[model] - 0.5 * (
            math.log(spread * noise) + (freedom + 1.0) * math.log1p(scaled / freedom)
        )
        c.squares[model] += off * off / spread
    level, slope, rest = p[0] + p[3], p[1] + p[4], p[3] + p[5]
    c.level[model] += level / spread * off
    c.slope[model] += slope / spread * off
    c.rest[model] += rest / spread * off
    p[0] = max(p[0] - level * level / spread, 0.0)
    p[1] -= level * slope / spread
    p[2] = max(p[2] - slope * slope / spread, 0.0)
    p[3] -= level * rest / spread
    p[4] -= slope * rest / spread
    p[5] = max(p[5] - rest * rest / spread, 0.0)


@njit(cache=True)
def _passage(c, model, spans):  # type: ignore[no-untyped-def]
    """(P(level beyond the limit after `spans`), P(it was there by then)) under one model."""
    noise = _noise(c, model)
    m, d = c.side * c.slope[model] - c.healed / c.blocks, c.side * (c.limit - c.level[model])
    diffusion, doubt = noise * MODELS[model, 0] + c.healed_squares / c.blocks, c.doubt * abs(c.limit - c.first)
    p0, v = noise * c.cover[model, 0], noise * (c.cover[model, 2] + MODELS[model, 1] * min(spans, TURNS) / 3.0)
    if m * spans < d:
        v += (QUICKENS * m) ** 2
    both = 2.0 * noise * c.cover[model, 1] * spans
    s = math.sqrt(max(diffusion * spans + v * spans * spans + p0 + both + doubt * doubt, 1e-300))
    there = math.exp(log_tail((d - m * spans) / s))
    if d <= 0.0 and doubt == 0.0:
        return there, 1.0
    if d <= 0.0 or diffusion * spans < 1e-3 * s * s:
        return there, there
    power = 2.0 * m * d / diffusion + 2.0 * v * d * d / diffusion**2
    s = math.sqrt(diffusion * spans + v * spans * spans)
    back = power + log_tail((2.0 * v * d * spans + diffusion * (m * spans + d)) / (diffusion * s))
    return there, min(there + math.exp(min(back, 0.0)), 1.0)


@njit(cache=True)
def _mixed(c, shares, spans):  # type: ignore[no-untyped-def]
    there, passed = 0.0, 0.0
    for model in range(COUNT):
        if shares[model] > 0.0:
            now, by = _passage(c, model, spans)
            there += shares[model] * now
            passed += shares[model] * by
    return min(there, 1.0), min(passed, 1.0)


@njit(cache=True)
def _days_to(c, shares, chance):  # type: ignore[no-untyped-def]
    """Days until the limit is reached with this chance; inf if that is further off than is told."""
    day = DAY_MS / c.span_ms
    below, above = math.log(1e-3), math.log(FURTHEST)
    if _mixed(c, shares, FURTHEST * day)[1] < chance:
        return math.inf
    for _ in range(STEPS):
        middle = 0.5 * (below + above)
        if _mixed(c, shares, math.exp(middle) * day)[1] < chance:
            below = middle
        else:
            above = middle
    return math.exp(above)


@njit(cache=True)
def _shares(c, shares):  # type: ignore[no-untyped-def]
    best, total = c.weight.max(), 0.0
    for model in range(COUNT):
        share = math.exp(c.weight[model] - best)
        shares[model] = share if share > LEAST else 0.0
        total += shares[model]
    for model in range(COUNT):
        shares[model] /= total


@njit(cache=True)
def _look_ahead(c):  # type: ignore[no-untyped-def]
    """What the filters say now about the time to the limit."""
    shares = np.empty(COUNT)
    _shares(c, shares)
    there, passed = _mixed(c, shares, c.ahead_ms / c.span_ms)
    c.severity = min(deviations(math.log(max(1.0 - there, 1e-300))), MOST_SEVERE)
    c.surprise = -math.log(max(1.0 - passed, 1e-15))
    c.days[0], c.days[1], c.chance = math.inf, math.inf, 0.0
    if c.severity >= c.leave:
        c.days[0], c.days[1] = _days_to(c, shares, LOW), _days_to(c, shares, HIGH)
        c.chance = _mixed(c, shares, WEEK * DAY_MS / c.span_ms)[1]


@njit(cache=True)
def _follow(c, mean, gap):  # type: ignore[no-untyped-def]
    """Take a block through every filter, `gap` spans after the one before."""
    learn = c.frozen == 0
    for model in range(COUNT):
        _go_on(c, model, gap)
    jumped = _jumped(c, mean, learn)
    for model in range(COUNT):
        _step(c, model, mean, learn, jumped)
    c.known += learn and not jumped


@njit(cache=True)
def _close(c, ts):  # type: ignore[no-untyped-def]
    """A block is over."""
    mean, middle = c.sum / c.number, 0.5 * (float(c.first_ms) + float(ts))
    if c.blocks == 0.0:
        _start(c, mean)
    else:
        _follow(c, mean, max((middle - c.middle) / c.span_ms, 1e-6))
    c.middle, c.said = middle, c.level[c.weight.argmax()]
    c.blocks += 1.0
    if c.blocks <= c.learn:
        c.first += (mean - c.first) / c.blocks
        if c.share != 0.0:
            c.limit = c.share * c.first
    c.sum, c.number, c.block_ms = 0.0, 0.0, 0.0
    if c.blocks >= c.learn and math.isfinite(c.limit):
        _look_ahead(c)


@njit(cache=True, nogil=True)
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    (surprise, severity, low, high, judged, active, onset, count), ahead = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if c.side > 0.0:
            high[i] = c.limit
        else:
            low[i] = c.limit
        if not math.isfinite(value[i]):
            continue
        x = min(max(value[i], -HUGE), HUGE)
        dt = 0.0 if c.seen == 0.0 else float(ts[i] - c.last_ts)
        judged[i] = x if c.blocks == 0.0 else c.said
        surprise[i], severity[i] = c.surprise, c.severity
        if c.blocks > 0.0:
            gone = (float(ts[i]) - c.middle) / DAY_MS
            ahead[i, 0], ahead[i, 1] = max(c.days[0] - gone, 0.0), max(c.days[1] - gone, 0.0)
            ahead[i, 2] = c.chance
        if c.seen > 0.0 and dt <= 0.0:
            continue
        observed = min(dt, persistence.GAP_PERIODS * c.period_ms)
        if c.number == 0.0:
            c.first_ms = ts[i]
        c.sum += x
        c.number += 1.0
        c.block_ms += observed
        c.last_ts = ts[i]
        c.seen += 1.0
        if c.blocks >= c.learn:
            active[i] = persistence.step(c, c.side * c.severity, ts[i], observed)
            onset[i], count[i] = c.onset, c.count
        if c.block_ms >= c.span_ms:
            _close(c, ts[i])
