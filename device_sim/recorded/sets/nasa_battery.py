"""NASA PCoE: lithium-ion cells of 2 Ah, discharged until they have lost a quarter (Saha and Goebel, 2007)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from device_sim.models.machine import HOUR_MS
from device_sim.recorded.sets.recorded_set import RecordedSet, even, grid, label, stems
from device_sim.recorded.tape import Piece, Sequence, Stage, Tape

CYCLE_MS = 4 * HOUR_MS  # a discharge and a slow charge
RATED = 2.0  # Ah
WORN, SPENT = 0.9 * RATED, 0.75 * RATED
SIGNALS = ("discharge_voltage", "discharge_temp", "voltage_drop_time", "capacity")


def _names(folder: Path) -> list[str]:
    return stems(folder, "*.csv", ".csv")


def _open(folder: Path, name: str) -> Tape:
    cycles = grid(folder / f"{name}.csv", ",", header=1)
    columns = {signal: np.round(cycles[:, at], 5) for at, signal in enumerate(SIGNALS, 1)}
    onset, failure = (int(np.argmax(columns["capacity"] < level)) * CYCLE_MS for level in (WORN, SPENT))
    lasts = len(cycles) * CYCLE_MS
    stages = (Stage(Piece(even(columns, CYCLE_MS), lasts), lasts),)
    return Tape("battery_cell", SIGNALS, Sequence(stages, (label("capacity_fade", onset, failure),)))


NASA_BATTERY = RecordedSet(
    "nasa_battery", "Four lithium-ion cells, a row a discharge.", "capacity below three quarters", _names, _open
)
