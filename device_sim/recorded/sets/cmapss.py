"""NASA C-MAPSS FD001: turbofans run to failure, one row of sensors a flight (Saxena and Goebel, 2008)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from device_sim.models.machine import HOUR_MS, Floats
from device_sim.recorded.sets.recorded_set import RecordedSet, even, grid, label, stems
from device_sim.recorded.tape import Piece, Sequence, Stage, Tape

FLIGHT_MS = 3 * HOUR_MS  # short hops: 200 flights are 25 days
WEARING = 125  # flights before the failure from which on wear is taken to show, as studies of this set do
PSI, POUND = 6.894757, 0.45359237
SENSORS: dict[str, tuple[int, float, float]] = {  # signal: column, factor, offset
    "lpc_outlet_temp": (6, 5 / 9, -273.15),
    "hpc_outlet_temp": (7, 5 / 9, -273.15),
    "lpt_outlet_temp": (8, 5 / 9, -273.15),
    "hpc_outlet_pressure": (11, PSI, 0.0),
    "hpc_static_pressure": (15, PSI, 0.0),
    "fan_speed": (12, 1.0, 0.0),
    "core_speed": (13, 1.0, 0.0),
    "fan_speed_corrected": (17, 1.0, 0.0),
    "core_speed_corrected": (18, 1.0, 0.0),
    "fuel_flow_ratio": (16, 1.0, 0.0),
    "bypass_ratio": (19, 1.0, 0.0),
    "bleed_enthalpy": (21, 1.0, 0.0),
    "hpt_coolant_flow": (24, POUND, 0.0),
    "lpt_coolant_flow": (25, POUND, 0.0),
}


def _names(folder: Path) -> list[str]:
    names = []
    for stem in stems(folder, "train_*.txt.gz", ".txt.gz"):
        engines = np.unique(_flights(folder / f"{stem}.txt.gz")[:, 0]).astype(int)
        names += [f"{stem.removeprefix('train_')}#{engine}" for engine in engines]
    return names


def _open(folder: Path, name: str) -> Tape:
    stem, _, engine = name.partition("#")
    flights = _flights(folder / f"train_{stem}.txt.gz")
    mine = flights[flights[:, 0] == int(engine)]
    columns = {
        signal: np.round(mine[:, column] * factor + offset, 4) for signal, (column, factor, offset) in SENSORS.items()
    }
    lasts = len(mine) * FLIGHT_MS
    failure = lasts - FLIGHT_MS
    truth = label("engine_wear", max(0, failure - WEARING * FLIGHT_MS), failure)
    return Tape("turbofan", tuple(columns), Sequence((Stage(Piece(even(columns, FLIGHT_MS), lasts), lasts),), (truth,)))


@cache
def _flights(path: Path) -> Floats:
    return grid(path, header=1)


CMAPSS = RecordedSet(
    "cmapss", "Turbofans run to failure, a row a flight.", "the failure after the last row", _names, _open
)
