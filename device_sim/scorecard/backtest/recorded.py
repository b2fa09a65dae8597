"""History out of files: each recording is the life of one device, whose owner may be told at any hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from device_sim.errors import BacktestImpossible
from device_sim.faults.fault import Occurrence
from device_sim.models.machine import HOUR_MS, Rows
from device_sim.recorded.sets.recorded_set import mapped
from device_sim.replay.mapping import load
from device_sim.scenarios.scenario import FIRST_DAY
from device_sim.scorecard.backtest.history import History, Wanted, span
from device_sim.stream import DeviceSpec
from ingest.reading import ReadingBatch, series_id
from ingest.wire.device_types import DEVICE_TYPES
from outreach.customers.manifest import NO_QUIET_HOURS
from outreach.customers.record import SERVICE, ContactPoint, Customer

OWNER = "owner"
AFTER_MS = HOUR_MS  # after the last reading, so that notices go out; longer, and devices would be called silent


def recorded(files: Sequence[Path], mapping: str, tenant: str, wanted: Wanted, truth: Sequence[Occurrence]) -> History:
    """A device for each file, named after it; without times of its own, a recording begins on 2026-01-12.

    Raises MappingInvalid, RecordingUnusable, and BacktestImpossible for two files of one name or truth about a device
    that is none of them.
    """
    table = load(mapping)
    lives: dict[str, Rows] = {}
    for path in files:
        name = path.name.partition(".")[0]
        if name in lives:
            raise BacktestImpossible(f"Two files are named '{name}'.", "Rename one: the name becomes the device's.")
        rows = mapped(path, mapping)
        lives[name] = Rows(rows.ts + FIRST_DAY, rows.columns) if table.time.period_s else rows
    if strange := sorted({one.device for one in truth} - set(lives)):
        known = ", ".join(lives)
        raise BacktestImpossible(f"The truth is about '{strange[0]}', which no file is.", f"The devices are: {known}.")
    heard = [rows.ts for rows in lives.values() if len(rows)]
    if not heard:
        raise BacktestImpossible("The files hold no readings.", "Check the mapping with `forewarn replay`.")
    start, judged, end = span(min(int(ts[0]) for ts in heard), max(int(ts[-1]) for ts in heard) + AFTER_MS, wanted)
    return History(
        "recorded files",
        start,
        judged,
        end,
        tuple(DeviceSpec(name, table.device_type, "", "", name, OWNER, "UTC") for name in lives),
        (_owner(tenant),),
        (),
        tuple(truth),
        (),
        complete=True,
        readings=lambda begin, finish: _readings(lives, table.device_type, begin, finish),
    )


def _owner(tenant: str) -> Customer:
    point = ContactPoint("email", "owner@example.org", verified=True)
    return Customer(tenant, OWNER, "Owner", "en", "UTC", "metric", NO_QUIET_HOURS, (point,), (SERVICE,))


def _readings(lives: dict[str, Rows], kind: str, start_ms: int, end_ms: int) -> Iterable[tuple[str, ReadingBatch]]:
    for name, rows in lives.items():
        part = rows.between(start_ms, end_ms)
        signals = [series_id(0, DEVICE_TYPES.get(kind).signal(signal).number) for signal in part.columns]
        value = np.stack(list(part.columns.values()), axis=1).reshape(-1)
        there = np.isfinite(value)
        count = int(there.sum())
        yield (
            name,
            ReadingBatch(
                np.tile(np.array(signals, np.int64), len(part))[there],
                np.repeat(part.ts, len(signals))[there],
                value[there],
                np.zeros(count, np.uint8),
                np.full(count, -1, np.int64),
            ),
        )
