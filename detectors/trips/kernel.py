"""Trips out of readings, one record a device: what the tracker runs over every reading of those who agreed.

A message is put together from its readings (they share a time) and judged when the next one begins. A trip begins with
movement, bridges stops and gaps up to `STAND_MS` (or three and a half of the device's own periods), and ends at its
last movement. How it was driven is judged by `harsh`.
"""

from __future__ import annotations

import math

import numpy as np

from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.state import Field
from detectors.trips.harsh import MOVES, POINTS, feel, slope
from detectors.trips.signals import BACKWARD, CHANNELS, FORWARD, ODOMETER, RPM, SIDEWAYS, SPEED

DENSE_MS = 8_000  # readings further apart show no harsh event
FASTEST = 500.0  # km/h: no car
TURNS = 300.0  # turns a minute: below, no engine runs by itself
STAND_MS = 300_000  # a longer stop ends a trip; shorter cuts at railway crossings, longer joins errands
STOP_MS = 8_000  # from here on a stop is counted; shorter is creeping in a queue
PERIODS = 3.5  # a gap of so many of the device's own periods is still none; smaller cuts at every lost message
SLOWEST_MS = 1_200_000  # readings further apart than this make no trip
FAST_FROM = 90.0  # km/h: below, roads decide what is fast, and nothing here knows them
BIN = 5.0  # km/h, of the habit above `FAST_FROM`
BINS = 32
HABIT_S = 3_600.0  # of driving above `FAST_FROM` until there is a habit
MEMORY_S = 72_000.0  # then older driving is halved
USUAL = 0.95  # of the fast driving is no faster than usual
NO_TIME = -(2**62)
SPARE = 3  # trips that one reading or one silence ends at most

FIELDS = (
    Field("agreed", "i8"),  # stands for who agreed
    Field("period_ms", "f8"),
    Field("row_ts", "i8", fill=NO_TIME),
    Field("done_ts", "i8", fill=NO_TIME),
    Field("heard_ms", "i8"),  # receive time of the newest reading
    Field("row", "f8", (CHANNELS,), fill=math.nan),
    Field("last_ts", "i8", fill=NO_TIME),  # of the newest speed that was judged
    Field("last", "f8"),
    Field("raw_ts", "i8"),  # of the speed that waits for the next one
    Field("raw", "f8"),
    Field("before", "f8"),
    Field("known", "i1"),  # whether there is a speed before
    Field("waits", "i1"),
    Field("point_ts", "i8", (POINTS,)),
    Field("point", "f8", (POINTS,)),
    Field("points", "i8"),
    Field("pressed", "i1", (2,)),  # an event of the slope goes on
    Field("felt_ts", "i8", (3,), fill=NO_TIME),
    Field("felt_last", "f8", (3,)),
    Field("rpm", "f8"),
    Field("rpm_ts", "i8", fill=NO_TIME),
    Field("sensor_ts", "i8", fill=NO_TIME),
    Field("open", "i1"),
    Field("told", "i1"),
    Field("start_ms", "i8"),
    Field("moved_ms", "i8"),
    Field("rows", "i8"),  # in which it moved
    Field("meters", "f8"),
    Field("moving_ms", "f8"),
    Field("standing_ms", "f8"),
    Field("idle_ms", "f8"),
    Field("wait_ms", "f8"),  # standing since the last movement
    Field("wait_idle_ms", "f8"),
    Field("stops", "i8"),
    Field("top", "f8"),
    Field("felt", "i8", (3,)),
    Field("felt_ms", "f8"),
    Field("sloped", "i8", (2,)),
    Field("sloped_ms", "f8"),
    Field("fast_limit", "f8", fill=math.inf),
    Field("fast_ms", "f8"),
    Field("odometer_first", "f8", fill=math.nan),
    Field("odometer", "f8", fill=math.nan),
    Field("habit", "f4", (BINS,)),
)
TRIP = np.dtype(
    [("slot", "i8"), ("start_ms", "i8"), ("end_ms", "i8")]
    + [(name, "f8") for name in ("km", "moving_ms", "standing_ms", "idle_ms", "top", "felt_ms", "sloped_ms")]
    + [("fast_limit", "f8"), ("fast_ms", "f8"), ("stops", "i8"), ("felt", "i8", 3), ("sloped", "i8", 2)]
)


