"""One device twice, with a fault and without, and which of its signals tell the two apart."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.models import MODELS
from device_sim.models.chance import generator
from device_sim.models.machine import DAY_MS, Floats, Rows
from device_sim.stream import DeviceSpec, DeviceStream

ZONE = "Europe/Berlin"
BEFORE_DAYS, AFTER_DAYS = 5, 4
BUCKETS = 240  # across a picture; more hides a thin line, fewer hides a short event
KINDS = 3  # device types drawn of a fault that strikes nearly all; more makes the sheet long, not clearer
MESSAGES = "messages"  # the signal that every device has: that it speaks


@dataclass(frozen=True, slots=True)
class Twins:
    """A device's rows with a fault and without, over [start, end) in epoch milliseconds."""

    fault: str
    kind: str
    occurrence: Occurrence
    start_ms: int
    end_ms: int
    healthy: Rows
    ailing: Rows


@dataclass(frozen=True, slots=True)
class Trace:
    """Least, mean and greatest value of a signal in each bucket of time; NaN where there is none. Length BUCKETS."""

    low: Floats
    mean: Floats
    high: Floats


def every_pair(seed: int, start_ms: int, only: str = "") -> Iterator[Twins]:
    """Each fault on the device types that have a model and can have it, at most `KINDS`; all of them for `only` one."""
    for name, fault in FAULTS.items():
        kinds = [kind for kind in MODELS if fault.strikes(kind)]
        if only in {"", name}:
            for kind in kinds if only else kinds[:KINDS]:
                yield twins(name, kind, seed, start_ms)


def twins(fault: str, kind: str, seed: int, start_ms: int) -> Twins:
    """The two lives, from some days before the onset to some days after the failure. Raises PluginError."""
    spec = DeviceSpec(f"{kind}-1", kind, "Model 1", "1.0", kind, "owner", ZONE)
    onset = start_ms + BEFORE_DAYS * DAY_MS
    occurrence = FAULTS.get(fault).draw(generator(seed, fault, kind), spec.id, kind, onset)
    until = max(occurrence.failure_ms, min(occurrence.end_ms or 0, onset + 20 * DAY_MS))
    end = until + AFTER_DAYS * DAY_MS
    healthy = DeviceStream(spec, seed, start_ms).window(start_ms, end)
    ailing = DeviceStream(spec, seed, start_ms, [occurrence]).window(start_ms, end)
    return Twins(fault, kind, occurrence, start_ms, end, healthy, ailing)


def trace(rows: Rows, signal: str, start_ms: int, end_ms: int) -> Trace:
    """A signal in buckets; `MESSAGES` counts rows."""
    place = np.minimum((rows.ts - start_ms) * BUCKETS // (end_ms - start_ms), BUCKETS - 1)
    if signal == MESSAGES:
        messages = np.bincount(place, minlength=BUCKETS).astype(np.float64)
        return Trace(messages, messages, messages)
    values = rows.columns[signal]
    heard = ~np.isnan(values)
    place, values = place[heard], values[heard]
    count = np.bincount(place, minlength=BUCKETS)
    low, high = np.full(BUCKETS, np.inf), np.full(BUCKETS, -np.inf)
    np.minimum.at(low, place, values)
    np.maximum.at(high, place, values)
    empty = count == 0
    low[empty] = high[empty] = np.nan
    mean = np.bincount(place, values, minlength=BUCKETS) / np.where(empty, np.nan, count)
    return Trace(low, mean, high)


def telling(pair: Twins, most: int) -> list[str]:
    """The signals in which the two lives differ, the clearest first."""
    found = {signal: _difference(pair, signal) for signal in (*pair.healthy.columns, MESSAGES)}
    best = sorted((signal for signal in found if found[signal] > 0), key=lambda signal: (-found[signal], signal))
    return best[:most]


def _difference(pair: Twins, signal: str) -> float:
    """Mean distance of the two after the onset, in units of the healthy one's own spread."""
    one = trace(pair.healthy, signal, pair.start_ms, pair.end_ms)
    other = trace(pair.ailing, signal, pair.start_ms, pair.end_ms)
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # a signal that is never there
        spread = float(np.nanstd(one.mean)) + 1e-9 + 1e-3 * abs(float(np.nanmean(one.mean)))
        apart = np.nanmean([np.abs(a - b) for a, b in zip(_shapes(one), _shapes(other), strict=True)])
    return 0.0 if np.isnan(apart) else min(float(apart) / spread, 1e6)


def _shapes(of: Trace) -> tuple[Floats, Floats, Floats]:
    return of.low, of.mean, of.high
