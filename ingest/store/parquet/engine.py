"""DuckDB as a library: columns in and out of Parquet files, and what its errors mean.

In-memory databases only: a database file would lock other processes out.
"""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from ingest.reading import ReadingBatch
from ingest.store.errors import StoreUnavailable
from ingest.store.parquet.files import full

COLUMNS = "series, ts, value, quality, seq"
ROW_GROUP = 122_880  # fewer: a read parses more footer than data; more: it unpacks more of other series' readings
MEMORY = "512MB"  # less: big merges spill to disk; more: a merge may starve the other roles of a small machine
_FORMAT = f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP}, USE_TMP_FILE false)"
_NO_ROOM = ("No space left", "Disk quota exceeded", "File too large")

Columns = dict[str, NDArray[Any]]


class Unreadable(Exception):
    """A query failed over the content of a file, or a file was gone: the caller finds out which."""


class Engine:
    """Queries over segment files; usable from several threads at once. What exceeds `MEMORY` spills to `spill`.

    `threads` of 0 takes as many as there are processors, 1 leaves all the work to the thread that asks.
    """

    def __init__(self, folder: Path, spill: Path | None = None, threads: int = 0) -> None:
        self._folder = folder
        self._threads = {"threads": threads} if threads else {}
        self._spill = str(spill) if spill else ""
        self._db = self._connect()

    def query(self, sql: str, files: Sequence[Path], tables: dict[str, Columns] | None = None) -> Columns:
        """Run `sql`, in which ``$files`` are the files and each of `tables` a table of that name.

        Raises Unreadable when a file is missing or damaged, StoreUnavailable when the engine itself fails.
        """
        return self._run(sql, {"files": [glob.escape(str(file)) for file in files]}, tables)

    def export(self, path: Path, batch: ReadingBatch) -> None:
        """Write a batch, which is sorted by (series, ts), to a new file. Raises StoreFull, StoreUnavailable."""
        rows = {"rows_in": columns_of(batch)}
        sql = f"COPY (SELECT {COLUMNS} FROM rows_in) TO $path {_FORMAT}"  # noqa: S608 - our own words
        self._run(sql, {"path": str(path)}, rows)

    def rewrite(self, files: Sequence[Path], path: Path, where: str = "true") -> None:
        """Write the readings of `files` that fulfil `where` to one new file, sorted by (series, ts).

        Raises StoreFull, StoreUnavailable, and Unreadable as `query` does.
        """
        select = f"SELECT {COLUMNS} FROM {source()} WHERE {where} ORDER BY series, ts"  # noqa: S608 - our own words
        parameters = {"files": [glob.escape(str(file)) for file in files], "path": str(path)}
        self._run(f"COPY ({select}) TO $path {_FORMAT}", parameters)

    def close(self) -> None:
        """Give the engine's memory back."""
        self._db.close()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": self._spill, **self._threads})

    def _run(self, sql: str, parameters: dict[str, Any], tables: dict[str, Columns] | None = None) -> Columns:
        try:
            cursor = self._db.cursor()
            for name, columns in (tables or {}).items():
                cursor.register(name, columns)
            return cursor.execute(sql, parameters).fetchnumpy()
        except (duckdb.ConnectionException, duckdb.OutOfMemoryException) as error:
            raise self._failed(error) from error
        except (duckdb.FatalException, duckdb.InternalException) as error:
            self._db = self._connect()  # such an error ends the old one for good
            raise self._failed(error) from error
        except duckdb.Error as error:
            if any(sign in str(error) for sign in _NO_ROOM):
                raise full(self._folder) from error
            raise Unreadable(str(error).splitlines()[0]) from error

    def _failed(self, error: duckdb.Error) -> StoreUnavailable:
        return StoreUnavailable(f"The telemetry store in {self._folder} failed: {str(error).splitlines()[0]}")


def source() -> str:
    """The files of a query as a table; a folder name with ``=`` in it is no column."""
    return "read_parquet($files, hive_partitioning = false)"


def columns_of(batch: ReadingBatch) -> Columns:
    """The batch as DuckDB takes it."""
    return {
        "series": batch.series,
        "ts": batch.ts,
        "value": batch.value,
        "quality": batch.quality,
        "seq": batch.seq,
    }


def batch_of(columns: Columns) -> ReadingBatch:
    """The batch out of what DuckDB gives."""
    return ReadingBatch(
        np.asarray(columns["series"], np.int64),
        np.asarray(columns["ts"], np.int64),
        np.asarray(columns["value"], np.float64),
        np.asarray(columns["quality"], np.uint8),
        np.asarray(columns["seq"], np.int64),
    )
