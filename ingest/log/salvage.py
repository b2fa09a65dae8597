"""What can still be read of a damaged log file goes into a new one, with the same offsets."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import LogUnavailable
from ingest.log.sqlite import FILE, OFFSET_BITS, PAGE, SCHEMA, SqliteLog

COMPANIONS = ("", "-wal", "-shm")
_UNBOUNDED = 1 << 60


@dataclass(frozen=True, slots=True)
class Salvaged:
    """How many entries were kept and how many could not be read; `aside` is where the damaged file is now."""

    kept: int
    lost: int
    aside: Path


def salvage(folder: Path, partitions: int, floors: Sequence[int], label: str) -> Salvaged:
    """Make a new log file of what can be read of the one in `folder`, which is put aside as ``log.sqlite.<label>``.

    `floors` gives for each partition the offset that its furthest reader has reached: new entries come after it. Only
    while nobody has the log open. Raises LogUnavailable, and leaves everything as it was, when there is no log or no
    room for the copy.
    """
    old, new = folder / FILE, folder / f"{FILE}.new"
    if not old.exists():
        raise LogUnavailable(old, "there is none")
    for companion in COMPANIONS:
        new.with_name(new.name + companion).unlink(missing_ok=True)
    try:
        kept, lost = _copy(old, new, partitions, floors)
        aside = _aside(old, label)
        new.rename(old)
    except (sqlite3.Error, OSError) as error:
        raise LogUnavailable(old, f"no copy can be made of it ({error})") from error
    SqliteLog(folder, partitions, _UNBOUNDED).close()
    return Salvaged(kept, lost, aside)


def _copy(old: Path, new: Path, partitions: int, floors: Sequence[int]) -> tuple[int, int]:
    kept = lost = 0
    with closing(sqlite3.connect(old)) as source, closing(sqlite3.connect(new, isolation_level=None)) as copy:
        copy.executescript(f"PRAGMA page_size = {PAGE};{SCHEMA}")
        copy.execute("INSERT INTO meta VALUES ('partitions', ?)", (partitions,))
        for partition in range(partitions):
            last = max(floors[partition], _last(source, partition))
            copy.execute("INSERT INTO tail VALUES (?, ?)", (partition, last))
            copy.execute("BEGIN")
            for offset, data in _entries(source, partition, last):
                if data is None:
                    lost += 1
                else:
                    kept += 1
                    copy.execute("INSERT INTO entry VALUES (?, ?)", (partition << OFFSET_BITS | offset, data))
            copy.execute("COMMIT")
    return kept, lost


def _entries(source: sqlite3.Connection, partition: int, last: int) -> Iterator[tuple[int, bytes | None]]:
    """Every entry from the first that is found on; None for one that cannot be read."""
    base = partition << OFFSET_BITS
    first = _number(source, "SELECT min(key) FROM entry WHERE key > ? AND key <= ?", base, base + last)
    for offset in range(first - base if first else 1, last + 1):
        try:
            row = source.execute("SELECT data FROM entry WHERE key = ?", (base + offset,)).fetchone()
        except sqlite3.Error:
            yield offset, None
        else:
            if row:
                yield offset, row[0]


def _last(source: sqlite3.Connection, partition: int) -> int:
    base = partition << OFFSET_BITS
    key = _number(source, "SELECT max(key) FROM entry WHERE key > ? AND key < ?", base, base + (1 << OFFSET_BITS))
    return max(key - base, _number(source, "SELECT offset FROM tail WHERE partition = ?", partition))


def _number(source: sqlite3.Connection, query: str, *arguments: int) -> int:
    """The number that a query gives, 0 for none or when it cannot be read."""
    with suppress(sqlite3.Error):
        row = source.execute(query, arguments).fetchone()
        return int(row[0] or 0) if row else 0
    return 0


def _aside(old: Path, label: str) -> Path:
    """Put the file and its companions aside, under a name that nobody has yet."""
    for companion in COMPANIONS:
        part = old.with_name(old.name + companion)
        if part.exists():
            part.rename(old.with_name(f"{old.name}.{label}{companion}"))
    return old.with_name(f"{old.name}.{label}")
