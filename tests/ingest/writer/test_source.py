"""What a flush takes from the log: in an order that a crash does not change, nobody starving, little read in vain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.log.frames import encode
from ingest.log.sqlite import SqliteLog
from ingest.offsets import Position
from ingest.reading import Frame, ReadingBatch
from ingest.writer import source

NOW = 1_763_750_000_000
PARTITIONS = 3


class Watched(SqliteLog):
    """A log that counts the entries it was read."""

    given = 0

    def read(self, partition: int, after: int, max_items: int, wait_s: float = 0.0) -> list[tuple[int, bytes]]:
        rows = super().read(partition, after, max_items, wait_s)
        self.given += len(rows)
        return rows


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Watched]:
    with closing(Watched(tmp_path, PARTITIONS, 64_000_000)) as log:
        yield log


def _fill(log: SqliteLog, partition: int, readings: int, received_ms: int = NOW) -> None:
    batch = ReadingBatch.of([partition] * readings, [received_ms] * readings, [1.0] * readings)
    offset = log.bounds(partition)[1]
    log.append(partition, encode(Frame(received_ms, batch, (), (), readings)), f"{offset}")


def _series(stretch: source.Stretch) -> list[int]:
    return ReadingBatch.concat([frame.readings for frame in stretch.frames]).series.tolist()


def test_of_large_entries_hardly_more_are_read_than_are_taken(log: Watched) -> None:
    for partition in range(PARTITIONS):
        for _ in range(60):
            _fill(log, partition, 100)

    stretch = source.take(log, [Position()] * PARTITIONS, 5_000)

    assert stretch.readings() == 5_000
    assert log.given <= 50 + source.FIRST_ITEMS


def test_the_partition_that_is_furthest_behind_comes_first(log: Watched) -> None:
    at = [Position(0, NOW - 1_000), Position(0, NOW - 3_000), Position(0, NOW - 2_000)]
    for partition in range(PARTITIONS):
        _fill(log, partition, 10)

    assert _series(source.take(log, at, 1000)) == [1] * 10 + [2] * 10 + [0] * 10


def test_no_partition_starves_while_others_never_end(log: Watched) -> None:
    at, heard = [Position()] * PARTITIONS, set()
    for second in range(2 * PARTITIONS):
        for partition in range(PARTITIONS):
            for _ in range(4):
                _fill(log, partition, 10, NOW + 1000 * second)
        stretch = source.take(log, at, 40)
        at = stretch.new
        heard |= set(_series(stretch))

    assert heard == set(range(PARTITIONS))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(st.tuples(st.integers(0, PARTITIONS - 1), st.integers(0, 30)), max_size=60),
    most=st.integers(1, 400),
    behind=st.lists(st.integers(0, 3), min_size=PARTITIONS, max_size=PARTITIONS),
)
def test_the_same_readings_come_in_the_same_order_after_a_crash(
    log: Watched, entries: list[tuple[int, int]], most: int, behind: list[int]
) -> None:
    old = [Position(log.bounds(n)[1], NOW + behind[n]) for n in range(PARTITIONS)]
    for partition, readings in entries:
        _fill(log, partition, readings)
    before = source.take(log, old, most)
    for partition in range(PARTITIONS):
        _fill(log, partition, 5)  # what came in the meantime is not part of it

    again = source.take(log, old, most, [position.offset for position in before.new])

    assert _series(again) == _series(before)
    assert again.new == before.new
