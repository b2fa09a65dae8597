"""Score a table, row by row, from one CSV file into another."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from detectors.scoring.reader import Chunk, Table, open_table
from detectors.scoring.scorer import Rows, Scorer

COLUMNS = ("surprise", "severity", "alert_score", "attention", "contact")  # see `Rows`


@dataclass(frozen=True, slots=True)
class Summary:
    """What was scored. `out_of_order` rows are not later than the row before; they are scored and not learned."""

    rows: int
    signals: int
    readings: int
    missing: int
    out_of_order: int
    attention: int
    contact: int


def score_table(
    source: TextIO, target: TextIO, scorer_of: Callable[[int], Scorer], told: Callable[[int], None]
) -> Summary:
    """Score every row of the CSV `source` into the CSV `target`; `told` hears how many rows are done.

    Raises TableError with the line of the first cell that cannot be used; rows before it are written.
    """
    table = Table(source)
    scorer = scorer_of(len(table.signals))
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow((table.time, *COLUMNS))
    counts = dict.fromkeys(Summary.__dataclass_fields__, 0) | {"signals": len(table.signals)}
    newest = np.iinfo(np.int64).min
    for chunk in table.chunks():
        rows = scorer.score(chunk.ts, chunk.values)
        writer.writerows(_cells(chunk, rows))
        order = np.maximum.accumulate(np.concatenate([[newest], chunk.ts]))
        newest = int(order[-1])
        for name, number in _counted(chunk, rows, order).items():
            counts[name] += number
        told(counts["rows"])
    return Summary(**counts)


def _counted(chunk: Chunk, rows: Rows, order: NDArray[np.int64]) -> dict[str, int]:
    missing = int(np.isnan(chunk.values).sum())
    return {
        "rows": len(chunk.stamps),
        "readings": chunk.values.size - missing,
        "missing": missing,
        "out_of_order": int((chunk.ts <= order[:-1]).sum()),
        "attention": int(rows.attention.sum()),
        "contact": int(rows.contact.sum()),
    }


def _cells(chunk: Chunk, rows: Rows) -> Any:
    numbers = (np.char.mod("%.6g", column).tolist() for column in (rows.surprise, rows.severity, rows.alert_score))
    flags = (column.astype(int).tolist() for column in (rows.attention, rows.contact))
    return zip(chunk.stamps, *numbers, *flags, strict=True)


def score_file(
    source: Path, target: Path, scorer_of: Callable[[int], Scorer], told: Callable[[int], None]
) -> dict[str, Any]:
    """`score_table` over files; the summary as plain facts. Raises TableError, OSError."""
    with open_table(source) as lines, target.open("w", encoding="utf-8", newline="") as out:
        return asdict(score_table(lines, out, scorer_of, told))
