"""A device at the edge of the radio's reach: it is heard, then not, then heard again."""

from __future__ import annotations

import numpy as np

from device_sim.faults.fault import Fault, Occurrence
from device_sim.models.chance import cell_noise
from device_sim.models.machine import Rows, State

HOLE_MS = 12 * 60_000


def _flap(occurrence: Occurrence, rows: Rows, _memory: State) -> Rows:
    bad = occurrence.severity(rows.ts) > 0
    if not bad.any():
        return rows
    columns = dict(rows.columns)
    if "rssi" in columns:
        columns["rssi"] = np.clip(columns["rssi"] - 9.0 * bad, -125, 0)
    lost = bad & (cell_noise(occurrence.pattern + 1, rows.ts, HOLE_MS) < occurrence.depth)
    return Rows(rows.ts, columns).keep(~lost)


WIFI_FLAPPING = Fault(
    name="wifi_flapping",
    label="Radio link comes and goes",
    about="For hours most messages are lost, in holes of some minutes, with a weak signal where one is told; then all "
    "is heard again.",
    device_types=("heat_pump", "freezer", "circulation_pump", "water_meter", "hub", "room_sensor", "leak_sensor"),
    course="intermittent",
    depths=(0.5, 0.85),  # part of a bad hour that is lost
    noticed=None,
    bout_h=4.0,
    duty=0.5,
    report=_flap,
)
