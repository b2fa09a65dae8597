"""The contract of every partition log, and what is special about the file form."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.errors import LogFull, LogMismatch, LogUnavailable
from ingest.log import LOGS, PartitionLog
from ingest.log.protocol import partition_of
from ingest.log.sqlite import FILE, SqliteLog

Opener = Callable[..., PartitionLog]
spawn = multiprocessing.get_context("spawn")


@pytest.fixture(params=list(LOGS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reopen(name: str, tmp_path: Path) -> Opener:
    def opener(partitions: int = 3, bound: int = 100_000_000) -> PartitionLog:
        return LOGS.get(name)(tmp_path / "log", partitions, bound)

    return opener


@pytest.fixture
def log(reopen: Opener) -> Iterator[PartitionLog]:
    with closing(reopen()) as log:
        yield log


def test_offsets_start_at_one_and_count_each_partition_alone(log: PartitionLog) -> None:
    assert [log.append(0, b"a", "1"), log.append(0, b"b", "2"), log.append(2, b"c", "3")] == [1, 2, 1]
    assert log.read(0, 0, 10) == [(1, b"a"), (2, b"b")]
    assert log.read(2, 0, 10) == [(1, b"c")]
    assert log.read(1, 0, 10) == []


def test_reading_goes_on_after_an_offset_and_stops_at_the_limit(log: PartitionLog) -> None:
    log.append_many([(1, bytes([n]), str(n)) for n in range(10)])
    assert log.read(1, 4, 3) == [(5, b"\x04"), (6, b"\x05"), (7, b"\x06")]
    assert log.read(1, 10, 3) == []
    assert log.read(1, -5, 1) == [(1, b"\x00")]


def test_bounds_say_what_is_held(log: PartitionLog) -> None:
    assert log.bounds(0) == (1, 0)
    log.append_many([(0, b"", str(n)) for n in range(5)])
    assert log.bounds(0) == (1, 5)
    assert log.trim(0, 3) == 3
    assert log.bounds(0) == (4, 5)
    assert log.trim(0, 99) == 2
    assert log.bounds(0) == (6, 5)
    assert log.append(0, b"", "next") == 6


def test_the_same_id_appends_nothing_again(log: PartitionLog, reopen: Opener) -> None:
    first = log.append(0, b"a", "boot-1")
    log.append(0, b"b", "boot-2")
    assert log.append(0, b"a", "boot-1") == first
    assert log.append(1, b"a", "boot-1") == 1
    with closing(reopen()) as again:
        assert again.append_many([(0, b"a", "boot-1"), (0, b"c", "boot-3")]) == [first, 3]
    assert [data for _offset, data in log.read(0, 0, 10)] == [b"a", b"b", b"c"]


def test_a_batch_is_appended_whole_or_not_at_all(log: PartitionLog) -> None:
    with pytest.raises(ValueError, match="partition 3 of 3"):
        log.append_many([(0, b"a", "1"), (3, b"b", "2")])
    assert log.bounds(0) == (1, 0)


def test_a_reader_that_waits_gets_an_append_of_another_thread(log: PartitionLog) -> None:
    timer = threading.Timer(0.05, log.append, (0, b"late", "1"))
    timer.start()
    assert log.read(0, 0, 10, wait_s=30) == [(1, b"late")]
    timer.join()


def test_another_number_of_partitions_is_refused(log: PartitionLog, reopen: Opener) -> None:
    with pytest.raises(LogMismatch) as caught:
        reopen(partitions=4)
    assert (caught.value.has, caught.value.wanted) == (3, 4)


def fill(log: PartitionLog) -> int:
    """Append to partition 0 until it is full; how many entries it took."""
    for taken in range(1000):
        try:
            log.append(0, b"x" * 5000, f"a{taken}")
        except LogFull:
            return taken
    raise AssertionError("the log has no bound")


def test_a_full_log_takes_nothing_loses_nothing_and_goes_on_when_there_is_room(reopen: Opener) -> None:
    with closing(reopen(bound=400_000)) as log:
        taken = fill(log)
        with pytest.raises(LogFull):
            log.append(0, b"x" * 5000, "more")
        assert taken > 20
        assert len(log.read(0, 0, 1000)) == taken
        assert log.size_bytes() <= 400_000
        log.trim(0, taken // 2)
        assert log.append(0, b"x" * 5000, "more") == taken + 1


def append_for_ever(name: str, folder: Path, told: multiprocessing.Queue[int]) -> None:
    log = LOGS.get(name)(folder, 3, 100_000_000)
    while True:
        told.put(log.append(0, os.urandom(100), os.urandom(8).hex()))


def test_what_a_killed_process_was_told_is_durable_is_there(name: str, tmp_path: Path, reopen: Opener) -> None:
    told: multiprocessing.Queue[int] = spawn.Queue()
    process = spawn.Process(target=append_for_ever, args=(name, tmp_path / "log", told))
    process.start()
    try:
        with closing(reopen()) as log:
            last = 0
            for _ in range(200):
                last = told.get(timeout=60)
                assert log.bounds(0)[1] >= last  # seen from another process while it writes
            os.kill(process.pid or 0, signal.SIGKILL)
            process.join()
            entries = log.read(0, 0, 1_000_000)
            assert entries[-1][0] >= last
            assert [offset for offset, _data in entries] == list(range(1, len(entries) + 1))
            assert log.append(0, b"after", "after") == entries[-1][0] + 1
    finally:
        process.kill()
        process.join()
        told.close()


def open_and_append(name: str, folder: Path, label: str, told: multiprocessing.Queue[int]) -> None:
    with closing(LOGS.get(name)(folder, 3, 100_000_000)) as log:
        for n in range(50):
            told.put(log.append(1, b"", f"{label}-{n}"))


def test_processes_that_open_a_new_log_together_share_it(name: str, tmp_path: Path, reopen: Opener) -> None:
    told: multiprocessing.Queue[int] = spawn.Queue()
    processes = [
        spawn.Process(target=open_and_append, args=(name, tmp_path / "log", label, told)) for label in ("a", "b", "c")
    ]
    for process in processes:
        process.start()
    offsets = sorted(told.get(timeout=60) for _ in range(150))
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert offsets == list(range(1, 151))
    told.close()


def test_a_device_has_the_same_partition_for_ever() -> None:
    assert [partition_of("demo", f"car-{n}", 4) for n in range(8)] == [1, 3, 1, 3, 0, 2, 0, 2]


def test_a_file_that_is_no_database_is_called_unavailable(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database " * 1000)
    with pytest.raises(LogUnavailable):
        SqliteLog(tmp_path, 3, 100_000_000)


def test_a_locked_file_is_called_unavailable_and_can_be_used_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.log.sqlite.BUSY_S", 0.05)
    with closing(SqliteLog(tmp_path, 3, 100_000_000)) as log, closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogUnavailable):
            log.append(0, b"a", "1")
        other.execute("ROLLBACK")
        assert log.append(0, b"a", "1") == 1
