"""The promises of `TelemetryStore`, held by every registered store."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.reading import ReadingBatch, series_id
from ingest.store import STORES
from ingest.store.errors import StoreUnavailable
from ingest.store.protocol import TelemetryStore, keep
from tests.ingest.store.conftest import KINDS, Place

T0 = 1_763_683_200_000  # 21 November 2025, 00:00 UTC
DAY = 86_400_000
A, B, C = series_id(1, 0), series_id(1, 255), series_id(2, 0)

Rows = list[tuple[int, int, float, int, int]]


def rows(batch: ReadingBatch) -> Rows:
    columns = (batch.series, batch.ts, batch.value, batch.quality, batch.seq)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def batch(*readings: tuple[int, int, float]) -> ReadingBatch:
    return ReadingBatch.of([r[0] for r in readings], [r[1] for r in readings], [r[2] for r in readings])


def everything(store: TelemetryStore, *series: int) -> Rows:
    return rows(store.read(series or (A, B, C), 0, T0 + 4000 * DAY))


def test_every_registered_store_is_tested_here() -> None:
    assert {kind.partition("/")[0] for kind in KINDS} == set(STORES)


def test_what_is_written_is_read_back_in_order_with_quality_and_sequence(store: TelemetryStore) -> None:
    given = ReadingBatch(
        np.array([C, A, B, A], np.int64),
        np.array([T0 + 5, T0 + 7, T0, T0 + 1], np.int64),
        np.array([-3.25, 91.2, 0.0, 1e6], np.float64),
        np.array([0, 5, 1, 0], np.uint8),
        np.array([-1, 12, 0, 2**53], np.int64),
    )
    written = keep(store, given)
    assert written.tolist() == [True] * 4
    assert everything(store) == [
        (A, T0 + 1, 1e6, 0, 2**53),
        (A, T0 + 7, 91.2, 5, 12),
        (B, T0, 0.0, 1, 0),
        (C, T0 + 5, -3.25, 0, -1),
    ]
    assert store.count() == 4


def test_a_reading_written_again_is_a_duplicate_and_the_first_one_stays(place: Place) -> None:
    first = place.open()
    keep(first, batch((A, T0, 1.0), (A, T0 + 1, 2.0)))
    again = keep(first, batch((A, T0 + 1, 99.0), (A, T0 + 2, 3.0), (B, T0, 4.0)))
    assert again.tolist() == [False, True, True]
    place.close()
    reopened = place.open()
    after = keep(reopened, batch((A, T0, 98.0), (A, T0 + 2, 97.0), (B, T0 + 1, 5.0), (B, T0, 96.0)))
    assert after.tolist() == [False, False, True, False]
    values = [(row[0], row[2]) for row in everything(reopened)]
    assert values == [(A, 1.0), (A, 2.0), (A, 3.0), (B, 4.0), (B, 5.0)]
    assert reopened.count() == 5


def test_of_one_time_twice_in_a_batch_the_first_wins(store: TelemetryStore) -> None:
    written = keep(store, batch((A, T0, 1.0), (B, T0, 2.0), (A, T0, 3.0), (A, T0 + 1, 4.0), (A, T0, 5.0)))
    assert written.tolist() == [True, True, False, True, False]
    assert [row[2] for row in everything(store)] == [1.0, 4.0, 2.0]


def test_readings_that_come_late_are_stored_once(store: TelemetryStore) -> None:
    keep(store, batch((A, T0 + 30 * DAY, 1.0)))
    late = batch((A, T0, 2.0), (A, T0 + 10 * DAY, 3.0), (A, T0 + 10 * DAY + 1, 4.0))
    assert keep(store, late).sum() == 3
    assert not keep(store, late).any()
    mixed = keep(store, batch((A, T0 + 10 * DAY, 0.0), (A, T0 + 5, 5.0), (A, T0 + 31 * DAY, 6.0), (C, T0, 7.0)))
    assert mixed.tolist() == [False, True, True, True]
    assert [row[2] for row in everything(store)] == [2.0, 5.0, 3.0, 4.0, 1.0, 6.0, 7.0]


def test_the_end_of_a_read_is_not_part_of_it(store: TelemetryStore) -> None:
    keep(store, batch((A, T0 - 1, 1.0), (A, T0, 2.0), (A, T0 + 1, 3.0), (A, T0 + 2, 4.0)))
    assert [row[2] for row in rows(store.read([A], T0, T0 + 2))] == [2.0, 3.0]
    assert len(store.read([A], T0, T0)) == 0
    assert len(store.read([A], T0 + 2, T0)) == 0
    assert len(store.read([], T0, T0 + 2)) == 0
    assert len(store.read([B, C], T0 - 1, T0 + 2)) == 0
    assert [row[2] for row in rows(store.read([A, A, B], T0 + 2, T0 + 3))] == [4.0]


def test_the_latest_reading_of_each_series_is_found_however_old(store: TelemetryStore) -> None:
    keep(store, batch((A, T0, 1.0), (A, T0 + 9 * DAY, 2.0), (B, T0 + 3, 3.0), (B, T0 + 2, 4.0)))
    keep(store, batch((C, T0 - 300 * DAY, 5.0), (C, T0 - 301 * DAY, 6.0)))
    newest = [(A, T0 + 9 * DAY, 2.0, 0, -1), (B, T0 + 3, 3.0, 0, -1), (C, T0 - 300 * DAY, 5.0, 0, -1)]
    assert rows(store.latest([C, series_id(3, 0), A, B, A])) == newest
    assert len(store.latest([])) == 0
    assert len(store.latest([series_id(77, 7)])) == 0


def test_an_erased_device_is_gone_and_may_come_back(place: Place) -> None:
    store = place.open()
    keep(store, batch((A, T0, 1.0), (B, T0 + DAY, 2.0), (C, T0, 3.0)))
    keep(store, batch((A, T0 + 2 * DAY, 4.0)))
    assert store.erase(1) == 3
    assert [row[2] for row in everything(store)] == [3.0]
    assert store.count() == 1
    assert store.erase(1) == 0
    assert store.erase(1000) == 0
    assert keep(store, batch((A, T0, 5.0), (C, T0, 6.0))).tolist() == [True, False]
    place.close()
    assert [row[2] for row in everything(place.open())] == [5.0, 3.0]


def test_an_old_reading_does_not_hide_newer_stored_ones(place: Place) -> None:
    store = place.open()
    keep(store, batch(*((A, T0 + day * DAY, float(day)) for day in range(10))))
    keep(store, batch(*((C, T0 + day * DAY, 1.0) for day in range(10, 20))))
    place.close()
    reopened = place.open()
    assert keep(reopened, batch((A, T0 + 1, 0.5))).all()
    assert not keep(reopened, batch((A, T0 + 5 * DAY, 99.0), (A, T0 + 9 * DAY, 99.0))).any()
    assert reopened.count() == 21


def test_what_is_new_is_told_without_storing_it(store: TelemetryStore) -> None:
    given = batch((A, T0, 1.0), (A, T0, 2.0), (B, T0, 3.0))
    for _ in range(2):
        assert store.fresh(given).tolist() == [True, False, True]
    assert store.count() == 0
    store.write(given.take(np.array([2])))
    assert store.fresh(given).tolist() == [True, False, False]


def test_a_picture_gets_the_lowest_and_the_highest_of_each_part(store: TelemetryStore) -> None:
    values = [float((n * 7919) % 1000) for n in range(600)]
    given = ReadingBatch.of([A] * 600 + [C], [T0 + n * 1000 for n in range(600)] + [T0], [*values, 5.0], 1)
    keep(store, given)
    found = store.read_minmax([A, C, B], T0, T0 + 600_000, 10)
    for part in range(10):
        low, high = T0 + part * 60_000, T0 + (part + 1) * 60_000
        mine = (found.series == A) & (found.ts >= low) & (found.ts < high)
        expected = values[part * 60 : part * 60 + 60]
        assert sorted(found.value[mine].tolist()) == [min(expected), max(expected)]
    assert rows(found)[-1] == (C, T0, 5.0, 1, -1)
    assert rows(found) == sorted(rows(found))
    assert set(rows(found)) <= set(everything(store))
    assert len(store.read_minmax([A], T0, T0, 10)) == len(store.read_minmax([], T0, T0 + 9, 10)) == 0
    with pytest.raises(ValueError, match="parts"):
        store.read_minmax([A], T0, T0 + 9, 0)


def test_old_readings_are_dropped_and_newer_ones_stay(place: Place) -> None:
    store = place.open()
    keep(store, batch((A, T0, 1.0), (A, T0 + DAY - 1, 2.0), (B, T0 + DAY, 3.0), (C, T0 + 2 * DAY, 4.0)))
    dropped = store.drop_before(T0 + DAY)
    if not place.exact:  # VictoriaMetrics drops by its own setting
        assert (dropped, store.count()) == (0, 4)
        return
    assert dropped == 2
    assert [row[2] for row in everything(store)] == [3.0, 4.0]
    assert store.drop_before(T0 + DAY) == 0
    assert keep(store, batch((A, T0 + 3 * DAY, 5.0), (B, T0 + DAY, 0.0))).tolist() == [True, False]


def test_the_statistics_count_what_is_stored(store: TelemetryStore) -> None:
    assert store.stats().readings == 0
    keep(store, batch((A, T0, 1.0), (B, T0 + 2 * DAY, 3.0)))
    stats = store.stats()
    assert (stats.readings, stats.set_aside) == (2, 0)
    assert (stats.first_ms, stats.last_ms, stats.days) in {(T0, T0 + 2 * DAY, 2), (0, 0, 0)}


def test_nothing_written_is_nothing_stored(store: TelemetryStore) -> None:
    written = keep(store, ReadingBatch.empty())
    assert len(written) == 0
    assert (store.count(), len(store.read([A], 0, T0))) == (0, 0)


@pytest.mark.parametrize(
    "broken",
    [
        batch((A, T0, 1.0), (A, T0 + 1, float("nan"))),
        batch((A, T0, 1.0), (A, T0 + 1, float("-inf"))),
        batch((A, T0, 1.0), (A, -1, 1.0)),
        batch((A, T0, 1.0), (A, 2**62, 1.0)),
        batch((A, T0, 1.0), (-1, T0, 1.0)),
        ReadingBatch(*(np.zeros(1, np.int64) for _ in range(5))),  # type: ignore[arg-type]
        ReadingBatch(*(np.zeros(n, np.int64) for n in (1, 1, 2, 1, 1))),  # type: ignore[arg-type]
    ],
)
def test_a_batch_that_breaks_the_contract_is_refused_whole(store: TelemetryStore, broken: ReadingBatch) -> None:
    with pytest.raises(ValueError, match=r"value|time|series|columns"):
        keep(store, broken)
    assert store.count() == 0


def test_a_reader_sees_what_the_writer_wrote_and_cannot_write(place: Place) -> None:
    reader, writer = place.open(read_only=True), place.open()
    keep(writer, batch((A, T0, 1.0)))
    assert [row[2] for row in everything(reader)] == [1.0]
    keep(writer, batch((A, T0 + 1, 2.0)))
    assert [row[2] for row in everything(reader)] == [1.0, 2.0]
    assert (reader.count(), rows(reader.latest([A]))[0][2]) == (2, 2.0)
    with pytest.raises(StoreUnavailable):
        keep(reader, batch((A, T0 + 2, 3.0)))
    with pytest.raises(StoreUnavailable):
        reader.erase(1)
    with pytest.raises(StoreUnavailable):
        reader.drop_before(T0)


def test_a_reader_that_comes_before_any_writer_sees_nothing(place: Place) -> None:
    reader = place.open(read_only=True)
    assert (reader.count(), len(reader.latest([A])), everything(reader)) == (0, 0, [])


@pytest.mark.slow
def test_many_devices_are_read_at_once(store: TelemetryStore) -> None:
    series = [series_id(device, signal) for device in range(1, 251) for signal in (0, 3)]
    keep(store, batch(*((number, T0 + number, 1.0) for number in series)))
    assert store.read(series, T0, T0 + DAY).series.tolist() == series
    assert store.latest(series).series.tolist() == series


def test_closing_twice_is_fine(place: Place) -> None:
    store = place.open()
    keep(store, batch((A, T0, 1.0)))
    store.close()
    store.close()


decimals = st.integers(-(10**9), 10**9).map(lambda n: n / 1000)
readings = st.tuples(
    st.sampled_from([A, B, C]), st.integers(0, 40).map(lambda n: T0 + n * DAY // 7), decimals, st.integers(0, 7)
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(readings, max_size=30), min_size=1, max_size=6))
def test_any_sequence_of_writes_keeps_the_first_of_each(place: Place, batches: list[Rows]) -> None:
    store = place.open()
    store.erase(1)
    store.erase(2)
    first: dict[tuple[int, int], tuple[float, int]] = {}
    for some in batches:
        series, ts, value, quality = (list(column) for column in zip(*some, strict=True)) if some else ([],) * 4
        before = len(first)
        for reading in some:
            first.setdefault(reading[:2], reading[2:])
        given = ReadingBatch.of(series, ts, value)
        given = ReadingBatch(given.series, given.ts, given.value, np.array(quality, np.uint8), given.seq)
        written = keep(store, given)
        assert (int(written.sum()), len(written)) == (len(first) - before, len(some))
    assert everything(store) == [(*key, *first[key], -1) for key in sorted(first)]
    assert store.count() == len(first)
    newest = {series: max(ts for s, ts in first if s == series) for series, _ in first}
    assert dict(zip((latest := store.latest([A, B, C])).series.tolist(), latest.ts.tolist(), strict=True)) == newest
    place.close()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_every_finite_value_comes_back(place: Place, values: list[float]) -> None:
    store = place.open()
    store.erase(1)
    keep(store, ReadingBatch.of([A] * len(values), [T0 + n for n in range(len(values))], values))
    read = store.read([A], T0, T0 + DAY).value
    if place.exact:
        np.testing.assert_array_equal(read, values)
    else:
        assert len(read) == len(values)
    place.close()
