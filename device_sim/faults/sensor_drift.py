"""A sensor that goes wrong by and by: ageing, dirt, moisture in the plug."""

from __future__ import annotations

from device_sim.faults.fault import Fault, Occurrence
from device_sim.faults.sensors import SIGNALS, off
from device_sim.models.machine import Rows, State


def _drift(occurrence: Occurrence, rows: Rows, _memory: State) -> Rows:
    side = 1.0 if occurrence.pattern % 2 else -1.0
    wrong = side * occurrence.depth * occurrence.severity(rows.ts)
    if not wrong.any():
        return rows
    return Rows(rows.ts, rows.columns | {occurrence.signal: off(occurrence, rows.columns[occurrence.signal], wrong)})


SENSOR_DRIFT = Fault(
    name="sensor_drift",
    label="Drifting sensor",
    about="One signal moves away from what it measures, further every day; the others go on as before.",
    device_types=(),
    course="progressive",
    depths=(2.0, 4.0),  # errors of the size that is worth noticing
    expects="attention",
    days=(7.0, 16.0),
    noticed=None,
    signals=SIGNALS,
    report=_drift,
)
