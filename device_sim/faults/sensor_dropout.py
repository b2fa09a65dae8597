"""A sensor that is heard less and less: its bus has errors, its driver gives up."""

from __future__ import annotations

import numpy as np

from device_sim.faults.fault import Fault, Occurrence
from device_sim.faults.sensors import SIGNALS
from device_sim.models.chance import cell_noise
from device_sim.models.machine import Rows, State

GAP_MS = 20 * 60_000


def _drop(occurrence: Occurrence, rows: Rows, _memory: State) -> Rows:
    missing = cell_noise(occurrence.pattern, rows.ts, GAP_MS) < occurrence.depth * occurrence.severity(rows.ts)
    if not missing.any():
        return rows
    heard = np.where(missing, np.nan, rows.columns[occurrence.signal])
    return Rows(rows.ts, rows.columns | {occurrence.signal: heard})


SENSOR_DROPOUT = Fault(
    name="sensor_dropout",
    label="Sensor drops out",
    about="One signal is missing from more and more messages; what is heard of it is right.",
    device_types=(),
    course="progressive",
    depths=(0.7, 0.97),  # part of the time without it in the end
    expects="attention",
    days=(5.0, 12.0),
    noticed=None,
    signals=SIGNALS,
    report=_drop,
)
