"""Whether the signals of a device still move together as they do on its peers: Hotelling's T² and Q for a type.

An hour of a device is the vector of its signals' means. Against the device's own mean over `MEMORY_H` hours, smoothed
over `SPAN_H` and divided by its own spread, it is a vector z (a multivariate exponentially weighted mean, Lowry et al.
1992). The correlation R of z is learned from all devices of the type that the engine knows, and shrunk towards none:

    T² = zᵀ R⁻¹ z        far out, however the signals usually move
    Q  = |P z|²          against the way in which they move: P projects on the minor eigenvectors of R

Limits are not those of χ², which fail on smoothed hours, but of the type's own tail as its hours show it. What the
weather does to all signals is in R and stands out little; a coupling that breaks is in Q. What only grows or only
falls, a counter or a battery, takes no part. The hours of a device do not depend on how the log was cut; what is
learned from a type counts from the next hour of the log's time on, and is summed in whole numbers, so that the order
of devices does not matter either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.algorithms.detector import LASTING, Floats, Ints
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.state import Field, SlotState
from ingest.wire.catalogue import DeviceType, Kind

VERSION = "1"
HOUR_MS = 3_600_000
SIGNALS = 24  # of a type that take part; more would cost the square
MEMORY_H = 336  # of a device's own mean; shorter follows a fault, longer takes the season for one
SPAN_H = 24  # of smoothing: a day, so that the daily cycle cancels out
WARM_H = 168  # of a device before it is judged or teaches; shorter judges by a few days of weather
RIPE_H = 1_000  # device-hours of a type before anything is judged: its tail must be known
STRICT = 4.6  # quarters beyond the median at which the limit lies, 1e-3 of a log-normal tail; 3 is restless, 6 deaf
ENTER_H, LASTING_H, LEAVE_H = 12, 36, 12  # hours in a row
NORMAL_H = 336  # hours after which what a device shows is its new normal; its habits are learned anew from there
LOPSIDED = 0.05  # share of its hours against its trend below which a signal has one; 0 lets counters in that restart
HUGE = 1e30  # no measured value; its square must stay finite
CLIP = 8.0  # own spreads that one signal counts at most: a broken sensor is no broken coupling
EXPLAINED = 0.9  # share of the variance that is "the way in which they move"
SHRINK = 0.1  # of R towards independence at the least; less inverts noise
GRID = 1024.0  # steps of one spread in which z is summed; any sum of them is exact
BINS, OCTAVE, LOWEST = 96, 4, -12.0  # of the tails: quarter octaves of the statistic, from 2⁻¹² on

SERIES = (
    Field("last", "i8", fill=np.iinfo(np.int64).min),
    Field("sum", "f8"),
    Field("n", "i8"),
    Field("hourly", "f8"),
    Field("rises", "i4"),  # hours above the one before …
    Field("falls", "i4"),  # … and below it
    Field("known", "u1"),
    Field("mean", "f8"),
    Field("smooth", "f8"),
    Field("square", "f8"),
)
DEVICE = (
    Field("hour", "i8", fill=-1),
    Field("hours", "i8"),
    Field("over", "i8"),
    Field("under", "i8"),
    Field("onset", "i8"),
    Field("active", "i1"),
    Field("told", "i1"),
    Field("severity", "f8"),
    Field("first", "i2"),
    Field("second", "i2"),
)
TYPE = (
    Field("used", "u1", (SIGNALS,)),
    Field("hour", "i8"),  # of the log, in which it last learned
    Field("pending", "i8", (SIGNALS, SIGNALS)),
    Field("pending_n", "i8"),
    Field("pending_tails", "i8", (2, BINS)),
    Field("total", "f8", (SIGNALS, SIGNALS)),
    Field("total_n", "f8"),
    Field("tails", "f8", (2, BINS)),
    Field("inverse", "f8", (SIGNALS, SIGNALS)),
    Field("minor", "f8", (SIGNALS, SIGNALS)),
    Field("limit", "f8", (2,), fill=np.inf),
)


class Broken(NamedTuple):
    """A device whose symptom changed: to `active`, by the hour that had ended at `ts`.

    `severity` is the statistic over its limit, `first` and `second` the numbers of the signals that stand out most.
    """

    device: int
    active: int
    onset: int
    ts: int
    severity: float
    first: int
    second: int


def usable(kind: DeviceType) -> NDArray[np.uint8]:
    """Which signals of a type take part: measured numbers."""
    used = np.zeros(SIGNALS, np.uint8)
    for signal in kind.signals:
        if signal.kind is Kind.NUMBER and signal.number < SIGNALS:
            used[signal.number] = 1
    return used


def states(kinds: Sequence[DeviceType | None]) -> dict[str, SlotState]:
    """Fresh states; a type of None takes no part. The series' and devices' grow with the fleet."""
    made = {
        "coupling_series": SlotState("coupling_series", VERSION, SERIES),
        "coupling_devices": SlotState("coupling_devices", VERSION, DEVICE),
        "coupling_types": SlotState("coupling_types", VERSION, TYPE),
    }
    made["coupling_types"].grow(len(kinds))
    for at, kind in enumerate(kinds):
        if kind is not None:
            made["coupling_types"]["used"][at] = usable(kind)
    return made


def hear(of: dict[str, SlotState], fleet: NDArray[Any], batch: tuple[Ints, Ints, Ints, Floats]) -> None:
    """Take over readings ``(device slot, signal number, ts, value)``.

    `fleet` are rows with ``signal_at``, ``signals`` and ``type_no`` (negative: takes no part), one a device slot.
    """
    series, devices, types = (of[f"coupling_{name}"].rows for name in ("series", "devices", "types"))
    _hear(*batch, fleet, series, devices, types, np.zeros(SIGNALS))


def moved(of: dict[str, SlotState]) -> list[Broken]:
    """The devices whose symptom is another than when this was last asked."""
    devices = of["coupling_devices"]
    found = []
    for at in np.flatnonzero(devices["active"] != devices["told"]).tolist():
        row = devices.rows[at]
        row["told"] = row["active"]
        now, worst = int(row["hour"]) * HOUR_MS, (int(row["first"]), int(row["second"]))
        found.append(Broken(at, int(row["active"]), int(row["onset"]), now, float(row["severity"]), *worst))
    return found


def learn(of: dict[str, SlotState], log_ms: int) -> None:
    """Let what the devices of each type showed count from now on, when an hour of the log's time has begun."""
    types, hour = of["coupling_types"], log_ms // HOUR_MS
    for at in np.flatnonzero((types["pending_n"] > 0) & (types["hour"] != hour)).tolist():
        row = types.rows[at]
        row["hour"] = hour
        row["total"] += row["pending"] / (GRID * GRID)
        row["total_n"] += row["pending_n"]
        row["tails"] += row["pending_tails"]
        row["pending"], row["pending_n"], row["pending_tails"] = 0, 0, 0
        _model(row)


