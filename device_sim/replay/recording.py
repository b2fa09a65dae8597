"""A recording: a CSV file, plain or gzipped, read row by row. Damage costs the rest of it, never what came before."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO, cast

from device_sim.errors import RecordingUnusable

csv.field_size_limit(1_000_000)


class Recording:
    """The table in the file at `path`; `columns` are its header, without white space around the names.

    Raises RecordingUnusable when the file cannot be opened or has no header.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage = ""
        header = next(self._lines(), None)
        if self.damage or not header or not any(name.strip() for name in header):
            raise RecordingUnusable(
                path, self.damage or "it has no header line.", "Give a CSV file whose first line names the columns."
            )
        self.columns = [name.strip() for name in header]

    def index(self, column: str) -> int:
        """The place of a column. Raises RecordingUnusable listing what there is."""
        try:
            return self.columns.index(column.strip())
        except ValueError:
            known = ", ".join(f"'{name}'" for name in self.columns if name)
            raise RecordingUnusable(
                self.path, f"it has no column '{column}'.", f"Its columns: {known}. Correct the mapping."
            ) from None

    def rows(self) -> Iterator[Sequence[str]]:
        """The cells of every row after the header, as they stand; `damage` says why it ended early, if it did."""
        lines = self._lines()
        next(lines, None)
        yield from lines

    def _lines(self) -> Iterator[Sequence[str]]:
        self.damage = ""
        try:
            with self._open() as file:
                yield from csv.reader(file)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.damage = f"the compressed file is damaged ({error})."
        except csv.Error as error:
            self.damage = f"it is not CSV any more ({error})."
        except OSError as error:
            raise RecordingUnusable(self.path, f"{error.strerror or error}.", "Check the path.") from error

    def _open(self) -> TextIO:
        if self.path.suffix == ".gz":
            return cast("TextIO", gzip.open(self.path, "rt", encoding="utf-8-sig", errors="replace", newline=""))
        return self.path.open(encoding="utf-8-sig", errors="replace", newline="")
