"""LBNL: two single-zone air handlers, a row a minute, each day labelled as normal or faulty (Sci Data 2020, 398)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from device_sim.models.machine import DAY_MS, Rows
from device_sim.recorded.sets.recorded_set import RecordedSet, label, mapped, stems, table
from device_sim.recorded.tape import Piece, Sequence, Stage, Tape

WELL_DAYS = 8  # normal days before the first faulty one, so that a device has a past to be judged by
NORMAL = ":normal"
TRUTH = "Fault Detection Ground Truth"


def _names(folder: Path) -> list[str]:
    return [name + ending for name in stems(folder, "*.csv.gz", ".csv.gz") for ending in ("", NORMAL)]


def _open(folder: Path, name: str) -> Tape:
    """The normal days over and over, then the faulty ones in their order, the last of them again and again."""
    path = folder / f"{name.removesuffix(NORMAL)}.csv.gz"
    rows = mapped(path, "lbnl_ahu")
    faulty_dates = {cells[0].split()[0] for cells in table(path, ("Datetime", TRUTH)) if cells[1] not in {"0", "0.0"}}
    days = {int(day): rows.between(day * DAY_MS, (day + 1) * DAY_MS) for day in np.unique(rows.ts // DAY_MS)}
    faulty = {day for day in days if _date(day) in faulty_dates}
    well = _piece([days[day] for day in sorted(set(days) - faulty)])
    if name.endswith(NORMAL):
        return Tape("air_handler", tuple(rows.columns), Sequence((Stage(well, 0),)))
    ill = [_piece([days[day]]) for day in sorted(faulty)]
    stages = (
        Stage(well, WELL_DAYS * DAY_MS),
        *(Stage(piece, DAY_MS) for piece in ill[:-1]),
        Stage(ill[-1], 0),
    )
    truth = label("supply_air_off_target", WELL_DAYS * DAY_MS)
    return Tape("air_handler", tuple(rows.columns), Sequence(stages, (truth,)))


def _date(day: int) -> str:
    """A day number as the recording writes it."""
    date = np.datetime64(day, "D").item()
    return f"{date.month}/{date.day}/{date.year}"


def _piece(days: list[Rows]) -> Piece:
    """Whole days, one after the other without the gaps that were between them."""
    moved = [Rows(rows.ts % DAY_MS + number * DAY_MS, rows.columns) for number, rows in enumerate(days)]
    return Piece(Rows.join(moved, tuple(days[0].columns)), len(days) * DAY_MS)


LBNL_AHU = RecordedSet(
    "lbnl_ahu", "Two single-zone air handlers, a row a minute.", "normal and faulty days", _names, _open
)
