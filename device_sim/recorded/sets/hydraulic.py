"""UCI 447: 2,205 load cycles of a hydraulic rig under set conditions of cooler, valve, pump and accumulator.

The recording goes through the conditions one after the other, the worst cooler first. A life puts them in the order in
which a machine wears: cycles of a sound rig over and over, then those of the weak part, then those of the failed one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from device_sim.models.machine import DAY_MS, Floats
from device_sim.recorded.sets.recorded_set import RecordedSet, even, grid, label, runs
from device_sim.recorded.tape import Piece, Sequence, Stage, Tape

SENSORS = ("TS1", "TS2", "TS3", "TS4")
CYCLE_MS = 60_000
WELL_MS, WEAK_MS = 8 * DAY_MS, 6 * DAY_MS
COOLER, VALVE, PUMP = 0, 1, 2  # columns of the profile: % of effect, % of switching, leak 0 to 2
FAULTS = {"cooler": "cooler_wear", "pump": "pump_leakage"}


def _names(_folder: Path) -> list[str]:
    return ["normal", *FAULTS]


def _open(folder: Path, name: str) -> Tape:
    means = [grid(folder / f"{sensor}.txt.gz").mean(axis=1) for sensor in SENSORS]
    profile = grid(folder / "profile.txt.gz")
    columns = {f"oil_temp_{number + 1}": np.round(mean, 3) for number, mean in enumerate(means)}
    sound = profile[:, PUMP] == 0
    well = _piece(columns, (profile[:, COOLER] == 100) & (profile[:, VALVE] == 100) & sound)
    if name == "normal":
        return Tape("hydraulic_rig", tuple(columns), Sequence((Stage(well, 0),)))
    if name == "cooler":
        weak, failed = (_piece(columns, (profile[:, COOLER] == left) & sound) for left in (20, 3))
    else:
        weak, failed = (_piece(columns, (profile[:, COOLER] == 100) & (profile[:, PUMP] == leak)) for leak in (1, 2))
    truth = label(FAULTS[name], WELL_MS, WELL_MS + WEAK_MS)
    stages = (Stage(well, WELL_MS), Stage(weak, WEAK_MS), Stage(failed, 0))
    return Tape("hydraulic_rig", tuple(columns), Sequence(stages, (truth,)))


def _piece(columns: dict[str, Floats], where: np.ndarray) -> Piece:
    """The longest run of cycles under one condition: temperatures carry over from cycle to cycle."""
    first, last = max(runs(where), key=lambda run: run[1] - run[0])
    rows = even({name: column[first:last] for name, column in columns.items()}, CYCLE_MS)
    return Piece(rows, (last - first) * CYCLE_MS)


HYDRAULIC = RecordedSet(
    "hydraulic",
    "A hydraulic rig: four oil temperatures, means of load cycles of a minute.",
    "effect of the cooler, leak of the pump",
    _names,
    _open,
)
