"""carOBD: drives of one healthy Toyota Etios through its OBD-II port (eron93br/carOBD). No labels: normal driving."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from device_sim.models.machine import Rows
from device_sim.recorded.sets.recorded_set import RecordedSet, mapped, stems
from device_sim.recorded.tape import Outings, Piece, Tape

EVERY = 20  # rows of half a second: one in ten seconds is more than any car sends home
EVERYDAY = "everyday"


def _names(folder: Path) -> list[str]:
    return [EVERYDAY, *stems(folder, "*.csv.gz", ".csv.gz")]


def _open(folder: Path, name: str) -> Tape:
    """`everyday` draws one to three of all drives a day, another name plays that drive every morning."""
    chosen = stems(folder, "*.csv.gz", ".csv.gz") if name == EVERYDAY else [name]
    pieces = tuple(_drive(folder / f"{one}.csv.gz") for one in chosen)
    outings = Outings(pieces, 1, 3) if name == EVERYDAY else Outings(pieces, 1, 1, (7.0, 8.0))
    return Tape("vehicle", tuple(pieces[0].rows.columns), outings)


@cache
def _drive(path: Path) -> Piece:
    rows = mapped(path, "carobd", EVERY)
    # the recorder's last row of some files is cut short
    heard = rows.keep(~np.isnan(rows.columns["rpm"]))
    return Piece(Rows(heard.ts - heard.ts[0], heard.columns), int(heard.ts[-1] - heard.ts[0]) + 10_000)


CAROBD = RecordedSet("carobd", "Drives of one Toyota Etios, by OBD-II.", "none: normal driving", _names, _open)
