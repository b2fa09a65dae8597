"""The log as one SQLite file in WAL mode with synchronous=FULL: durable on one machine, read while it is written.

An entry's key is ``partition << 40 | offset``, so that each partition is one contiguous, ordered stretch of one
B-tree: an append goes to its end and a read is a range scan.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import LogDamaged, LogFull, LogMismatch, LogUnavailable

FILE = "log.sqlite"
OFFSET_BITS = 40
ID_WINDOW = 20_000  # ids remembered; fewer than one retried batch would let a repeated append in twice
POLL_S = 0.004  # how soon a waiting reader sees an append; shorter burns CPU, longer adds to the latency of a finding
PAGE = 16_384  # bytes; at 4,096 an entry of a large batch takes half as long again to append and to drop
CHECKPOINT = 16_000_000  # bytes of the WAL; fewer checkpoint too often, more slow readers
BUSY_S = 10.0  # how long another process may hold the file; shorter fails while a checkpoint of the WAL runs

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (key INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tail (partition INTEGER PRIMARY KEY, offset INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS recent (
    n INTEGER PRIMARY KEY, partition INTEGER NOT NULL, id TEXT NOT NULL, offset INTEGER NOT NULL, UNIQUE (partition, id)
);
"""


class SqliteLog:
    """The file form of `PartitionLog`, in `folder`. Opening makes the file when there is none.

    Raises LogMismatch when the file was made with another number of partitions, LogUnavailable when it cannot be
    opened.
    """

    def __init__(self, folder: Path, partitions: int, bound_bytes: int) -> None:
        self.partitions = partitions
        self._path = folder / FILE
        self._bound = bound_bytes
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        with self._errors():
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect()
            self._prepare()
            self._reader = self._connect()
            self._reader.execute("PRAGMA query_only = ON")

    def append(self, partition: int, data: bytes, entry_id: str) -> int:
        return self.append_many([(partition, data, entry_id)])[0]

    def append_many(self, entries: Sequence[tuple[int, bytes, str]]) -> list[int]:
        for partition, _data, _id in entries:
            self._check(partition)
        with self._errors(), self._writing, self._transaction() as db:
            offsets = [self._insert(db, *entry) for entry in entries]
            newest = db.execute("SELECT max(n) FROM recent").fetchone()[0] or 0
            db.execute("DELETE FROM recent WHERE n <= ?", (newest - ID_WINDOW,))
        return offsets

    def read(self, partition: int, after: int, max_items: int, wait_s: float = 0.0) -> list[tuple[int, bytes]]:
        self._check(partition)
        low, high = _key(partition, max(after, 0)), _key(partition + 1, 0)
        query = "SELECT key, data FROM entry WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
        deadline = time.monotonic() + wait_s
        while True:
            with self._errors(), self._reading:
                rows = self._reader.execute(query, (low, high, max_items)).fetchall()
                if not all(isinstance(data, bytes) for _, data in rows):
                    raise LogDamaged(self._path, "an entry is not what was written")
                if len(rows) < max_items:
                    self._check_end(rows[-1][0] if rows else low, high)
            if rows or time.monotonic() >= deadline:
                return [(key & (1 << OFFSET_BITS) - 1, data) for key, data in rows]
            time.sleep(POLL_S)

    def _check_end(self, last: int, high: int) -> None:
        """Raises LogDamaged when a scan that ended at key `last` left entries out: noise can look like an end."""
        rest = "SELECT max(key) FROM entry WHERE key > ? AND key < ?"
        newest = self._reader.execute(rest, (last, high)).fetchone()[0]
        if newest is None:
            return
        again = "SELECT key FROM entry WHERE key > ? AND key < ? ORDER BY key LIMIT 1"
        if self._reader.execute(again, (last, high)).fetchone() is None:  # else it was appended meanwhile
            raise LogDamaged(self._path, f"entries after {last & (1 << OFFSET_BITS) - 1} cannot be reached")

    def bounds(self, partition: int) -> tuple[int, int]:
        self._check(partition)
        with self._errors(), self._reading:
            last = self._tail(self._reader, partition)
            first = self._reader.execute(
                "SELECT min(key) FROM entry WHERE key > ? AND key < ?", (_key(partition, 0), _key(partition + 1, 0))
            ).fetchone()[0]
        return (last + 1 if first is None else first & (1 << OFFSET_BITS) - 1), last

    def trim(self, partition: int, through: int) -> int:
        self._check(partition)
        with self._errors(), self._writing, self._transaction() as db:
            span = (_key(partition, 0), _key(partition, max(through, 0)))
            return db.execute("DELETE FROM entry WHERE key > ? AND key <= ?", span).rowcount

    def size_bytes(self) -> int:
        with self._errors(), self._reading:
            pages, free, size = (
                self._reader.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * size)

    def close(self) -> None:
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        db.execute(f"PRAGMA page_size = {PAGE}")  # of a new file; an old one keeps its own
        _use_wal(db)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA journal_size_limit = 67108864")  # a WAL that once grew gives its space back
        page = db.execute("PRAGMA page_size").fetchone()[0]
        db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT // page}")
        return db

    def _prepare(self) -> None:
        with self._transaction() as db:
            for statement in SCHEMA.split(";"):
                db.execute(statement)
            db.execute("INSERT OR IGNORE INTO meta VALUES ('partitions', ?)", (self.partitions,))
            has = db.execute("SELECT value FROM meta WHERE key = 'partitions'").fetchone()[0]
        if has != self.partitions:
            raise LogMismatch(self._path, has, self.partitions)
        page = self._writer.execute("PRAGMA page_size").fetchone()[0]
        self._writer.execute(f"PRAGMA max_page_count = {max(self._bound // page, 1)}")

    def _insert(self, db: sqlite3.Connection, partition: int, data: bytes, entry_id: str) -> int:
        known = db.execute("SELECT offset FROM recent WHERE partition = ? AND id = ?", (partition, entry_id)).fetchone()
        if known:
            return int(known[0])
        offset = self._tail(db, partition) + 1
        db.execute("INSERT INTO entry VALUES (?, ?)", (_key(partition, offset), data))
        db.execute("INSERT OR REPLACE INTO tail VALUES (?, ?)", (partition, offset))
        db.execute("INSERT INTO recent (partition, id, offset) VALUES (?, ?, ?)", (partition, entry_id, offset))
        return offset

    def _tail(self, db: sqlite3.Connection, partition: int) -> int:
        row = db.execute("SELECT offset FROM tail WHERE partition = ?", (partition,)).fetchone()
        return int(row[0]) if row else 0

    def _check(self, partition: int) -> None:
        if not 0 <= partition < self.partitions:
            raise ValueError(f"partition {partition} of {self.partitions}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            yield self._writer
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:  # SQLite rolls back by itself when the disk is full
                self._writer.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code == sqlite3.SQLITE_FULL:
                raise LogFull(self._path, self._bound) from error
            noise = code is None and isinstance(error, sqlite3.OperationalError)  # bytes turned into text that is none
            if noise or (code or 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                raise LogDamaged(self._path, str(error)) from error
            raise LogUnavailable(self._path, str(error)) from error
        except OSError as error:
            raise LogUnavailable(self._path, error.strerror or str(error)) from error


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch a new file to WAL; SQLite does not wait by itself while another process does the same."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(POLL_S)
        else:
            return


def _key(partition: int, offset: int) -> int:
    return partition << OFFSET_BITS | offset
