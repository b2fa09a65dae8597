"""The product's own engine over a recorded table, one device alone."""

from __future__ import annotations

import numpy as np

from detectors.engine.engine import Engine
from detectors.engine.program import Program
from detectors.finding import Finding
from ingest.reading import Frame, ReadingBatch, series_id
from ingest.registry.devices import Device
from ingest.wire.device_types import DEVICE_TYPES
from tests.benchmarks.recorded import Floats

START = 1_767_225_600_000  # 2026-01-01 00:00 UTC


def findings(program: Program, kind: str, columns: dict[str, Floats], step_ms: int) -> list[Finding]:
    """What the engine raises over rows `step_ms` apart; a column is a signal of the device type, NaN is missing."""
    device_type = DEVICE_TYPES.get(kind)
    series = np.array([series_id(1, device_type.signal(name).number) for name in columns], np.int64)
    values = np.stack(list(columns.values()), axis=1)
    ts = np.repeat(START + step_ms * np.arange(len(values), dtype=np.int64), len(series))
    there = np.isfinite(values.reshape(-1))
    count = int(there.sum())
    batch = ReadingBatch(
        np.tile(series, len(values))[there],
        ts[there],
        values.reshape(-1)[there],
        np.zeros(count, np.uint8),
        np.full(count, -1, np.int64),
    )
    device = Device(1, "demo", "d", kind, "", "", "", "UTC", None)
    engine = Engine(program, lambda numbers: dict.fromkeys(numbers, device))
    raised = engine.process(Frame(int(ts[-1]), batch))
    return [finding for finding in raised if finding.kind == "raised"]
