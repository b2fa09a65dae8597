"""Which segments count, by name alone; and which are merged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.store.parquet import merge
from ingest.store.parquet.segments import Segment, day_folder, days, find, listed, live

DAY = Path("2025-11-21")


def segment(first: int, last: int, version: int = 0, rows: int = 1, low: int = 0, high: int = 9) -> Segment:
    return Segment(DAY, first, last, version, low, high, rows)


@given(st.tuples(*[st.integers(0, 10**16 - 1)] * 2), st.tuples(*[st.integers(0, 10**13)] * 4))
def test_a_name_says_all_about_its_segment(generations: tuple[int, int], others: tuple[int, int, int, int]) -> None:
    one = Segment(DAY, *generations, *others)
    assert Segment.parse(DAY, one.path.name) == one


@given(st.text())
def test_any_other_name_is_no_segment(name: str) -> None:
    parsed = Segment.parse(DAY, name)
    assert parsed is None or parsed.path.name == name


def test_a_merged_segment_covers_its_parts_and_a_rewritten_one_what_it_was() -> None:
    parts = [segment(n, n) for n in range(1, 6)]
    merged = segment(2, 4)
    assert live([*parts, merged]) == [parts[0], merged, parts[4]]
    assert live([*parts, merged, segment(2, 4, 1), segment(2, 4, 10)]) == [parts[0], segment(2, 4, 10), parts[4]]
    assert live([*parts, merged, segment(1, 5)]) == [segment(1, 5)]
    assert live([]) == []


@given(st.lists(st.integers(1, 2_000_000), max_size=400))
def test_merging_as_often_as_due_keeps_every_reading_and_few_segments(sizes: list[int]) -> None:
    day: list[Segment] = []
    for number, rows in enumerate(sizes):
        day.append(segment(number, number, rows=rows))
        while run := merge.due(day):
            new = merge.merged(run)
            at = day.index(run[0])
            assert day[at : at + len(run)] == run
            assert live([*day, new]) == [*day[:at], new, *day[at + len(run) :]]
            day[at : at + len(run)] = [new]
    assert sum(one.rows for one in day) == sum(sizes)
    large = sum(1 for one in day if one.rows >= merge.LEVELS[-1])
    assert len(day) <= (large + 1) * merge.FAN_IN ** len(merge.LEVELS)


def test_only_days_and_segments_that_may_hold_the_time_are_found(tmp_path: Path) -> None:
    start = 1_763_683_200_000
    for day in range(3):
        low = start + day * 86_400_000
        folder = day_folder(tmp_path, low)
        folder.mkdir()
        Segment(folder, 1, 1, 0, low + 100, low + 200, 5).path.touch()
        (folder / "2.tmp").touch()
    assert [folder.name for folder in days(tmp_path)] == ["2025-11-21", "2025-11-22", "2025-11-23"]
    assert len(find(tmp_path)) == 3
    assert len(find(tmp_path, start + 200, start + 201)) == 1
    assert find(tmp_path, start + 201, start + 86_400_100) == []
    assert len(find(tmp_path, start + 201, start + 86_400_101)) == 1
    assert len(find(tmp_path, start - 10**12, start + 10**12)) == 3
    assert find(tmp_path, -(2**63), start) == []
    assert [path.name for path in listed(days(tmp_path)[0])[1]] == ["2.tmp"]
    assert find(tmp_path / "nowhere") == []


def test_a_listing_torn_by_a_merge_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = day_folder(tmp_path, 1_763_683_200_000)
    folder.mkdir()
    parts = [Segment(folder, n, n, 0, 0, 9, 1) for n in (1, 2, 3)]
    merged = Segment(folder, 1, 3, 0, 0, 9, 3)
    for part in parts:
        part.path.touch()
    whole = Path.iterdir
    torn = []

    def iterdir(path: Path) -> Iterator[Path]:
        if path == folder and not torn:
            torn.append(path)
            yield parts[0].path
            merged.path.touch()  # its name appears where the listing has already been,
            for part in parts:
                part.path.unlink()  # and the other parts go before it comes to them
        else:
            yield from whole(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert find(tmp_path) == [merged]
    assert torn
