"""From the log to the store and the ledger: once each, whatever fails in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sqlalchemy import Engine, text

from ingest import ledger, quarantine
from ingest.errors import OffsetMoved
from ingest.log.frames import encode
from ingest.log.sqlite import SqliteLog
from ingest.quarantine import Bounds as QuarantineBounds
from ingest.reading import Frame, ReadingBatch, Refusal
from ingest.registry.devices import Device
from ingest.store.errors import StoreUnavailable
from ingest.writer.flush import Bounds, Flusher, lag_ms
from kit import leases
from kit.db import transaction
from kit.leases import Lease, LeaseLost

NOW = 1_763_750_000_000
BOUNDS = Bounds(1000, QuarantineBounds(2, 5, 10_000))


class Store:
    """A store in memory that fails when it is told to."""

    def __init__(self) -> None:
        self.held: set[tuple[int, int]] = set()
        self.fail_before = 0
        self.fail_after = 0
        self.rewind_ms = 0

    def fresh(self, batch: ReadingBatch) -> NDArray[np.bool_]:
        if self.fail_before:
            self.fail_before -= 1
            raise StoreUnavailable("away")
        seen = set(self.held)
        fresh = np.zeros(len(batch), np.bool_)
        for n, key in enumerate(zip(batch.series.tolist(), batch.ts.tolist(), strict=True)):
            fresh[n] = key not in seen
            seen.add(key)
        return fresh

    def write(self, rows: ReadingBatch) -> None:
        self.held |= set(zip(rows.series.tolist(), rows.ts.tolist(), strict=True))
        if self.fail_after:
            self.fail_after -= 1
            raise StoreUnavailable("away after it stored")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with closing(SqliteLog(tmp_path, 2, 50_000_000)) as log:
        yield log


@pytest.fixture
def lease(engine: Engine) -> Lease:
    with transaction(engine) as session:
        found = leases.acquire(session, "writer", "test", 60)
    assert found is not None
    return found


@pytest.fixture
def put(log: SqliteLog, fleet: list[Device]) -> Callable[..., None]:
    """Append a frame of so many readings of a car, from `first` seconds on, to the partition."""
    count = 0

    def put(partition: int, readings: int, first: int = 0, refusals: tuple[Refusal, ...] = ()) -> None:
        nonlocal count
        count += 1
        times = [NOW + second * 1000 for second in range(first, first + readings)]
        batch = ReadingBatch.of([fleet[partition].no << 8] * readings, times, [1.0] * readings)
        log.append(partition, encode(Frame(NOW + count, batch, refusals)), f"{count}")

    return put


def flusher(engine: Engine, log: SqliteLog, store: Store, bounds: Bounds = BOUNDS) -> Flusher:
    return Flusher(engine, log, store, "demo", bounds)  # type: ignore[arg-type]


def totals(engine: Engine) -> ledger.Counts:
    with transaction(engine) as session:
        return ledger.totals(session, "demo")


def test_readings_are_stored_and_booked_once(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    store = Store()
    writer = flusher(engine, log, store)
    put(0, 10)
    put(1, 5)
    put(0, 10, first=5)
    assert writer.flush(lease) == 25
    assert writer.flush(lease) == 0
    assert flusher(engine, log, store).flush(lease) == 0
    counts = totals(engine)
    assert (counts.received, counts.stored, counts.duplicate) == (25, 20, 5)
    with transaction(engine) as session:
        assert [(line.device, line.counts.received) for line in ledger.by_device(session, "demo")] == [
            ("car-0", 20),
            ("car-1", 5),
        ]


def test_heartbeats_move_the_offset_and_nothing_else(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    put(0, 0)
    with transaction(engine) as session:
        assert lag_ms(session, log, NOW + 5001) == 5000
    flusher(engine, log, Store()).flush(lease)
    assert totals(engine) == ledger.Counts()
    with transaction(engine) as session:
        assert lag_ms(session, log, NOW + 5001) == 0


def test_a_flush_is_bounded_and_the_next_goes_on(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    writer = flusher(engine, log, Store())
    for n in range(600):
        put(n % 2, 10, first=n * 10)
    taken = [writer.flush(lease) for _ in range(7)]
    assert taken == [1000] * 6 + [0]
    assert totals(engine).stored == 6000


def test_a_store_that_is_away_stops_nothing_for_good(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    store = Store()
    writer = flusher(engine, log, store)
    store.fail_before = 2
    put(0, 10)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            writer.flush(lease)
    assert totals(engine) == ledger.Counts()
    writer.flush(lease)
    assert totals(engine).stored == 10


def test_a_writer_that_lost_its_lease_books_nothing(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    put(0, 10)
    zombie = flusher(engine, log, Store())
    with transaction(engine) as session:
        leases.release(session, lease)
        assert leases.acquire(session, "writer", "other", 60) is not None
    with pytest.raises(LeaseLost):
        zombie.flush(lease)
    assert totals(engine) == ledger.Counts()


def test_an_offset_that_somebody_moved_is_not_moved_again(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    store = Store()
    first, second = flusher(engine, log, store), flusher(engine, log, store)
    put(0, 10)
    first.flush(lease)
    second.flush(lease)
    put(0, 10, first=10)
    first.flush(lease)
    put(0, 10, first=20)
    with pytest.raises(OffsetMoved):
        second.flush(lease)
    second.flush(lease)
    assert totals(engine).received == 30


def test_a_damaged_entry_is_passed_over(engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]) -> None:
    put(0, 10)
    log.append(0, b"damaged", "damaged")
    put(0, 10, first=10)
    flusher(engine, log, Store()).flush(lease)
    assert totals(engine).stored == 20


def test_readings_of_a_device_that_is_gone_are_booked_under_no_device(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    put(0, 10)
    with transaction(engine) as session:
        session.execute(text("DELETE FROM device"))
    flusher(engine, log, Store()).flush(lease)
    with transaction(engine) as session:
        assert [(line.device, line.counts.stored) for line in ledger.by_device(session, "demo")] == [("", 10)]


def refused(device: str, n: int = 1, reason: str = "out_of_range") -> Refusal:
    return Refusal(device, reason, f"sample {n}", n, b"\x00\xff")


def test_the_quarantine_keeps_the_newest_samples_within_its_bounds_and_the_ledger_counts_all(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    writer = flusher(engine, log, Store())
    for n in range(1, 5):
        put(0, 0, refusals=(refused("car-0", n), refused("car-1", n)))
        writer.flush(lease)
    with transaction(engine) as session:
        kept = [(line.device, line.count) for line in quarantine.newest(session, "demo")]
    assert kept == [("car-1", 4), ("car-0", 4), ("car-1", 3), ("car-0", 3)]
    put(0, 0, refusals=tuple(refused(f"made-up-{n}", reason="unknown_device") for n in range(50)))
    writer.flush(lease)
    with transaction(engine) as session:
        assert len(quarantine.newest(session, "demo")) == 5
        by_device = {line.device: line.counts.quarantined for line in ledger.by_device(session, "demo")}
    assert by_device == {"": 50, "car-0": 10, "car-1": 10}


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.integers(0, 6),
            st.integers(0, 8),
            st.sampled_from(["", "", "before", "after", "booking"]),
        ),
        max_size=8,
    )
)
def test_each_reading_is_booked_once_and_rightly_whatever_fails(
    engine: Engine,
    log: SqliteLog,
    lease: Lease,
    put: Callable[..., None],
    fleet: list[Device],
    steps: list[tuple[int, int, int, str]],
) -> None:
    store = Store()
    before = totals(engine)
    writer = flusher(engine, log, store)
    keys: set[tuple[int, int]] = set()
    sent = 0
    for partition, readings, first, failure in steps:
        put(partition, readings, first, (refused("car-0"),))
        sent += readings + 1
        keys |= {(fleet[partition].no << 8, NOW + second * 1000) for second in range(first, first + readings)}
        store.fail_before, store.fail_after = int(failure == "before"), int(failure == "after")
        with pytest.MonkeyPatch.context() as patch:
            if failure == "booking":
                patch.setattr(ledger, "book", raise_away)
            try:
                writer.flush(lease)
            except StoreUnavailable:
                writer = flusher(engine, log, store)  # as after a crash
    store.fail_before = store.fail_after = 0
    for _ in range(2):  # first what had been begun, then the rest
        writer.flush(lease)
    counts = totals(engine)
    assert counts.balances()
    assert counts.received - before.received == sent
    assert counts.quarantined - before.quarantined == len(steps)
    assert store.held == keys
    assert counts.stored - before.stored == len(keys)


def raise_away(*_arguments: object) -> None:
    raise StoreUnavailable("away in the middle of the booking")


def test_readings_that_were_stored_and_not_booked_are_booked_as_stored_after_a_crash(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    store = Store()
    store.fail_after = 1
    put(0, 10)
    with pytest.raises(StoreUnavailable):
        flusher(engine, log, store).flush(lease)
    put(0, 10, first=5)
    writer = flusher(engine, log, store)
    assert [writer.flush(lease), writer.flush(lease)] == [10, 10]
    counts = totals(engine)
    assert (counts.received, counts.stored, counts.duplicate) == (20, 15, 5)


def frame(received: int, readings: int, device: Device, count: int | None = None, **more: tuple[Refusal, ...]) -> bytes:
    batch = ReadingBatch.of([device.no << 8] * readings, [NOW + n * 1000 for n in range(readings)], [1.0] * readings)
    return encode(Frame(NOW, batch, received=received if count is None else count, **more))


def test_a_reading_that_got_lost_between_the_counting_and_the_log_leaves_its_hour_unbalanced(
    engine: Engine, log: SqliteLog, lease: Lease, fleet: list[Device]
) -> None:
    log.append(0, frame(11, 10, fleet[0], refusals=(refused("car-0"),)), "balanced")
    writer = flusher(engine, log, Store())
    writer.flush(lease)
    with transaction(engine) as session:
        assert not ledger.unbalanced(session, "demo")
    log.append(0, frame(13, 10, fleet[0]), "three too few")
    writer.flush(lease)
    with transaction(engine) as session:
        (line,) = ledger.unbalanced(session, "demo")
    assert (line.device, line.counts.received) == ("", 3)


def test_a_damaged_entry_is_booked_as_received_and_lost(
    engine: Engine, log: SqliteLog, lease: Lease, fleet: list[Device]
) -> None:
    whole = frame(10, 10, fleet[0])
    log.append(0, whole, "whole")
    log.append(0, whole[:60] + b"!" + whole[61:], "damaged")
    flusher(engine, log, Store()).flush(lease)
    with transaction(engine) as session:
        (line,) = ledger.unbalanced(session, "demo")
    assert (line.device, line.counts.received) == ("", 10)


def test_entries_that_are_gone_before_they_were_stored_are_seen(
    engine: Engine, log: SqliteLog, lease: Lease, fleet: list[Device]
) -> None:
    writer = flusher(engine, log, Store())
    log.append(0, frame(10, 10, fleet[0]), "1")
    writer.flush(lease)
    for n in range(2, 5):
        log.append(0, frame(0, 0, fleet[0]), f"{n}")
    log.trim(0, 3)
    writer.flush(lease)
    with transaction(engine) as session:
        assert [line.counts.received for line in ledger.unbalanced(session, "demo")] == [2]
        assert not lag_ms(session, log, NOW)


def test_a_log_that_was_replaced_is_read_from_its_beginning(
    engine: Engine, log: SqliteLog, lease: Lease, fleet: list[Device], tmp_path: Path
) -> None:
    store = Store()
    for n in range(5):
        log.append(0, frame(0, 0, fleet[0]), f"{n}")
    flusher(engine, log, store).flush(lease)
    with closing(SqliteLog(tmp_path / "another", 2, 50_000_000)) as another:
        another.append(0, frame(7, 7, fleet[0]), "1")
        writer = flusher(engine, another, store)
        writer.flush(lease)
        writer.flush(lease)
    assert totals(engine).stored == 7
    with transaction(engine) as session:
        assert len(ledger.unbalanced(session, "demo")) == 1


def test_refusals_under_a_made_up_name_are_booked_under_no_device(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    put(0, 0, refusals=(refused("made-up", 2, "undecodable"), refused("car-1", 3, "throttled")))
    flusher(engine, log, Store()).flush(lease)
    with transaction(engine) as session:
        found = {line.device: line.counts for line in ledger.by_device(session, "demo")}
    assert (found[""].quarantined, found["car-1"].throttled, found["car-1"].quarantined) == (2, 3, 0)


def test_what_a_store_forgot_in_a_crash_of_its_own_is_stored_again_and_not_booked_again(
    engine: Engine, log: SqliteLog, lease: Lease, put: Callable[..., None]
) -> None:
    store = Store()
    store.rewind_ms = 2000
    for n in range(600):
        put(n % 2, 1, first=n)
    flusher(engine, log, store).flush(lease)
    kept, lost = set(store.held), set(sorted(store.held)[-40:])
    store.held -= lost
    put(0, 1, first=1000)
    flusher(engine, log, store).flush(lease)
    assert kept < store.held
    counts = totals(engine)
    assert (counts.received, counts.stored) == (601, 601)