def _model(row: Any) -> None:
    """Correlation, its inverse, its minor part, and the limits of a type, out of its sums."""
    used = np.flatnonzero((row["used"] > 0) & (np.diag(row["total"]) > 0))
    if row["total_n"] < RIPE_H or not len(used):
        return
    spread = np.sqrt(np.diag(row["total"])[used] / row["total_n"])
    found = row["total"][np.ix_(used, used)] / row["total_n"] / np.outer(spread, spread)
    days = row["total_n"] / SPAN_H  # neighbouring hours share most of what they say
    shrink = max(SHRINK, min(1.0, len(used) / days))
    correlation = (1 - shrink) * found + shrink * np.eye(len(used))
    size, vectors = np.linalg.eigh(correlation)
    minor = vectors[:, : max(int(np.searchsorted(np.cumsum(size) / size.sum(), 1 - EXPLAINED)), 1)]
    scale = np.outer(1 / spread, 1 / spread)
    row["inverse"], row["minor"] = 0.0, 0.0
    row["inverse"][np.ix_(used, used)] = np.linalg.inv(correlation) * scale
    row["minor"][np.ix_(used, used)] = minor @ minor.T * scale
    row["limit"] = [_limit(tail) for tail in row["tails"]]


def _limit(tail: Floats) -> float:
    """The type's own tail, drawn out from the middle of its hours: those of ailing devices do not move it."""
    if tail.sum() < RIPE_H:
        return math.inf
    median, quarter = (_quantile(tail, share) for share in (0.5, 0.75))
    return float(2.0 ** (median + STRICT * max(quarter - median, 0.5)))


def _quantile(tail: Floats, share: float) -> float:
    """The logarithm (base 2) of the statistic that this share of hours lies below."""
    below = np.concatenate([[0.0], tail.cumsum()]) / tail.sum()
    return LOWEST + float(np.interp(share, below, np.arange(BINS + 1))) / OCTAVE


@part
def _bin(statistic):  # type: ignore[no-untyped-def]
    return min(max(int(OCTAVE * (math.log2(max(statistic, 1e-9)) - LOWEST)), 0), BINS - 1)


