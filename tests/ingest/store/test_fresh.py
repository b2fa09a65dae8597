"""The duplicate check on columns, against a set of keys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.reading import ReadingBatch, series_id
from ingest.store import fresh
from ingest.store.fresh import UNKNOWN, Mask, Newest, lowest_and_highest

keys = st.tuples(st.integers(0, 6).map(lambda n: series_id(n // 3, n % 3)), st.integers(1, 12))


def batch(rows: list[tuple[int, int]]) -> ReadingBatch:
    return ReadingBatch.of([s for s, _ in rows], [t for _, t in rows], [0.0] * len(rows))


def pairs(rows: ReadingBatch) -> list[tuple[int, int]]:
    return list(zip(rows.series.tolist(), rows.ts.tolist(), strict=True))


@given(st.lists(st.lists(keys, max_size=25), max_size=6), st.sampled_from([0, 6, UNKNOWN]))
def test_the_first_of_each_key_is_new_whatever_is_known(batches: list[list[tuple[int, int]]], floor: int) -> None:
    held = {(series_id(0, 1), ts) for ts in range(1, 1 + min(floor, 5))}  # nothing stored is above the floor
    newest = Newest(floor)

    def stored(rows: ReadingBatch) -> Mask:
        assert len(set(pairs(rows))) == len(rows)
        return np.array([key in held for key in pairs(rows)], np.bool_)

    for rows in batches:
        given = batch(rows)
        expected = [key not in held and key not in rows[:n] for n, key in enumerate(rows)]
        assert newest.fresh(given, stored).tolist() == expected
        assert newest.fresh(given, stored).tolist() == expected  # nothing is remembered
        new = given.take(np.array(expected, np.bool_))
        newest.advance(new)
        assert pairs(new.take(newest.order(new))) == sorted(pairs(new))
        held |= set(pairs(new))
        unknown = newest.unknown(given.series)
        assert floor == UNKNOWN or not len(unknown)
        newest.learn(unknown, np.array([max((t for s, t in held if s == one), default=0) for one in unknown], np.int64))


def test_only_doubtful_rows_are_looked_up() -> None:
    newest = Newest(0)
    newest.advance(batch([(1, 10), (2, 10)]))
    asked: list[tuple[int, int]] = []

    def stored(rows: ReadingBatch) -> Mask:
        asked.extend(pairs(rows))
        return np.zeros(len(rows), np.bool_)

    assert newest.fresh(batch([(1, 11), (1, 11), (2, 9), (2, 12), (2, 11), (3, 1)]), stored).tolist() == [
        True,
        False,
        True,
        True,
        True,
        True,
    ]
    assert asked == [(2, 9)]
    newest.forget(0)  # the device of series 1, 2 and 3
    assert newest.fresh(batch([(1, 10)]), stored).all()
    assert asked == [(2, 9)]


def test_any_number_of_series_is_kept_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fresh, "FIRST_SLOTS", 1)
    newest = Newest(0)
    series = np.random.default_rng(1).permutation(np.arange(0, 5000 * 256, 256))
    rows = batch([(int(number), 5) for number in series])
    newest.advance(rows)
    assert pairs(rows.take(newest.order(rows))) == sorted(pairs(rows))
    again = batch([(int(number), 5 + int(number) // 256 % 2) for number in series])
    fresh_now = newest.fresh(again, lambda rows: np.ones(len(rows), np.bool_))
    assert (fresh_now == (series // 256 % 2 == 1)).all()


def test_lowest_and_highest_of_each_part_stay() -> None:
    rows = ReadingBatch.of([1] * 6 + [2], [0, 1, 2, 3, 50, 99, 60], [3.0, 1.0, 9.0, 2.0, 5.0, 5.5, 7.0])
    kept = lowest_and_highest(rows, 0, 100, 2)
    assert list(zip(kept.series.tolist(), kept.ts.tolist(), kept.value.tolist(), strict=True)) == [
        (1, 1, 1.0),
        (1, 2, 9.0),
        (1, 50, 5.0),
        (1, 99, 5.5),
        (2, 60, 7.0),
    ]
    assert len(lowest_and_highest(ReadingBatch.empty(), 0, 100, 2)) == 0
