"""A table out of a CSV file, in chunks, with every complaint naming its line.

Whole chunks are parsed at once where all of their cells are plain numbers; any other chunk is read cell by cell,
which takes ten times as long and finds the missing words and the faults.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from detectors.algorithms.detector import Floats, Ints
from detectors.errors import TableError
from detectors.scoring.times import epoch_ms, many_epoch_ms

CHUNK_ROWS = 20_000  # more needs memory, less costs time
DELIMITERS = ",;\t|"
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}  # the first bytes of a file that is not UTF-8
TRUTH = {"true": 1.0, "false": 0.0}
TIMES = (
    "t",
    "time",
    "timestamp",
    "datetime",
    "date",
    "ts",
    "date_time",
    "time_stamp",
)  # what they are called
NAN = "nan"  # what programs write for a missing number
NO_TIME = "none"  # instead of the name of a time column


@dataclass(frozen=True, slots=True)
class Layout:
    """What a header does not say.

    time     name of the time column; "" is the first one, `NO_TIME` counts the rows as seconds
    ignore   columns that are not read: labels, ids, text
    missing  words that stand for a missing reading, beside the empty cell and nan
    """

    time: str = ""
    ignore: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows: the time cells as they stood, as epoch ms (n,), and the values (n, signals), NaN for an empty cell."""

    stamps: list[str]
    ts: Ints
    values: Floats


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows so far."""

    stamps: list[str]
    ts: list[int]
    values: list[list[float]]


class Table:
    """An open table. `time` is the heading of its times, `signals` the names of the columns that are scored."""

    def __init__(self, lines: TextIO, layout: Layout | None = None) -> None:
        layout = layout or Layout()
        self._lines, self._line, self._rows = lines, 1, 0
        header = self._read(1)
        if not header:
            raise TableError(1, "the file is empty.", "The first line names a time column, then one for each signal.")
        if "\0" in header[0]:
            raise TableError(1, "this is not text, or UTF-16 without its mark.", "Save the table as UTF-8 CSV.")
        self._delimiter = max(DELIMITERS, key=header[0].count)
        names = [name.strip() for name in next(csv.reader(header, delimiter=self._delimiter))] or [""]
        self._marks = len(names) - 1
        while len(names) > 1 and not names[-1]:
            names.pop()  # the line ends in a delimiter
        self._width, self._missing = len(names), layout.missing
        self._time_at, self._signal_at = _columns(names, layout)
        self.time = "row" if self._time_at is None else names[self._time_at]
        self.signals = [names[at] for at in self._signal_at]

    def chunks(self) -> Iterator[Chunk]:
        """Every row in order. Raises TableError with the line of the first cell that cannot be used."""
        self._line = 2
        while block := self._read(CHUNK_ROWS):
            chunk = self._quick(block)
            if chunk is None:
                yield from self._slow(block)
            else:
                self._line += len(block)
                yield chunk

    def _read(self, most: int) -> list[str]:
        """The next lines, at most so many."""
        try:
            return list(itertools.islice(self._lines, most))
        except UnicodeDecodeError:
            raise TableError(self._line, "this is not UTF-8 text.", "Save the table as UTF-8 CSV.") from None
        except (OSError, EOFError) as error:
            raise TableError(self._line, f"the file cannot be read here: {error}.") from error

    def _quick(self, block: list[str]) -> Chunk | None:
        """The lines as a chunk if every one is a row of plain numbers."""
        mark, text = self._delimiter, "".join(block)
        if {line.count(mark) for line in block} != {self._marks} or '"' in text or "\0" in text:
            return None
        if min(map(len, block)) < self._width:
            return None
        stamps = self._stamps(block)
        try:
            ts = many_epoch_ms(stamps)
            values = np.loadtxt(block, delimiter=mark, usecols=self._signal_at, ndmin=2, comments=None)
        except ValueError:
            return None
        if ts is None or np.isinf(values).any() or len(values) != len(block):
            return None
        self._rows += len(block)
        return Chunk(stamps, ts, values)

    def _stamps(self, block: list[str]) -> list[str]:
        if self._time_at is None:
            return [str(row) for row in range(self._rows, self._rows + len(block))]
        at = self._time_at
        return [line.split(self._delimiter, at + 1)[at].strip() for line in block]

    def _slow(self, block: list[str]) -> Iterator[Chunk]:
        """The lines cell by cell; a quoted cell may reach beyond them. Rows before a fault are given first."""
        rows = csv.reader(itertools.chain(block, self._lines), delimiter=self._delimiter)
        base, found, fault = self._line, _Found([], [], []), None
        try:
            while rows.line_num < len(block):
                row = next(rows)
                self._line = base + rows.line_num - 1
                self._take(row, found)
        except TableError as error:
            fault = error
        except (csv.Error, OSError, EOFError, UnicodeDecodeError) as error:
            fault = TableError(base + rows.line_num, f"the file cannot be read here: {error}.")
        self._line = base + rows.line_num
        if found.values:
            yield Chunk(found.stamps, np.array(found.ts, np.int64), np.array(found.values, np.float64))
        if fault:
            raise fault

    def _take(self, row: list[str], found: _Found) -> None:
        if not row or (len(row) == 1 and not row[0].strip()):
            return
        if len(row) < self._width or any(cell.strip() for cell in row[self._width :]):
            raise TableError(self._line, f"{len(row)} cells, but the header names {self._width}.")
        stamp = str(self._rows) if self._time_at is None else row[self._time_at].strip()
        instant = self._instant(stamp)
        values = [self._number(row[at], name) for at, name in zip(self._signal_at, self.signals, strict=True)]
        found.stamps.append(stamp)
        found.ts.append(instant)
        found.values.append(values)
        self._rows += 1

    def _number(self, cell: str, name: str) -> float:
        text = cell.strip()
        if not text or text in self._missing or text.lower() == NAN:
            return math.nan
        try:
            value = float(text.replace(",", ".") if self._delimiter == ";" else text)
        except ValueError:
            value = TRUTH.get(text.lower(), math.nan)
        if not math.isfinite(value) or "_" in text:
            raise TableError(
                self._line,
                f"'{text[:40]}' in column '{name}' is not a number.",
                f"Leave the cell empty where it is missing, say --missing {text[:40]!r} or leave the column out.",
            )
        return value

    def _instant(self, text: str) -> int:
        try:
            return epoch_ms(text)
        except (ValueError, OverflowError):
            raise TableError(
                self._line,
                f"'{text[:40]}' in column '{self.time}' is not a time.",
                "Write ISO 8601 (2026-05-01 12:30:00, UTC where no zone is given) or epoch seconds or milliseconds; "
                "--time names another column, --time none counts the rows.",
            ) from None


def open_table(path: Path) -> TextIO:
    """The file as text; ``.gz`` is unpacked on the way. Raises OSError."""
    packed = path.suffix == ".gz"
    try:
        with gzip.open(path) if packed else path.open("rb") as raw:
            first = raw.read(2)
    except (EOFError, gzip.BadGzipFile):
        first = b""  # whoever reads on is told
    encoding = MARKS.get(first, "utf-8-sig")
    if packed:
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _columns(names: list[str], layout: Layout) -> tuple[int | None, list[int]]:
    """Where the time is, and the signals."""
    for name in sorted(layout.ignore | ({layout.time} - {"", NO_TIME})):
        if name not in names:
            raise TableError(1, f"there is no column '{name}'.", f"The columns are: {', '.join(names)[:200]}.")
    time_at = _time_column(names, layout)
    index = 0 if not names[0] and time_at else None
    signals = [at for at, name in enumerate(names) if at not in {time_at, index} and name not in layout.ignore]
    if not signals:
        raise TableError(1, "there is no signal column.", "Separate the columns by commas: time, then the signals.")
    if empty := [at + 1 for at in signals if not names[at]]:
        raise TableError(1, f"column {empty[0]} has no name.")
    chosen = [names[at] for at in signals]
    if twice := [name for name in chosen if chosen.count(name) > 1]:
        raise TableError(1, f"two columns are called '{twice[0]}'.")
    if all(_is_number(name) for name in chosen):
        raise TableError(1, "this is a row of numbers, not a header.", "Put the names of the columns into line 1.")
    return time_at, signals


def _time_column(names: list[str], layout: Layout) -> int | None:
    """The column that was asked for, else the first; behind an index without a name the one that is called a time."""
    if layout.time == NO_TIME:
        return None
    if layout.time:
        return names.index(layout.time)
    called = [at for at, name in enumerate(names) if name.lower() in TIMES]
    return called[0] if called and not names[0] else 0


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
