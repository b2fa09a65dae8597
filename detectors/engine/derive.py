"""Readings to channels: put the signals of one message together, apply the gates, drop what comes late or twice."""

from __future__ import annotations

import math
from collections import namedtuple
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.algorithms.detector import Floats, Ints
from detectors.algorithms.kernel import kernel, part
from detectors.algorithms.state import Field, SlotState
from detectors.engine.program import HOW, SIGNALS, WHEN, Program

FALL, EVENT, MISSING = HOW["fall_per_hour"], HOW["event"], HOW["missing"]
BEFORE = np.iinfo(np.int64).min
GAP_MS = 3_600_000.0  # a fall over a longer gap says nothing about its speed
HOUR_MS = 3_600_000.0
STEP = 0.01  # of the usual gap at each reading; larger takes a day of holes for the way the device reports
NOTHING, NEVER = -1.0, -2.0  # what an event channel says when nothing happened since the last message, or ever
GROWN = 1.5  # times the severity that was last told; smaller tells of noise, larger tells late
AGAIN_MS = 86_400_000  # a symptom that does not grow is told again so often; shorter is work, longer is stale evidence
LEAST = 0.25  # of severity: growth below it is told by nobody

SIGNAL_FIELDS = (
    Field("ts", "i8", fill=BEFORE),
    Field("value", "f8"),
    Field("usual_ms", "f8"),  # between two readings: their median, 0 while nothing is known
)
WATCH_FIELDS = (
    Field("ts", "i8", fill=BEFORE),
    Field("value", "f8"),
    Field("waits", "f8", fill=NEVER),  # an event that is not told yet, though a newer one came
    Field("active", "i1"),  # the symptom, how severe it was at its worst and when, as last told to fusion
    Field("severity", "f4"),
    Field("told_ts", "i8"),
)

Samples = namedtuple("Samples", ["watch", "program", "ts", "value", "first", "second", "reading"])  # noqa: PYI024


def derive(
    program: Program, devices: NDArray[Any], state: tuple[SlotState, SlotState], batch: tuple[Ints, Ints, Ints, Floats]
) -> tuple[Any, int]:
    """The samples of a batch of ``(device slot, signal number, ts, value)``, and how many readings were skipped.

    A reading that is not later than its signal's last one (late or double) is skipped. A sample comes when the last
    signal that its channel needs has arrived for one device time, so neither the order within a message nor the
    cut of the batch matters. `devices` are the fleet's rows; `state` are the signals' and the watches'.
    """
    device, signal, ts, value = batch
    signals, watches = state
    most = int(np.diff(program.triggers, axis=1).max(initial=0))
    room = len(device) * max(most, 1)
    whole, number = partial(np.empty, room, np.int64), partial(np.empty, room, np.float64)
    out = Samples(whole(), whole(), whole(), number(), number(), number(), whole())
    compiled = (program.channels, program.gates, program.triggers, program.trigger)
    count, skipped = _derive(device, signal, ts, value, compiled, devices, signals.rows, watches.rows, out)
    return Samples(*(column[:count] for column in out)), skipped


@part
def _open(channel, gates, base, ts, signals):  # type: ignore[no-untyped-def]
    """0: an input is missing or a `when` gate is closed, 1: everything holds, 2: only an `only` gate is closed."""
    for signal in (channel.first, channel.second, channel.over, channel.over_less):
        if signal >= 0 and signals[base + signal].ts != ts:
            return 0
    verdict = 1
    for at in range(channel.gate_from, channel.gate_to):
        gate = gates[at]
        seen = signals[base + gate.signal]
        if seen.ts != ts:
            return 0
        if not gate.low <= seen.value <= gate.high:
            if gate.kind == WHEN:
                return 0
            verdict = 2
    return verdict


@part
def _value(how, watch, first, second, ts):  # type: ignore[no-untyped-def]
    """The channel's number, NaN for none; `watch` is the record of what it was before."""
    if how == 0:
        return first
    if how == 1:
        return first - second
    before, then = watch.value, watch.ts
    watch.value, watch.ts = first, ts
    moved = before - first if how == FALL else first - before
    if then == BEFORE or ts - then > GAP_MS or moved < 0.0:
        return math.nan
    return moved / (ts - then) * HOUR_MS


@part
def _divisor(channel, base, signals):  # type: ignore[no-untyped-def]
    """What the channel's number is divided by, NaN where it is too small to divide by."""
    if channel.over < 0:
        return 1.0
    divisor = signals[base + channel.over].value
    if channel.over_less >= 0:
        divisor -= signals[base + channel.over_less].value
    return divisor if divisor >= channel.least else math.nan


@part
def _event(channel, gates, base, signal, ts, signals, watch):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """The number of an event channel, NaN for none; `watch.ts` and `watch.value` are of the newest event.

    What happened is told at the next message with `beside`, so that the order within a message does not matter.
    """
    if signal == channel.beside:
        told = watch.waits
        if BEFORE < watch.ts < ts:
            told, watch.value = max(told, watch.value), NOTHING
        if told == NEVER:
            return math.nan
        watch.waits = NOTHING
        return told
    if watch.ts < ts and _open(channel, gates, base, ts, signals) == 1:
        if watch.ts != BEFORE:
            watch.waits = max(watch.waits, watch.value)
        watch.ts, watch.value = ts, signals[base + channel.first].value
    return math.nan


