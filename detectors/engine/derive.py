"""Readings to channels: put the signals of one message together, apply the gates, drop what comes late or twice."""

from __future__ import annotations

import math
from collections import namedtuple
from functools import partial
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from detectors.algorithms.detector import Floats, Ints
from detectors.algorithms.state import Field, SlotState
from detectors.engine.program import SIGNALS, WHEN, Program

BEFORE = np.iinfo(np.int64).min
GAP_MS = 3_600_000.0  # a fall over a longer gap says nothing about its speed
HOUR_MS = 3_600_000.0

SIGNAL_FIELDS = (Field("ts", "i8", fill=BEFORE), Field("value", "f8"))
WATCH_FIELDS = (Field("ts", "i8", fill=BEFORE), Field("value", "f8"), Field("active", "i1"))

_Program = namedtuple(  # noqa: PYI024 - what Numba takes
    "_Program",
    ["how", "first", "second", "gates", "gate_signal", "gate_low", "gate_high", "gate_kind", "triggers", "trigger"],
)
_Devices = namedtuple("_Devices", ["type_no", "signal_at", "signals", "watch_at", "first_watch"])  # noqa: PYI024
_Seen = namedtuple("_Seen", ["ts", "value", "watch_ts", "watch_value"])  # noqa: PYI024
Samples = namedtuple("Samples", ["watch", "program", "ts", "value", "first", "second", "reading"])  # noqa: PYI024


def derive(
    program: Program, devices: Any, state: tuple[SlotState, SlotState], batch: tuple[Ints, Ints, Ints, Floats]
) -> tuple[Any, int]:
    """The samples of a batch of ``(device slot, signal number, ts, value)``, and how many readings were skipped.

    A reading that is not later than its signal's last one (late or double) is skipped. A sample comes when the last
    signal that its channel needs has arrived for one device time, so neither the order within a message nor the
    cut of the batch matters. `devices` is a `_Devices` of columns; `state` are the signals' and the watches'.
    """
    device, signal, ts, value = batch
    signals, watches = state
    most = int(np.diff(program.triggers, axis=1).max(initial=0))
    room = len(device) * max(most, 1)
    whole, number = partial(np.empty, room, np.int64), partial(np.empty, room, np.float64)
    out = Samples(whole(), whole(), whole(), number(), number(), number(), whole())
    compiled = _Program(*(getattr(program, name) for name in _Program._fields))
    seen = _Seen(signals["ts"], signals["value"], watches["ts"], watches["value"])
    count, skipped = _derive(device, signal, ts, value, compiled, devices, seen, out)
    return Samples(*(column[:count] for column in out)), skipped


@njit(cache=True)
def _open(p, watch, base, ts, seen):  # type: ignore[no-untyped-def]
    """0: an input is missing or a `when` gate is closed, 1: everything holds, 2: only an `only` gate is closed."""
    if p.second[watch] >= 0 and seen.ts[base + p.second[watch]] != ts:
        return 0
    if seen.ts[base + p.first[watch]] != ts:
        return 0
    verdict = 1
    for gate in range(p.gates[watch, 0], p.gates[watch, 1]):
        at = base + p.gate_signal[gate]
        if seen.ts[at] != ts:
            return 0
        if not p.gate_low[gate] <= seen.value[at] <= p.gate_high[gate]:
            if p.gate_kind[gate] == WHEN:
                return 0
            verdict = 2
    return verdict


@njit(cache=True)
def _value(p, watch, slot, first, second, ts, seen):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """The channel's number, NaN for none."""
    if p.how[watch] == 0:
        return first
    if p.how[watch] == 1:
        return first - second
    before, then = seen.watch_value[slot], seen.watch_ts[slot]
    seen.watch_value[slot], seen.watch_ts[slot] = first, ts
    if then == BEFORE or ts - then > GAP_MS or first > before:
        return math.nan
    return (before - first) / (ts - then) * HOUR_MS


@njit(cache=True, nogil=True)
def _derive(device, signal, ts, value, p, devices, seen, out):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    count, skipped = 0, 0
    for i in range(len(device)):
        d = device[i]
        if signal[i] >= devices.signals[d] or not math.isfinite(value[i]):
            skipped += 1
            continue
        base = devices.signal_at[d]
        at = base + signal[i]
        if ts[i] <= seen.ts[at]:
            skipped += 1
            continue
        seen.ts[at], seen.value[at] = ts[i], value[i]
        wanted = devices.type_no[d] * SIGNALS + signal[i]
        for k in range(p.triggers[wanted, 0], p.triggers[wanted, 1]):
            watch = p.trigger[k]
            verdict = _open(p, watch, base, ts[i], seen)
            if verdict == 0:
                continue
            first = seen.value[base + p.first[watch]]
            second = seen.value[base + p.second[watch]] if p.second[watch] >= 0 else 0.0
            slot = devices.watch_at[d] + watch - devices.first_watch[d]
            number = _value(p, watch, slot, first, second, ts[i], seen) if verdict == 1 else 0.0
            if math.isnan(number):
                continue
            out.watch[count], out.program[count], out.ts[count], out.value[count] = slot, watch, ts[i], number
            out.first[count], out.second[count], out.reading[count] = first, second, i
            count += 1
    return count, skipped


@njit(cache=True, nogil=True)
def changes(watch, active, last, where):  # type: ignore[no-untyped-def]
    """Write to `where` the positions at which a watch's symptom changed; keeps the newest in `last`. How many."""
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
    return where[: int(changes(watch, active, last, where))]