@part
def _patience(c):  # type: ignore[no-untyped-def]
    return max(STAND_MS, PERIODS * c.period_ms)


@part
def _tell(c, slot, out, count):  # type: ignore[no-untyped-def]
    """Write the trip down, unless it was a car moved in its yard or a wrong speed; how many there are now."""
    c.told = 1
    km = c.meters / 1000.0
    driven = c.odometer - c.odometer_first
    if 10.0 <= driven <= 2.0 * km + 10.0:  # odometers count whole kilometres; and one that was replaced jumps
        km = driven
    if c.rows < 2 or km < 0.3:
        return count
    t = out[count]
    t.slot, t.start_ms, t.end_ms, t.km = slot, c.start_ms, c.moved_ms, km
    t.moving_ms, t.standing_ms, t.idle_ms, t.stops, t.top = c.moving_ms, c.standing_ms, c.idle_ms, c.stops, c.top
    t.felt_ms, t.sloped_ms, t.fast_limit, t.fast_ms = c.felt_ms, c.sloped_ms, c.fast_limit, c.fast_ms
    for k in range(3):
        t.felt[k] = c.felt[k]
    for k in range(2):
        t.sloped[k] = c.sloped[k]
    return count + 1


@part
def _begin(c, ts):  # type: ignore[no-untyped-def]
    c.open, c.told, c.start_ms, c.moved_ms, c.rows = 1, 0, ts, ts, 0
    c.meters = c.moving_ms = c.standing_ms = c.idle_ms = c.wait_ms = c.wait_idle_ms = 0.0
    c.top = c.felt_ms = c.sloped_ms = c.fast_ms = 0.0
    c.stops = 0
    c.odometer_first = c.odometer = math.nan
    for k in range(3):
        c.felt[k] = 0
    for k in range(2):
        c.sloped[k] = 0
    c.fast_limit = _usual(c)


@part
def _usual(c):  # type: ignore[no-untyped-def]
    """The speed that this driver goes beyond only seldom; infinite while that is not known."""
    total = 0.0
    for k in range(BINS):
        total += c.habit[k]
    if total < HABIT_S:
        return math.inf
    part, at = 0.0, 0
    for k in range(BINS):
        part += c.habit[k]
        at = k
        if part >= USUAL * total:
            break
    if total > MEMORY_S:
        for k in range(BINS):
            c.habit[k] *= 0.5
    usual = FAST_FROM + BIN * (at + 1)
    return usual + max(10.0, 0.05 * usual)


@part
def _pass(c, ts, value, dt):  # type: ignore[no-untyped-def]
    """The time since the speed before: driven, or stood; what other messages said at about that time counts."""
    beside = max(2.0 * c.period_ms, DENSE_MS)
    c.meters += (value + c.last) / 2.0 / 3.6 * dt / 1000.0
    if value < MOVES and c.last < MOVES:
        c.wait_ms += dt
        if c.rpm > TURNS and ts - c.rpm_ts <= beside:
            c.wait_idle_ms += dt
        return
    c.moving_ms += dt
    if ts - c.sensor_ts <= beside:
        c.felt_ms += dt
    if min(value, c.last) >= FAST_FROM:
        c.habit[min(int((value - FAST_FROM) / BIN), BINS - 1)] += dt / 1000.0
    if min(value, c.last) > c.fast_limit:
        c.fast_ms += dt


@part
def _moved(c, ts, value):  # type: ignore[no-untyped-def]
    """The trip goes on: what was stood until now lies within it."""
    c.moved_ms = ts
    c.told = 0
    if value < MOVES:
        return
    c.rows += 1
    if c.wait_ms > 0.0:
        c.stops += c.wait_ms >= STOP_MS
        c.standing_ms += c.wait_ms
        c.idle_ms += c.wait_idle_ms
        c.wait_ms = c.wait_idle_ms = 0.0