@part
def _missing(channel, gates, base, ts, signals, watch):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """Whether the signal was missing (1) from the message before this one, NaN where that is not known.

    `watch.ts` is of the newest message with `beside` and open gates, `watch.value` whether the signal was missing
    from it so far. A message is judged at the next one, so that the order within a message does not matter.
    """
    heard = signals[base + channel.first].ts
    if watch.ts == ts:
        watch.value = 0.0 if heard == ts else watch.value
        return math.nan
    if watch.ts > ts or signals[base + channel.beside].ts != ts or not _hold(channel, gates, base, ts, signals):
        return math.nan
    told = watch.value if watch.ts != BEFORE else math.nan
    watch.ts, watch.value = ts, 0.0 if heard == ts else 1.0
    return told if heard != BEFORE else math.nan


@part
def _hold(channel, gates, base, ts, signals):  # type: ignore[no-untyped-def]
    """Whether every gate is in the message and holds."""
    for at in range(channel.gate_from, channel.gate_to):
        seen = signals[base + gates[at].signal]
        if seen.ts != ts or not gates[at].low <= seen.value <= gates[at].high:
            return False
    return True


@part
def _pace(here, ts):  # type: ignore[no-untyped-def]
    """Follow the median of the gaps between a signal's readings, by steps (Robbins and Monro 1951)."""
    if here.ts == BEFORE:
        return
    gap = float(ts - here.ts)
    if here.usual_ms == 0.0:
        here.usual_ms = gap
    else:
        here.usual_ms *= 1.0 + STEP if gap > here.usual_ms else 1.0 - STEP


@part
def _number(channel, gates, base, reading, signals, watch):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """What the channel makes of a reading `(signal, ts, value of its first signal, of its second)`, NaN for nothing."""
    signal, ts, first, second = reading
    if channel.how == EVENT:
        return _event(channel, gates, base, signal, ts, signals, watch)
    if channel.how == MISSING:
        return _missing(channel, gates, base, ts, signals, watch)
    verdict = _open(channel, gates, base, ts, signals)
    if verdict == 0:
        return math.nan
    return _value(channel.how, watch, first, second, ts) / _divisor(channel, base, signals) if verdict == 1 else 0.0


@kernel
def _derive(device, signal, ts, value, program, devices, signals, watches, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    channels, gates, triggers, trigger = program
    count, skipped = 0, 0
    for i in range(len(device)):
        d = devices[device[i]]
        if signal[i] >= d.signals or not math.isfinite(value[i]):
            skipped += 1
            continue
        base = d.signal_at
        here = signals[base + signal[i]]
        if ts[i] <= here.ts:
            skipped += 1
            continue
        _pace(here, ts[i])
        here.ts, here.value = ts[i], value[i]
        wanted = d.type_no * SIGNALS + signal[i]
        for k in range(triggers[wanted, 0], triggers[wanted, 1]):
            watch = trigger[k]
            channel = channels[watch]
            if channel.vitals and d.wearer == 0:
                continue
            slot = d.watch_at + watch - d.first_watch
            first = signals[base + channel.first].value
            second = signals[base + channel.second].value if channel.second >= 0 else 0.0
            number = _number(channel, gates, base, (signal[i], ts[i], first, second), signals, watches[slot])
            if math.isnan(number):
                continue
            out.watch[count], out.program[count], out.ts[count], out.value[count] = slot, watch, ts[i], number
            first = number if channel.how == EVENT else first
            out.first[count], out.second[count], out.reading[count] = first, second, i
            count += 1
    return count, skipped


@kernel
def _changes(watch, active, last, where):  # type: ignore[no-untyped-def]
    """Write to `where` the positions at which a symptom changed; keeps the newest in `last`. How many."""
    count = 0
    for i in range(len(watch)):
        if active[i] != last[watch[i]]:
            last[watch[i]] = active[i]
            where[count] = i
            count += 1
    return count


def changed(watch: Ints, active: NDArray[np.int8], last: NDArray[np.int8]) -> Ints:
    """The positions in a batch at which the symptom of a watch is another than before."""
    where = np.empty(len(watch), np.int64)
    return where[: int(_changes(watch, active, last, where))]


@kernel
def _news(watch, ts, active, severity, rows, where):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    count = 0
    for i in range(len(watch)):
        told = rows[watch[i]]
        if active[i] == told.active:
            grown = severity[i] >= GROWN * told.severity
            if active[i] == 0 or not (grown or ts[i] - told.told_ts >= AGAIN_MS):
                continue
            told.severity = max(told.severity, severity[i])
        else:
            told.severity = max(severity[i], LEAST)
        told.active, told.told_ts = active[i], ts[i]
        where[count] = i
        count += 1
    return count


def news(watches: SlotState, watch: Ints, ts: Ints, active: NDArray[np.int8], severity: Floats) -> Ints:
    """The positions in a batch at which fusion must hear of a watch's symptom.

    Those are where it begins, ends or lasts, where it has grown, and once a day while it goes on; `watches` keeps
    what was told.
    """
    where = np.empty(len(watch), np.int64)
    return where[: int(_news(watch, ts, active, severity, watches.rows, where))]
