"""A table out of a CSV file, in chunks, with every complaint naming its line."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import numpy as np

from detectors.algorithms.detector import Floats, Ints
from detectors.errors import TableError

CHUNK_ROWS = 20_000  # more needs memory, less costs time
SECONDS_BELOW = 1e11  # an epoch number below this counts seconds (until the year 5138), else milliseconds
MOST_MS = 253_402_300_799_000  # the last second of the year 9999


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows: the time cells as they stood, as epoch ms (n,), and the values (n, signals), NaN for an empty cell."""

    stamps: list[str]
    ts: Ints
    values: Floats


class Table:
    """An open table. `time` is the name of the time column, `signals` those of the others."""

    def __init__(self, lines: TextIO) -> None:
        self._rows = csv.reader(lines)
        header = self._next()
        if header is None:
            raise TableError(1, "the file is empty.", "The first line names a time column, then one for each signal.")
        self.time, *self.signals = _checked([name.strip() for name in header])

    def chunks(self) -> Iterator[Chunk]:
        """Every row in order. Raises TableError with the line of the first cell that cannot be used."""
        stamps: list[str] = []
        ts: list[int] = []
        values: list[list[float]] = []
        while (row := self._next()) is not None:
            if not row:
                continue
            if len(row) != len(self.signals) + 1:
                wanted = len(self.signals) + 1
                raise TableError(self._line, f"{len(row)} cells, but the header names {wanted}.")
            stamps.append(row[0])
            ts.append(self._instant(row[0]))
            values.append([self._number(cell, name) for cell, name in zip(row[1:], self.signals, strict=True)])
            if len(stamps) == CHUNK_ROWS:
                yield _chunk(stamps, ts, values)
                stamps, ts, values = [], [], []
        if stamps:
            yield _chunk(stamps, ts, values)

    @property
    def _line(self) -> int:
        return self._rows.line_num

    def _next(self) -> list[str] | None:
        try:
            return next(self._rows, None)
        except UnicodeDecodeError:
            raise TableError(self._line + 1, "this is not UTF-8 text.", "Save the table as UTF-8 CSV.") from None
        except (csv.Error, OSError, EOFError) as error:
            raise TableError(self._line + 1, f"the file cannot be read here: {error}.") from error

    def _number(self, cell: str, name: str) -> float:
        text = cell.strip()
        if not text:
            return math.nan
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in text:
            raise TableError(
                self._line,
                f"'{text[:40]}' in column '{name}' is not a number.",
                "Leave the cell empty where it is missing.",
            )
        return value

    def _instant(self, stamp: str) -> int:
        text = stamp.strip()
        try:
            return _epoch_ms(text)
        except (ValueError, OverflowError):
            raise TableError(
                self._line,
                f"'{text[:40]}' in column '{self.time}' is not a time.",
                "Write ISO 8601 (2026-05-01 12:30:00, UTC where no zone is given) or epoch seconds or milliseconds.",
            ) from None


def _chunk(stamps: list[str], ts: list[int], values: list[list[float]]) -> Chunk:
    return Chunk(stamps, np.array(ts, np.int64), np.array(values, np.float64))


def open_table(path: Path) -> TextIO:
    """The file as text; ``.gz`` is unpacked on the way. Raises OSError."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _checked(names: list[str]) -> list[str]:
    if len(names) < 2:
        raise TableError(1, "there is no signal column.", "Separate the columns by commas: time, then the signals.")
    if empty := [at for at, name in enumerate(names, 1) if not name]:
        raise TableError(1, f"column {empty[0]} has no name.")
    if twice := [name for name in names if names.count(name) > 1]:
        raise TableError(1, f"two columns are called '{twice[0]}'.")
    if all(_is_number(name) for name in names[1:]):
        raise TableError(1, "this is a row of numbers, not a header.", "Put the names of the columns into line 1.")
    return names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _epoch_ms(text: str) -> int:
    """A time cell as milliseconds since the epoch. Raises ValueError or OverflowError."""
    try:
        number = float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(aware.timestamp() * 1000)
    ms = number * 1000 if abs(number) < SECONDS_BELOW else number
    if not abs(ms) <= MOST_MS:
        raise ValueError(text)
    return round(ms)
