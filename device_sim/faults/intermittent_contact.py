"""A loose plug: for some hours a sensor is gone or reads like an open circuit, then all is well again."""

from __future__ import annotations

import numpy as np

from device_sim.faults.fault import Fault, Occurrence
from device_sim.faults.sensors import SIGNALS, dice, off
from device_sim.models.machine import Rows, State

GONE, OPEN = 0.45, 0.75  # below the first the value is missing, below the second it falls


def _shake(occurrence: Occurrence, rows: Rows, _memory: State) -> Rows:
    loose = occurrence.severity(rows.ts) > 0
    if not loose.any():
        return rows
    luck = dice(occurrence, rows.ts, 1)
    falls = loose & (luck >= GONE) & (luck < OPEN)
    column = off(occurrence, rows.columns[occurrence.signal], -occurrence.depth * falls * (1 + luck))
    return Rows(rows.ts, rows.columns | {occurrence.signal: np.where(loose & (luck < GONE), np.nan, column)})


INTERMITTENT_CONTACT = Fault(
    name="intermittent_contact",
    label="Loose contact at a sensor",
    about="In bouts of some hours one signal is missing or falls far below the possible, then is right again.",
    device_types=(),
    course="intermittent",
    depths=(6.0, 14.0),  # errors of the size that is worth noticing
    expects="attention",
    noticed=None,
    bout_h=3.0,
    duty=0.4,
    signals=SIGNALS,
    report=_shake,
)