@kernel
def _hear(device, signal, ts, value, fleet, series, devices, types, z):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    for i in range(len(device)):
        d = fleet[device[i]]
        if d.type_no < 0 or signal[i] >= min(d.signals, SIGNALS) or not abs(value[i]) < HUGE:
            continue
        kind = types[d.type_no]
        s = series[d.signal_at + signal[i]]
        c, hour = devices[device[i]], ts[i] // HOUR_MS
        if kind.used[signal[i]] == 0 or ts[i] <= s.last or hour < c.hour:
            continue
        if hour > c.hour:
            if c.hour >= 0:
                _end(c, d, kind, series, z)
            c.hour = hour
        s.last = ts[i]
        s.sum += value[i]
        s.n += 1


@part
def _end(c, d, kind, series, z):  # type: ignore[no-untyped-def]
    """Close a device's hour: judge it by what the type was like, then learn it."""
    c.hours += 1
    warm = c.hours > WARM_H
    z[:] = 0.0
    for k in range(min(d.signals, SIGNALS)):
        s = series[d.signal_at + k]
        if s.n == 0:
            continue
        mean, s.sum, s.n = s.sum / s.n, 0.0, 0
        if s.known == 0 or c.hours == 1:
            s.known, s.mean, s.hourly, s.smooth, s.square = 1, mean, mean, 0.0, 0.0
        s.rises += mean > s.hourly
        s.falls += mean < s.hourly
        s.hourly = mean
        away = mean - s.mean
        s.smooth += (away - s.smooth) / SPAN_H
        spread = math.sqrt(s.square)
        if warm and _turns(s) and spread > 1e-9 * max(abs(s.mean), 1e-3):
            z[k] = min(max(s.smooth / spread, -CLIP), CLIP)
        if c.active == 0:
            rate = 1.0 / min(c.hours, MEMORY_H)
            s.mean += rate * away
            s.square += rate * (s.smooth * s.smooth - s.square)
    if warm:
        far, against = _forms(z, kind)
        _judge(c, max(far / kind.limit[0], against / kind.limit[1]), z)
        if c.active == 0:
            _teach(kind, z, far, against)


@part
def _turns(s):  # type: ignore[no-untyped-def]
    """Whether a signal both rises and falls."""
    return min(s.rises, s.falls) > LOPSIDED * (s.rises + s.falls)


@part
def _forms(z, kind):  # type: ignore[no-untyped-def]
    """T² and Q of a vector."""
    far, against = 0.0, 0.0
    for a in range(SIGNALS):
        if z[a] != 0.0:
            for b in range(SIGNALS):
                far += z[a] * kind.inverse[a, b] * z[b]
                against += z[a] * kind.minor[a, b] * z[b]
    return max(far, 0.0), max(against, 0.0)


@part
def _judge(c, severity, z):  # type: ignore[no-untyped-def]
    """Move the symptom: in after `ENTER_H` hours beyond the limit, out after `LEAVE_H` well within it."""
    c.over = c.over + 1 if severity >= 1.0 else 0
    c.under = c.under + 1 if severity < 0.5 else 0
    end = (c.hour + 1) * HOUR_MS
    if c.active == 0 and c.over >= ENTER_H:
        c.active, c.onset = 1, end - c.over * HOUR_MS
    elif c.active != 0 and c.under >= LEAVE_H:
        c.active = 0
    elif c.active != 0 and end - c.onset >= NORMAL_H * HOUR_MS:
        c.active, c.hours, c.over = 0, 0, 0
    elif c.active == 1 and c.over > 0 and end - c.onset >= LASTING_H * HOUR_MS:
        c.active = LASTING
    c.severity = severity
    c.first, c.second = _worst(z)


@part
def _teach(kind, z, far, against):  # type: ignore[no-untyped-def]
    for a in range(SIGNALS):
        if z[a] != 0.0:
            for b in range(SIGNALS):
                kind.pending[a, b] += round(z[a] * GRID) * round(z[b] * GRID)
    kind.pending_n += 1
    if kind.total_n >= RIPE_H:
        kind.pending_tails[0, _bin(far)] += 1
        kind.pending_tails[1, _bin(against)] += 1


@part
def _worst(z):  # type: ignore[no-untyped-def]
    """The two signals that are farthest out by their own spread."""
    first, second = 0, 1
    for k in range(SIGNALS):
        if abs(z[k]) > abs(z[first]):
            first, second = k, first
        elif (k != first and abs(z[k]) > abs(z[second])) or second == first:
            second = k
    return first, second
