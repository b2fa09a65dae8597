"""A sensor that says the same for ever: the value at the onset, to the last digit."""

from __future__ import annotations

import numpy as np

from device_sim.faults.fault import Fault, Occurrence
from device_sim.faults.sensors import SIGNALS
from device_sim.models.machine import Rows, State


def _freeze(occurrence: Occurrence, rows: Rows, memory: State) -> Rows:
    bad = occurrence.severity(rows.ts) > 0
    if not bad.any():
        return rows
    column = rows.columns[occurrence.signal]
    key = f"stuck/{occurrence.signal}/{occurrence.onset_ms}"
    if key not in memory:
        heard = column[bad & ~np.isnan(column)]
        if not len(heard):
            return rows
        memory[key] = float(heard[0])
    frozen = np.where(bad, memory[key], column)
    return Rows(rows.ts, rows.columns | {occurrence.signal: frozen})


SENSOR_STUCK = Fault(
    name="sensor_stuck",
    label="Stuck sensor",
    about="One signal repeats the value of the onset to the last digit.",
    device_types=(),
    course="sudden",
    depths=(1.0, 1.0),
    expects="attention",
    noticed=None,
    signals=SIGNALS,
    report=_freeze,
)
