"""A sensor whose readings jump now and then: interference, a damaged shield."""

from __future__ import annotations

import numpy as np

from device_sim.faults.fault import Fault, Occurrence
from device_sim.faults.sensors import SIGNALS, dice, off
from device_sim.models.machine import Rows, State

OFTEN = 0.1  # of the readings in a bad hour


def _spike(occurrence: Occurrence, rows: Rows, _memory: State) -> Rows:
    hit = (dice(occurrence, rows.ts, 1) < OFTEN) & (occurrence.severity(rows.ts) > 0)
    if not hit.any():
        return rows
    side = np.where(dice(occurrence, rows.ts, 2) < 0.5, -1.0, 1.0)
    height = hit * side * occurrence.depth * (0.6 + 0.8 * dice(occurrence, rows.ts, 3))
    return Rows(rows.ts, rows.columns | {occurrence.signal: off(occurrence, rows.columns[occurrence.signal], height)})


SENSOR_SPIKES = Fault(
    name="sensor_spikes",
    label="Sensor with spikes",
    about="Single readings of one signal jump up or down by far more than it ever moves, hours of peace in between.",
    device_types=(),
    course="intermittent",
    depths=(4.0, 9.0),  # errors of the size that is worth noticing
    expects="attention",
    noticed=None,
    bout_h=5.0,
    duty=0.65,
    signals=SIGNALS,
    report=_spike,
)
