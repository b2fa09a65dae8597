"""Events per time: counts that are too many or too few for the series' own, bursty, habits.

The events N of the last span of observed time (it slides in `PARTS` steps) are held against a negative binomial law:
mean μ = own rate × time, variance φ·μ·(1 + 1/spans), φ ≥ 1 the index of dispersion between earlier spans (1:
Poisson), both learned span by span. surprise = −ln P(at least so many) or P(at most so few); severity = the standard
deviations at which a normal law has that tail. Beyond `EXACT` events the tail is that of a gamma law with the same
mean and variance (Wilson and Hilferty, PNAS 17, 1931).

A value is the number of events since the reading before, or, with `per_ms`, a rate for that time (`rise_per_hour`:
3,600,000). `judged`, `low` and `high` are events a span, or rates for `per_ms`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from detectors.algorithms import persistence
from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.state import Field, SlotState
from detectors.algorithms.tails import deviations, log_tail

PARTS = 8  # steps in which a span slides
PRIOR = 4.0  # spans that the first guess of φ counts for; 1 trusts a lucky even week, 15 never learns an even series
DISPERSION = 1.5  # that first guess; people and weather cluster what they do
EXACT = 200.0  # events up to which the tail is summed
TERMS = 64  # of a tail; the rest is below a thousandth of it
FAR = 0.75  # of `enter`, from which a span is not learned; lower makes bursts look rare, 1 learns a slow growth
RANGE_SD = 3.0
MOST = 1e12  # events of a reading
DEFAULTS = {"enter": 4.0, "leave": 2.0, "need": 2, "of": 3, "hold_ms": 0.0}

FIELDS = (
    Field("frozen", "u1"),
    Field("period_ms", "f4", fill=60_000.0),  # usual time between readings
    Field("span_ms", "f4", fill=86_400_000.0),  # observed time in which events are counted; under a day its cycle shows
    Field("per_ms", "f4"),  # 0: a value is a count; else it is a rate for this time
    Field("learn", "f4", fill=5.0),  # spans before anything is judged
    Field("memory", "f4", fill=30.0),  # spans after which the rate has followed; 5 learns a fault
    Field("floor_rate", "f4", fill=1.0),  # events a span that are nothing special for a series that had none so far
    Field("side", "f4"),  # 1: only too many, -1: only too few, 0: both
    Field("last_ts", "i8"),
    Field("seen", "f8"),
    Field("held", "f8"),  # for what makes events of values: the value before, and which way it last went
    Field("way", "i1"),
    Field("events", "f8"),
    Field("spans", "f8"),
    Field("unrest", "f8"),
    Field("sums", "f8", (PARTS,)),
    Field("times", "f8", (PARTS,)),
    Field("part", "u1"),
    *(replace(field, fill=DEFAULTS.get(field.name, field.fill)) for field in persistence.FIELDS),
)


@dataclass(frozen=True, slots=True)
class Rate:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "rate"
    version: str = "1"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats) -> Scores:
        return scored(_update, state, slot, ts, value)


@part
def _log_pmf(n, mean, size):  # type: ignore[no-untyped-def]
    """Ln P(N = n) of the negative binomial law; `size` inf is Poisson."""
    if math.isinf(size):
        return n * math.log(mean) - mean - math.lgamma(n + 1.0)
    chance = math.lgamma(n + size) - math.lgamma(size) - math.lgamma(n + 1.0)
    return chance - size * math.log1p(mean / size) + n * math.log(mean / (mean + size))


@part
def _ratio(k, mean, size):  # type: ignore[no-untyped-def]
    """P(N = k + 1) / P(N = k)."""
    if math.isinf(size):
        return mean / (k + 1.0)
    return (k + size) / (k + 1.0) * mean / (mean + size)


@part
def log_many(n, mean, variance):  # type: ignore[no-untyped-def]
    """Ln P(N ≥ n)."""
    if n <= 0.0:
        return 0.0
    if max(n, mean) > EXACT:
        return log_tail(_normal(n - 0.5, mean, variance))
    size = mean * mean / (variance - mean) if variance > 1.0001 * mean else math.inf
    if n <= mean:
        return math.log1p(-min(math.exp(_log_below(n - 1.0, mean, size)), 1.0 - 1e-15))
    term, total = 1.0, 1.0
    for step in range(TERMS):
        term *= _ratio(n + step, mean, size)
        total += term
        if term < 1e-4 * total:
            break
    return min(_log_pmf(n, mean, size) + math.log(total), 0.0)


@part
def log_few(n, mean, variance):  # type: ignore[no-untyped-def]
    """Ln P(N ≤ n)."""
    if max(n, mean) > EXACT:
        return log_tail(-_normal(n + 0.5, mean, variance))
    size = mean * mean / (variance - mean) if variance > 1.0001 * mean else math.inf
    if n < mean:
        return _log_below(n, mean, size)
    return math.log1p(-min(math.exp(log_many(n + 1.0, mean, variance)), 1.0 - 1e-15))


@part
def _log_below(n, mean, size):  # type: ignore[no-untyped-def]
    """Ln P(N ≤ n) for n below the mean, where terms get smaller downwards."""
    term, total, k = 1.0, 1.0, n
    while k > 0.0 and term > 1e-4 * total:
        term /= _ratio(k - 1.0, mean, size)
        total += term
        k -= 1.0
    return min(_log_pmf(n, mean, size) + math.log(total), 0.0)


@part
def _normal(x, mean, variance):  # type: ignore[no-untyped-def]
    """The normal deviate of a gamma law's value (Wilson and Hilferty)."""
    shape = mean * mean / variance
    return 3.0 * math.sqrt(shape) * ((max(x, 0.0) / mean) ** (1.0 / 3.0) - 1.0 + 1.0 / (9.0 * shape))


