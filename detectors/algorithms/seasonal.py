"""Density surprise and robust severity about a daily and weekly profile: the detector for any number that varies.

Three surprises, each −ln p under a decayed histogram of the past: of the value, of its exponentially weighted level
(about 40 readings), and of the mean (about 200 readings) of the surprise of the seasonal residual. Together
``surprise = sqrt(level² + value² + mean²)``. Severity is the residual over its robust spread: the widest of
(q75−q25)/1.35, (q97.5−q2.5)/3.92 and (q99.5−q0.5)/5.15, so that a signal with two modes is not "out" in either.

The profile has an hour of the day × weekday/weekend mean that shrinks towards the same hour of the other kind of
day and the overall mean while it is young. Rates are per period of the series, so decay follows time, not count.
Hour and weekend are those of the device's own clock, when the caller says how far that is ahead of UTC.

After a gap of `LONG_GAP_MS` the level is warmed up again and the profile kept: nothing is judged or learned for half as
many readings as a young series needs, and then the whole profile moves by their mean residual. A device comes back from
a summer to another season; what has changed in the shape of its day is still seen.
"""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.algorithms import histogram, persistence
from detectors.algorithms.detector import Floats, Ints, Scores, scored
from detectors.algorithms.histogram import BINS, FRAME, TINIEST
from detectors.algorithms.kernel import fetch, kernel, part
from detectors.algorithms.state import LINE, Field, SlotState, form

HOURS = 48  # for each hour of the day weekday, weekend
DAY_MS = 86_400_000
THURSDAY = 3  # 1970-01-01, counted from Monday
KEEP = 0.9996  # of a histogram's weight a period; 0.9993 forgets a week in a day, 0.9998 learns a change too late
KEEP_GAP = 12.0  # periods that a gap decays at most: a long gap keeps what was learned
LEVEL_RATE = 2 / 41  # of the level a period; faster follows noise, slower sees a shift late
MEAN_RATE = 2 / 201  # of the mean surprise a period
PROFILE_MEMORY_S = 50_400.0  # spent in an hour of the day until its mean forgets: two weeks
BASE_MEMORY_S = 24 * 50_400.0  # likewise for the overall mean
QUICK_MOST = 100  # readings of an hour that are counted; its rate has long taken over
QUICK_RATE = 0.07  # a period, of the quick profile that surprise looks at; 0 costs 1 to 2 points of NAB
TRUST_S = 3600.0  # seconds after which an hour of the day weighs as much as what it shrinks towards
BAND_HOURS = 56  # hours for which the expected range is kept for charts: two days and what a symptom lasts
RANGE_SD = 3.0  # robust deviations on each side of the middle that are called expected
REFRESH = 8  # learned readings between two looks at the spread; 1 costs a third more time
SHRINK = 20.0  # readings at which the severity counts half: a young spread is a guess
LONG_GAP_MS = 14 * 86_400_000.0  # a week without a car is a holiday; longer, and the season itself is a fault
WARM_SHARE = 0.5  # of `min_count`, the readings that warm the level up; fewer take a night for a season
FETCH = 4  # readings ahead whose rows are fetched; 1 to 10 are alike, 0 costs half more at 100,000 series
FIRST_S = 60.0  # seconds that a first reading stands for
MOST_SEVERE = 1e6
HUGE = 1e30  # magnitudes are cut here, so that single precision holds them
LEVEL, VALUE, RESIDUAL, QUICK, MEAN, DENSITIES = 0, 1, 2, 3, 4, 5
SHARES = np.array([0.005, 0.025, 0.25, 0.5, 0.75, 0.975, 0.995])

