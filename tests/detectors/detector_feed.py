"""Readings and devices for the detector tests: small, exact, nothing random."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

import numpy as np

from detectors.engine.engine import Engine
from detectors.engine.program import Program
from ingest.reading import Frame, ReadingBatch, series_id
from ingest.registry.devices import Device
from ingest.wire.device_types import DEVICE_TYPES

START = 1_767_225_600_000  # 2026-01-01 00:00 UTC
MINUTE = 60_000


def device(no: int, kind: str) -> Device:
    return Device(no, "demo", f"{kind}-{no}", kind, "", "", "", "UTC", None)


def messages(no: int, kind: str, ts: Iterable[int], columns: Mapping[str, object], quality: int = 0) -> ReadingBatch:
    """Whole messages of one device: at each of `ts` one reading a column (a number or an array)."""
    stamps = np.asarray(list(ts), np.int64)
    device_type = DEVICE_TYPES.get(kind)
    series = [series_id(no, device_type.signal(name).number) for name in columns]
    values = np.stack([np.broadcast_to(np.asarray(column, float), stamps.shape) for column in columns.values()], 1)
    return ReadingBatch(
        np.tile(np.array(series, np.int64), len(stamps)),
        np.repeat(stamps, len(series)),
        values.reshape(-1).astype(np.float64),
        np.full(values.size, quality, np.uint8),
        np.full(values.size, -1, np.int64),
    )


def drive(no: int, minutes: int, coolant: object = 90.0, voltage: object = 14.1, start: int = START) -> ReadingBatch:
    """A car under way, once a minute."""
    ts = start + MINUTE * np.arange(minutes)
    columns = {
        "rpm": 2000.0,
        "speed": 60.0,
        "run_time": 1200.0 + 60 * np.arange(minutes),
        "coolant_temp": coolant,
        "voltage": voltage,
    }
    return messages(no, "vehicle", ts.tolist(), columns)


def engine_of(program: Program, devices: Iterable[Device]) -> Engine:
    known = {item.no: item for item in devices}
    return Engine(program, lambda numbers: {no: known[no] for no in numbers if no in known})


def frames(batch: ReadingBatch, cuts: Iterable[int], received_ms: int = 0) -> list[Frame]:
    """`batch` cut at the positions `cuts`, received when it was complete, each part one second later."""
    received_ms = received_ms or int(batch.ts.max(initial=START))
    edges = [0, *sorted(cuts), len(batch)]
    parts = [batch.take(np.arange(a, b)) for a, b in itertools.pairwise(edges)]
    return [Frame(received_ms + 1000 * at, part) for at, part in enumerate(parts)]