@part
def _drive(c, slot, ts, value, out, count):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """One more speed; how many trips there are now."""
    dt = float(ts - c.last_ts) if c.last_ts != NO_TIME else math.inf
    near = dt <= _patience(c)
    if near and dt < c.period_ms:
        c.period_ms += (dt - c.period_ms) / 2.0
    elif near and max(value, c.last) >= MOVES:
        c.period_ms += (min(dt, SLOWEST_MS) - c.period_ms) / 8.0
    if c.open != 0 and ts - c.moved_ms > _patience(c):
        if c.told == 0:
            count = _tell(c, slot, out, count)
        c.open = 0
    if c.open == 0 and value >= MOVES:
        start = max(c.last_ts, ts - int(c.period_ms)) if near else ts
        dt = float(ts - start)
        _begin(c, start)
        c.last = c.last if near else value
    if c.open != 0:
        if near:
            _pass(c, ts, value, dt)
        if max(value, c.last) >= MOVES:
            _moved(c, ts, value)
        c.top = max(c.top, value)
    c.last, c.last_ts = value, ts
    return count


@part
def _settle(c, slot, out, count):  # type: ignore[no-untyped-def]
    """The speed that waits for its neighbours is taken as it is; how many trips there are now."""
    if c.waits != 0:
        c.waits = c.known = c.points = 0
        c.pressed[0] = c.pressed[1] = 0
        count = _drive(c, slot, c.raw_ts, c.raw, out, count)
    return count


@part
def _speed(c, slot, ts, value, out, count):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Where readings are dense, pass the median of three on, under the time of the middle one; else each by itself."""
    dense = c.period_ms <= DENSE_MS
    if c.waits != 0 and (not dense or ts - c.raw_ts > DENSE_MS):
        count = _settle(c, slot, out, count)
    if not dense:
        return _drive(c, slot, ts, value, out, count)
    if c.waits != 0:
        middle = min(max(c.raw, min(c.before, value)), max(c.before, value)) if c.known != 0 else c.raw
        at = c.raw_ts
        count = _drive(c, slot, at, middle, out, count)
        if c.open != 0:
            slope(c, at, middle, float(ts - at))
        c.before, c.known = c.raw, 1
    c.raw, c.raw_ts, c.waits = value, ts, 1
    return count


@part
def _row(c, slot, out, count):  # type: ignore[no-untyped-def]
    """Judge the message that is complete; how many trips there are now."""
    ts, value = c.row_ts, c.row[SPEED]
    c.done_ts, c.row_ts = ts, NO_TIME
    if math.isfinite(c.row[RPM]):
        c.rpm, c.rpm_ts = c.row[RPM], ts
    if math.isfinite(c.row[FORWARD]) or math.isfinite(c.row[BACKWARD]) or math.isfinite(c.row[SIDEWAYS]):
        c.sensor_ts = ts
    if 0.0 <= value <= FASTEST:
        count = _speed(c, slot, ts, value, out, count)
    if c.open != 0:
        if c.last >= MOVES or value >= MOVES or c.moved_ms == ts:
            feel(c, ts)
        if math.isfinite(c.row[ODOMETER]):
            if not math.isfinite(c.odometer_first):
                c.odometer_first = c.row[ODOMETER]
            if ts - c.moved_ms <= DENSE_MS:
                c.odometer = c.row[ODOMETER]
    for k in range(CHANNELS):
        c.row[k] = math.nan
    return count


@kernel
def take(start, received_ms, slot, channel, ts, value, rows, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Take over readings from position `start` on, until all are done or `out` is full; the position, and how many."""
    count = 0
    for i in range(start, len(slot)):
        if count >= len(out) - SPARE:
            return i, count
        if channel[i] < 0 or not math.isfinite(value[i]):
            continue
        c = rows[slot[i]]
        if ts[i] <= c.done_ts or ts[i] < c.row_ts:
            continue
        if ts[i] > c.row_ts:
            if c.row_ts != NO_TIME:
                count = _row(c, slot[i], out, count)
            c.row_ts = ts[i]
        c.heard_ms = received_ms
        if not math.isfinite(c.row[channel[i]]):
            c.row[channel[i]] = value[i]
    return len(slot), count


@kernel
def sweep(start, now_ms, rows, out):  # type: ignore[no-untyped-def]
    """Tell of trips whose devices have fallen silent, from slot `start` on; the slot it came to, and how many."""
    count = 0
    for slot in range(start, len(rows)):
        if count >= len(out) - SPARE:
            return slot, count
        c = rows[slot]
        if now_ms - c.heard_ms <= _patience(c):
            continue
        if c.row_ts != NO_TIME:
            count = _row(c, slot, out, count)
        count = _settle(c, slot, out, count)
        if c.open != 0 and c.told == 0:
            count = _tell(c, slot, out, count)
    return len(rows), count
