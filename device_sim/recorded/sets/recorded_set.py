"""What a data set offers, and how its files are read."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, cast

import numpy as np

from device_sim.errors import RecordingUnusable
from device_sim.faults.fault import Occurrence
from device_sim.models.machine import Floats, Instants, Rows
from device_sim.recorded.tape import Tape
from device_sim.replay.mapping import load
from device_sim.replay.reader import Reader, Tally
from device_sim.replay.recording import Recording
from ingest.wire import codes
from ingest.wire.catalogue import Kind, Signal
from ingest.wire.device_types import DEVICE_TYPES


@dataclass(frozen=True, slots=True)
class RecordedSet:
    """A data set: `about` in one sentence, what `labels` it has, its lives by name, and each as a tape.

    Both functions get the set's own folder. `open` raises RecordingUnusable for damaged data.
    """

    name: str
    about: str
    labels: str
    names: Callable[[Path], list[str]]
    open: Callable[[Path, str], Tape]


def label(fault: str, onset_ms: int, failure_ms: int | None = None, end_ms: int | None = None) -> Occurrence:
    """Something that a recording says was wrong, in recorded time; full at once without a `failure_ms`."""
    return Occurrence("", fault, onset_ms, onset_ms if failure_ms is None else failure_ms, end_ms)


def mapped(path: Path, mapping: str, every: int = 1) -> Rows:
    """A CSV recording through a packaged mapping: every n-th row, `ts` as recorded."""
    table = load(mapping)
    kind = DEVICE_TYPES.get(table.device_type)
    ts, columns = list[int](), {source.signal: list[float]() for source in table.sources}
    for now, said in Reader(Recording(path), table, every=every).rows(Tally()):
        if ts and now <= ts[-1]:
            continue  # a recorder that says a minute twice
        ts.append(now)
        for name, column in columns.items():
            column.append(stored(kind.signal(name), said[name]) if name in said else np.nan)
    return Rows(np.array(ts, np.int64), {name: np.array(column) for name, column in columns.items()})


def stored(signal: Signal, value: float | bool | str) -> float:
    """A value of a payload in the form of stored readings."""
    if isinstance(value, str):
        return float(signal.states.index(value) if signal.kind is Kind.STATE else codes.to_number(value))
    return float(value)


def grid(path: Path, separator: str | None = None, header: int = 0) -> Floats:
    """A file of numbers, .gz or not, as a matrix. Raises RecordingUnusable for anything else."""
    try:
        with _lines(path) as lines:
            rows = [[float(cell) for cell in line.split(separator)] for line in list(lines)[header:] if line.strip()]
        return np.array(rows, np.float64)
    except (OSError, EOFError, ValueError) as error:
        raise unusable(path, error) from None


def table(path: Path, columns: Sequence[str]) -> list[list[str]]:
    """The named columns of a CSV file with a header line. Raises RecordingUnusable."""
    recording = Recording(path)
    places = [recording.index(column) for column in columns]
    return [[cells[place] for place in places] for cells in recording.rows() if len(cells) > max(places)]


def unusable(path: Path, error: Exception) -> RecordingUnusable:
    """The error for a file that is not what it should be."""
    return RecordingUnusable(path, f"it cannot be read ({error}).", "Fetch the data set anew.")


def stems(folder: Path, pattern: str, endings: str) -> list[str]:
    """Names of the files that match, without their `endings`, sorted."""
    return sorted(path.name.removesuffix(endings) for path in folder.glob(pattern))


def even(values: dict[str, Floats], period_ms: int) -> Rows:
    """Columns as rows at an even pace from 0 on."""
    length = len(next(iter(values.values())))
    ts: Instants = np.arange(length, dtype=np.int64) * period_ms
    return Rows(ts, dict(values))


def runs(flags: Iterable[bool]) -> list[tuple[int, int]]:
    """Where flags hold without a break: [from, to) each."""
    padded = np.concatenate([[False], np.fromiter(flags, np.bool_), [False]])
    edges = np.flatnonzero(np.diff(padded.astype(np.int8)))
    return [(int(one), int(other)) for one, other in edges.reshape(-1, 2)]


def _lines(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8", errors="replace"))
    return path.open(encoding="utf-8", errors="replace")
