"""A damaged log file is told apart from one that is away, and what can be read of it is kept."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ingest.errors import LogDamaged, LogUnavailable
from ingest.log.salvage import salvage
from ingest.log.sqlite import FILE, SqliteLog

BOUND = 100_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log with 2,000 entries of 1 KB in partition 0 and ten in partition 1, of which the first two are trimmed."""
    with closing(SqliteLog(tmp_path, 2, BOUND)) as log:
        log.append_many([(0, bytes([n % 256]) * 1000, f"{n}") for n in range(2000)])
        log.append_many([(1, b"one", f"{n}") for n in range(10)])
        log.trim(0, 2)
    return tmp_path


def damage(folder: Path, start: float, end: float) -> None:
    """Overwrite a part of the file with noise."""
    path = folder / FILE
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(int(start * size))
        file.write(os.urandom(int((end - start) * size)))


def read_all(folder: Path) -> None:
    with closing(SqliteLog(folder, 2, BOUND)) as log:
        for partition in range(2):
            log.bounds(partition)
            log.read(partition, 0, 10_000)


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: damage(folder, 0.0, 0.001),
        lambda folder: damage(folder, 0.3, 0.6),
        lambda folder: os.truncate(folder / FILE, 4096 * 50),
        lambda folder: (folder / FILE).write_bytes(b"not a database " * 1000),
    ],
    ids=["header", "middle", "torn", "foreign"],
)
def test_a_damaged_file_is_called_damaged_and_can_be_replaced(folder: Path, harm: Callable[[Path], object]) -> None:
    harm(folder)
    with pytest.raises(LogDamaged) as caught:
        read_all(folder)
    assert "salvage" in caught.value.fix
    found = salvage(folder, 2, [2000, 10], "aside")
    assert found.aside.exists()
    with closing(SqliteLog(folder, 2, BOUND)) as log:
        held = log.read(0, 0, 10_000)
        changed = [offset for offset, data in held if data != bytes([(offset - 1) % 256]) * 1000]
        assert len(changed) <= 2  # at the edges of the noise; each reader sees by the checksum
        assert log.append(0, b"next", "next") == 2001
        assert log.append(1, b"next", "next") == 11


@pytest.mark.parametrize("noise", [b"text", b"\xff\xfe"], ids=["text", "no text"])
def test_bytes_that_noise_turned_into_text_are_called_damaged(folder: Path, noise: bytes) -> None:
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as db:
        db.execute("UPDATE entry SET data = CAST(? AS TEXT) WHERE key = (SELECT max(key) FROM entry)", (noise,))
    with pytest.raises(LogDamaged):
        read_all(folder)


def test_what_can_be_read_is_kept_with_its_offsets(folder: Path) -> None:
    damage(folder, 0.4, 0.5)
    found = salvage(folder, 2, [0, 0], "aside")
    assert found.kept > 1200
    assert 100 < found.lost < 700
    with closing(SqliteLog(folder, 2, BOUND)) as log:
        held = log.read(0, 0, 10_000)
        assert held[0][0] == 3
        assert len(log.read(1, 0, 100)) == 10
        assert len(held) + 10 == found.kept
        assert log.append(0, b"next", "next") > held[-1][0]


def test_a_sound_file_loses_nothing_by_it(folder: Path) -> None:
    found = salvage(folder, 2, [0, 0], "aside")
    assert (found.kept, found.lost) == (2008, 0)
    with closing(SqliteLog(folder, 2, BOUND)) as log:
        assert log.bounds(0) == (3, 2000)
        assert log.append(0, b"next", "next") == 2001


def test_there_must_be_a_log(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailable, match="there is none"):
        salvage(tmp_path, 2, [0, 0], "aside")
