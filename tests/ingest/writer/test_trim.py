"""The log is trimmed behind its slowest reader, never past one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ingest import offsets
from ingest.log.frames import encode
from ingest.log.sqlite import SqliteLog
from ingest.offsets import Position
from ingest.reading import Frame, ReadingBatch
from ingest.writer import trim
from ingest.writer.trim import Keeping, Trimmer
from kit.clock import VirtualClock
from kit.db import transaction

HOUR = 3_600_000
T0 = 500_000 * HOUR


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    """Partition 0 has one entry for each of a hundred hours."""
    with closing(SqliteLog(tmp_path, 2, 50_000_000)) as log:
        log.append_many([(0, entry(hour), f"{hour}") for hour in range(100)])
        yield log


def entry(hour: int) -> bytes:
    return encode(Frame(T0 + hour * HOUR, ReadingBatch.of([1], [T0], [1.0])))


@pytest.fixture
def stand(engine: Engine) -> Callable[[str, int], None]:
    """Let a reader stand at an offset of partition 0."""

    def stand(reader: str, offset: int) -> None:
        with transaction(engine) as session:
            old = offsets.positions(session, reader, 1)[0]
            offsets.advance(session, reader, 0, old, Position(offset, T0))

    return stand


def trimmer(engine: Engine, log: SqliteLog, hour: int, keep_hours: int = 24, bound: int = 50_000_000) -> Trimmer:
    return Trimmer(engine, log, Keeping(keep_hours * HOUR, bound), VirtualClock(T0 + hour * HOUR))


def test_what_all_have_read_and_is_old_enough_goes(
    engine: Engine, log: SqliteLog, stand: Callable[[str, int], None]
) -> None:
    stand("writer", 100)
    stand("detector", 90)
    trimmer(engine, log, hour=50).step()
    assert log.bounds(0) == (27, 100)  # the entry of hour 26, 24 hours ago, is kept
    trimmer(engine, log, hour=50).step()
    assert log.bounds(0) == (27, 100)
    trimmer(engine, log, hour=500).step()
    assert log.bounds(0) == (91, 100)
    stand("detector", 100)
    trimmer(engine, log, hour=500).step()
    assert log.bounds(0) == (101, 100)
    assert log.append(0, entry(100), "next") == 101


@pytest.mark.parametrize("begun", [False, True])
def test_a_reader_that_has_not_begun_in_a_partition_holds_it(
    engine: Engine, log: SqliteLog, stand: Callable[[str, int], None], begun: bool
) -> None:
    if begun:
        stand("writer", 100)
        with transaction(engine) as session:
            offsets.advance(session, "detector", 1, Position(), Position(5, T0))
    trimmer(engine, log, hour=500).step()
    assert log.bounds(0) == (1, 100)


def test_when_room_is_short_what_all_have_read_goes_before_its_time(
    engine: Engine, log: SqliteLog, stand: Callable[[str, int], None]
) -> None:
    stand("writer", 80)
    trimmer(engine, log, hour=1, bound=1000).step()
    assert log.bounds(0) == (81, 100)


def test_a_damaged_entry_does_not_stop_the_trimming(
    engine: Engine, log: SqliteLog, stand: Callable[[str, int], None]
) -> None:
    log.append(0, b"damaged", "damaged")
    log.append(0, entry(101), "after")
    stand("writer", 102)
    trimmer(engine, log, hour=500).step()
    assert log.bounds(0) == (103, 102)


def test_the_lag_of_each_reader_is_the_age_of_what_it_has_not_taken(
    engine: Engine, log: SqliteLog, stand: Callable[[str, int], None]
) -> None:
    stand("writer", 100)
    stand("detector", 60)
    with transaction(engine) as session:
        assert trim.lags_ms(session, log, T0 + 100 * HOUR) == {"writer": 0, "detector": 40 * HOUR}
    assert trim.oldest_ms(log, T0 + 100 * HOUR) == 100 * HOUR