@part
def _law(c, time):  # type: ignore[no-untyped-def]
    """Mean and variance of the events in `time` ms, by the past."""
    known = c.spans + 1.0
    mean = max((c.events + c.floor_rate) / known, 1e-9) * time / c.span_ms
    spread = max((PRIOR * DISPERSION + c.unrest) / (PRIOR + c.spans), 1.0)
    return mean, spread * mean * (1.0 + time / c.span_ms / known)


@part
def _window(c):  # type: ignore[no-untyped-def]
    events, time = 0.0, 0.0
    for piece in range(PARTS):
        events += c.sums[piece]
        time += c.times[piece]
    return events, time


@part
def judge(c, more, dt):  # type: ignore[no-untyped-def]
    """Signed severity, surprise, events a span (or the rate), and the range expected, with `more` events in `dt` ms."""
    events, time = _window(c)
    events, time = events + more, time + dt
    scale = (c.per_ms if c.per_ms > 0.0 else c.span_ms) / max(time, 1.0)
    if c.spans < c.learn or time < c.span_ms / PARTS:
        return 0.0, 0.0, events * scale if time > 0.0 else 0.0, -math.inf, math.inf
    mean, variance = _law(c, time)
    n, reach = math.floor(events + 0.5), RANGE_SD * math.sqrt(variance)
    low = max(mean - reach, 0.0) * scale if c.side <= 0.0 else -math.inf
    high = (mean + reach) * scale if c.side >= 0.0 else math.inf
    sign = 1.0 if n >= mean else -1.0
    if c.side * sign < 0.0:
        return 0.0, 0.0, events * scale, low, high
    log_p = log_many(n, mean, variance) if sign > 0.0 else log_few(n, mean, variance)
    log_p = min(log_p + (math.log(2.0) if c.side == 0.0 else 0.0), 0.0)
    return sign * deviations(log_p), -log_p, events * scale, low, high


@part
def _join(c):  # type: ignore[no-untyped-def]
    """The window is a whole span of the past now."""
    events, time = _window(c)
    mean, _ = _law(c, max(time, 1.0))
    if c.spans >= 1.0:
        c.unrest += (events - mean) ** 2 / mean
    c.events += events
    c.spans += time / c.span_ms
    if c.spans > c.memory:
        keep = c.memory / c.spans
        c.events *= keep
        c.unrest *= keep
        c.spans *= keep


@part
def add(c, more, ts, observed, signed):  # type: ignore[no-untyped-def]
    """Take in a reading's events: move the window, advance the symptom by the severity `signed`, learn whole spans."""
    c.sums[c.part] += more
    c.times[c.part] += observed
    c.last_ts = ts
    c.seen += 1.0
    if c.spans >= c.learn:
        persistence.step(c, signed, ts, observed)
    if c.times[c.part] >= c.span_ms / PARTS:
        far = c.spans >= c.learn and abs(signed) >= FAR * c.enter
        if c.part == PARTS - 1 and c.frozen == 0 and c.active == 0 and not far:
            _join(c)
        c.part = (c.part + 1) % PARTS
        c.sums[c.part], c.times[c.part] = 0.0, 0.0


@kernel
def _update(slot, ts, value, rows, out):  # type: ignore[no-untyped-def]
    surprise, severity, low, high, judged, active, onset, count = out
    for i in range(len(slot)):
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if not math.isfinite(value[i]):
            continue
        dt = float(ts[i] - c.last_ts) if c.seen > 0.0 else 0.0
        observed = min(max(dt, 0.0), persistence.GAP_PERIODS * c.period_ms)
        more = min(max(value[i], 0.0), MOST)
        if c.per_ms > 0.0:
            more *= observed / c.per_ms
        signed, surprise[i], judged[i], low[i], high[i] = judge(c, more, observed)
        severity[i] = abs(signed)
        if c.seen > 0.0 and dt <= 0.0:
            continue
        add(c, more, ts[i], observed, signed)
        active[i], onset[i], count[i] = c.active, c.onset, c.count