FIELDS = (
    Field("counts", "u2", (DENSITIES, BINS)),
    Field("frames", "f8", (DENSITIES, FRAME)),
    Field("frozen", "u1"),
    Field("period_ms", "f4"),  # usual time between readings; 0: learned
    Field("floor_sd", "f4"),  # smallest spread believed, in the signal's unit: sensor resolution and more
    Field("tail", "f4", fill=1.0),  # weight of the tails in the spread; lower where transients make them
    Field("smooth_ms", "f4"),  # severity looks at the mean over this time; 0: at the reading itself
    Field("min_age_ms", "f4", fill=4 * 86_400_000.0),  # no symptom before this age …
    Field("min_count", "f4", fill=300.0),  # … and so many readings
    Field("first_ts", "i8"),
    Field("last_ts", "i8", fill=np.iinfo(np.int64).min),
    Field("seen", "f8"),
    Field("learned", "u4"),
    Field("cadence", "f4"),
    Field("level", "f8"),
    Field("smoothed", "f8"),
    Field("mean", "f4"),
    Field("base", "f4"),
    Field("base_s", "f4"),
    Field("owed_s", "f4"),  # seconds of `profile_s` less than one, for the next reading
    Field("spread", "f4", (len(SHARES),)),
    Field("warming", "u2"),  # readings that the level still needs after a long gap
    Field("moved_n", "u2"),
    Field("moved", "f4"),  # mean residual since the gap
    Field("band_hour", "i4"),  # the newest hour since the epoch that `band` holds
    *persistence.FIELDS,
    Field("profile", "f4", (HOURS,)),
    Field("quick", "f4", (HOURS,)),
    Field("profile_s", "u2", (HOURS,)),  # seconds spent in each, at most `PROFILE_MEMORY_S`
    Field("quick_n", "u1", (HOURS,)),
    Field("band", "f4", (BAND_HOURS, 2)),  # low, high of each; low above high: there was no reading
)
_PLACES: Any = form(FIELDS).fields
ALWAYS = int(_PLACES["profile"][1])  # the bytes of a row that every reading needs stand before the profile
PROFILE, QUICKS, SPENT, TIMES = (int(_PLACES[name][1]) for name in ("profile", "quick", "profile_s", "quick_n"))
_Scored = namedtuple(  # noqa: PYI024
    "_Scored", ["x", "dt", "late", "units", "observed", "level", "smoothed", "mean", "residual", "novel", "severity"]
)


@dataclass(frozen=True, slots=True)
class Seasonal:
    """See the module. Parameters of a series are the columns that `FIELDS` gives a comment."""

    name: str = "seasonal"
    version: str = "4"
    fields: tuple[Field, ...] = FIELDS

    def update(self, state: SlotState, slot: Ints, ts: Ints, value: Floats, ahead_ms: Ints | None = None) -> Scores:
        """As the contract says; `ahead_ms` is what the clock where each device is is ahead of UTC."""
        return scored(_update, state, slot, ts, value, ts if ahead_ms is None else ts + ahead_ms)

    def band(self, state: SlotState, slot: int, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        """What was expected in the hours from `start_ms` to `end_ms`, at most `BAND_HOURS` ago: (ms, low, high).

        One point for each hour that had a reading, at the start of the hour, as it was expected then.
        """
        row, points = state.rows[slot], []
        last = int(row["band_hour"])
        for hour in range(max(start_ms // 3_600_000, last - BAND_HOURS + 1, 1), min(end_ms // 3_600_000, last) + 1):
            low, high = row["band"][hour % BAND_HOURS].tolist()
            if low <= high:
                points.append((hour * 3_600_000, low, high))
        return points


@part
def _hour(local_ms: int) -> int:
    weekend = 1 if (local_ms // DAY_MS + THURSDAY) % 7 >= 5 else 0
    return int(2 * (local_ms // 3_600_000 % 24) + weekend)


@part
def _expected(profile, spent, base, here):  # type: ignore[no-untyped-def]
    other = here ^ 1
    guess = base + (profile[other] - base) * spent[other] / (spent[other] + TRUST_S)
    return guess + (profile[here] - guess) * spent[here] / (spent[here] + TRUST_S)


@part
def _sd(c):  # type: ignore[no-untyped-def]
    """The robust spread of the residuals of the slot `c`."""
    spread = c.spread
    return max(
        c.floor_sd,
        (spread[4] - spread[2]) / 1.349,
        c.tail * (spread[5] - spread[1]) / 3.92,
        c.tail * (spread[6] - spread[0]) / 5.152,
        1e-9 * abs(spread[3]),
        TINIEST,
    )


@part
def _next_cadence(cadence, dt, learned):  # type: ignore[no-untyped-def]
    """Follow the median gap in steps that get smaller; gaps within a fifth of it change nothing."""
    if cadence == 0.0:
        return dt
    step = 1.0 + 1.0 / (2.0 + min(learned, 62))
    if dt > cadence * 1.2:
        return min(cadence * step, dt)
    return max(cadence / step, dt) if dt < cadence / 1.2 else cadence


@part
def _rate(rate, units):  # type: ignore[no-untyped-def]
    """A rate per period as a rate for `units` periods."""
    return -math.expm1(units * math.log1p(-rate))


@part
def _condition(c, ts, here, x):  # type: ignore[no-untyped-def]
    """The reading beside its series' past: elapsed periods, level, residuals, severity. Changes nothing."""
    first = c.seen == 0.0
    dt = 0.0 if first else float(ts - c.last_ts)
    period = c.period_ms if c.period_ms > 0.0 else c.cadence
    units = 1.0 if first or period == 0.0 else max(dt, 0.0) / period
    observed = min(max(dt, 0.0), persistence.GAP_PERIODS * period)
    level, smoothed = x, x
    if not first:
        level = c.level + _rate(LEVEL_RATE, units) * (x - c.level)
        if c.smooth_ms > 0.0:
            smoothed = c.smoothed + (1.0 - math.exp(-max(dt, 0.0) / c.smooth_ms)) * (x - c.smoothed)
    residual = smoothed - _expected(c.profile, c.profile_s, x if first else c.base, here)
    novel = x - (c.quick[here] if c.quick_n[here] > 0.0 else level)
    of_novel = histogram.surprise(c.counts[QUICK], c.frames[QUICK], novel)
    mean = of_novel if first else c.mean + _rate(MEAN_RATE, units) * (of_novel - c.mean)
    z = min(max((residual - c.spread[3]) / _sd(c), -MOST_SEVERE), MOST_SEVERE)
    severity = z * c.seen / (c.seen + SHRINK)
    late = not first and dt <= 0.0
    return _Scored(x, dt, late, units, observed, level, smoothed, mean, residual, novel, severity)


@part
def _surprise(c, now):  # type: ignore[no-untyped-def]
    of_level = histogram.surprise(c.counts[LEVEL], c.frames[LEVEL], now.level)
    of_value = histogram.surprise(c.counts[VALUE], c.frames[VALUE], now.x)
    of_mean = histogram.surprise(c.counts[MEAN], c.frames[MEAN], now.mean)
    return math.sqrt(of_level**2 + of_value**2 + of_mean**2)


@part
def _learn(c, here, now):  # type: ignore[no-untyped-def]
    c.learned += 1
    if c.learned > 1 and c.period_ms == 0.0:
        c.cadence = _next_cadence(c.cadence, now.dt, c.learned)
    weight, units = min(now.units, 1.0), min(now.units, KEEP_GAP)
    known = max(c.profile_s[here], c.profile_s[here ^ 1])
    trust = known / (known + TRUST_S)  # residuals about a profile that knows nothing would widen the spread for weeks
    keep, counts, frames = math.exp(units * math.log(KEEP)), c.counts, c.frames
    histogram.learn(counts[LEVEL], frames[LEVEL], now.level, weight, keep)
    histogram.learn(counts[VALUE], frames[VALUE], now.x, weight, keep)
    histogram.learn(counts[MEAN], frames[MEAN], now.mean, weight, keep)
    histogram.learn(counts[QUICK], frames[QUICK], now.novel, weight, keep)
    histogram.learn(counts[RESIDUAL], frames[RESIDUAL], now.residual, weight * trust, keep)
    c.quick_n[here] = min(c.quick_n[here] + 1, QUICK_MOST)
    c.quick[here] += (now.x - c.quick[here]) * max(weight / c.quick_n[here], _rate(QUICK_RATE, units))
    seconds = now.observed / 1000.0 if now.observed > 0.0 else FIRST_S
    spent = min(c.profile_s[here] + c.owed_s + seconds, PROFILE_MEMORY_S)
    c.profile_s[here] = int(spent)
    c.owed_s = spent - int(spent)
    c.profile[here] += (now.smoothed - c.profile[here]) * min(seconds / spent, 1.0)
    c.base_s = min(c.base_s + seconds, BASE_MEMORY_S)
    c.base += (now.x - c.base) * min(seconds / c.base_s, 1.0)
    if c.learned < 8 * REFRESH or c.learned % REFRESH == 0:
        histogram.quantiles(counts[RESIDUAL], frames[RESIDUAL], SHARES, c.spread)


@part
def _keep_band(c, ts, low, high):  # type: ignore[no-untyped-def]
    hour = ts // 3_600_000
    if hour > c.band_hour:
        for empty in range(max(c.band_hour + 1, hour - BAND_HOURS), hour):
            c.band[empty % BAND_HOURS, 0], c.band[empty % BAND_HOURS, 1] = 1.0, 0.0
        c.band[hour % BAND_HOURS, 0], c.band[hour % BAND_HOURS, 1] = low, high
        c.band_hour = hour


@part
def _warm(c, now):  # type: ignore[no-untyped-def]
    """One of the readings that follow a long gap; with the last of them the profile moves to the level of now."""
    c.warming -= 1
    c.moved_n += 1
    c.moved += (now.residual - c.spread[3] - c.moved) / c.moved_n
    if c.warming == 0:
        c.base += c.moved
        for hour in range(HOURS):
            c.profile[hour] += c.moved
            c.quick[hour] += c.moved


@part
def _judge(c, ts, now, frozen):  # type: ignore[no-untyped-def]
    """The symptom of a series that is old enough; whether there is anything to learn from the reading."""
    if c.seen < c.min_count or ts - c.first_ts < c.min_age_ms:
        return not frozen
    if now.dt >= LONG_GAP_MS and c.active == 0:
        c.warming, c.moved, c.moved_n = int(WARM_SHARE * c.min_count), 0.0, 0
        c.mask = 0
    if c.warming > 0:
        _warm(c, now)
        return False
    persistence.step(c, now.severity, ts, now.observed)
    return not frozen


@part
def _ask_for(rows, slot, here):  # type: ignore[no-untyped-def]
    """Have the lines fetched that a reading at this hour needs: two thirds of a row."""
    for offset in range(0, ALWAYS, LINE):
        fetch(rows, slot, offset)
    fetch(rows, slot, PROFILE + 4 * here)
    fetch(rows, slot, QUICKS + 4 * here)
    fetch(rows, slot, SPENT + 2 * here)
    fetch(rows, slot, TIMES + here)


@kernel
def _update(slot, ts, local, value, rows, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    surprise, severity, low, high, judged, active, onset, count = out
    for i in range(len(slot)):
        if i + FETCH < len(slot):
            _ask_for(rows, slot[i + FETCH], _hour(local[i + FETCH]))
        c = rows[slot[i]]
        active[i], onset[i], count[i] = c.active, c.onset, c.count
        if not math.isfinite(value[i]):
            continue
        here = _hour(local[i])
        now = _condition(c, ts[i], here, min(max(value[i], -HUGE), HUGE))
        surprise[i], severity[i] = _surprise(c, now), abs(now.severity)
        judged[i] = now.smoothed
        middle, wide = now.smoothed - now.residual + c.spread[3], RANGE_SD * _sd(c)
        low[i], high[i] = middle - wide, middle + wide
        if now.late:
            continue
        _keep_band(c, ts[i], low[i], high[i])
        learns = c.frozen == 0 and c.active == 0
        if c.seen == 0.0:
            c.first_ts, c.base = ts[i], now.x
        else:
            learns = _judge(c, ts[i], now, not learns)
            active[i], onset[i], count[i] = c.active, c.onset, c.count
        c.seen += 1.0
        c.last_ts, c.level, c.smoothed, c.mean = ts[i], now.level, now.smoothed, now.mean
        if learns:
            _learn(c, here, now)
