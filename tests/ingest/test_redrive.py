"""What was refused is judged again after a repair, and every account still balances."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ingest import ledger, quarantine
from ingest.build import open_log
from ingest.config import Config
from ingest.errors import LogFull
from ingest.gateway.known import KnownDevices
from ingest.gateway.packets import Packets
from ingest.gateway.payload import PayloadReader, limits_of
from ingest.gateway.routes import Router
from ingest.gateway.validate import Validator
from ingest.ledger import Counts
from ingest.log.frames import decode, encode
from ingest.log.sqlite import SqliteLog
from ingest.quarantine import Bounds as QuarantineBounds
from ingest.reading import Quality, Refusal
from ingest.redrive import Redrive, Redriven, Wanted, redrive
from ingest.registry.devices import Device, DeviceSpec, register
from ingest.tables import QuarantineRow
from ingest.writer.flush import Bounds, Flusher
from kit import leases
from kit.clock import SystemClock
from kit.db import transaction
from kit.settings import Settings
from tests.ingest.writer.test_flush import Store

HOUR = 3_600_000


@pytest.fixture
def log(settings: Settings) -> Iterator[SqliteLog]:
    with closing(open_log(settings)) as log:
        assert isinstance(log, SqliteLog)
        yield log


@pytest.fixture
def flush(engine: Engine, log: SqliteLog) -> Callable[[], int]:
    with transaction(engine) as session:
        lease = leases.acquire(session, "writer", "test", 60)
    assert lease is not None
    writer = Flusher(engine, log, Store(), "demo", Bounds(10_000, QuarantineBounds(100, 1000, 1_000_000)))

    def flush() -> int:
        return writer.flush(lease)

    return flush


@pytest.fixture
def hear(engine: Engine, log: SqliteLog, settings: Settings) -> Callable[..., None]:
    def hear(device: str, content: object, received_ms: int) -> None:
        known = KnownDevices(engine, "demo", log.partitions)
        config = settings.of(Config)
        reader = PayloadReader(Router("demo", config), known, limits_of(config), log.partitions)
        packets = Packets.of([(f"fw/v1/demo/{device}/telemetry".encode(), json.dumps(content).encode())])
        for partition, frame in Validator(reader, known).frames(packets, received_ms).items():
            log.append(partition, encode(frame), f"{device}-{received_ms}")

    return hear


def account(engine: Engine) -> Counts:
    with transaction(engine) as session:
        assert all(line.counts.balances() for line in ledger.by_device(session, "demo"))
        return ledger.totals(session, "demo")


def samples(engine: Engine) -> list[tuple[str, str, int]]:
    with transaction(engine) as session:
        return [(line.device, line.reason, line.count) for line in quarantine.newest(session, "demo")]


def test_payloads_of_a_device_that_is_registered_by_now_are_stored_as_historical(
    engine: Engine, log: SqliteLog, settings: Settings, flush: Callable[[], int], hear: Callable[..., None]
) -> None:
    then = SystemClock().now_ms() - 2 * HOUR
    hear("car-9", {"ts": then - 5, "signals": {"rpm": 900, "speed": 50}}, then)
    flush()
    assert samples(engine) == [("car-9", "unknown_device", 2)]
    assert redrive(settings, log, Wanted(), dry_run=False) == Redriven(1, 0, 0, 1), "still unknown: nothing changes"
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "car-9", "vehicle"))
    assert redrive(settings, log, Wanted(device="other"), dry_run=False) == Redriven()
    assert redrive(settings, log, Wanted(reason="unknown_device"), dry_run=True) == Redriven(1, 1, 2, 0)
    assert samples(engine), "a dry run changes nothing"
    assert redrive(settings, log, Wanted(reason="unknown_device"), dry_run=False) == Redriven(1, 1, 2, 0)
    assert (samples(engine), account(engine)) == ([], Counts())
    flush()
    assert account(engine) == Counts(received=2, stored=2, historical=2)
    frames = [decode(data) for at in range(log.partitions) for _offset, data in log.read(at, 0, 100)]
    (batch,) = [frame.readings for frame in frames if len(frame.readings)]
    assert batch.ts.tolist() == [then - 5, then - 5], "by the time it was received at, not by today's"
    assert (batch.quality & Quality.HISTORICAL).all()
    assert redrive(settings, log, Wanted(), dry_run=False) == Redriven()


def test_what_is_still_refused_comes_back_and_what_was_stored_before_is_a_duplicate(
    engine: Engine, log: SqliteLog, settings: Settings, fleet: list[Device], flush: Callable[[], int],
    hear: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    then = SystemClock().now_ms() - HOUR
    hear("car-0", {"ts": then, "signals": {"rpm": 900, "new_signal": 7, "speed": "fast"}}, then)
    flush()
    assert sorted(samples(engine)) == [("car-0", "unknown_signal", 1), ("car-0", "wrong_type", 1)]
    assert account(engine) == Counts(received=3, stored=1, quarantined=2)
    signals = KnownDevices(engine, "demo", 1)
    signals.refresh()
    known = signals.get("car-0")
    assert known is not None
    monkeypatch.setitem(known.signals, "new_signal", known.signals["coolant_temp"])
    assert redrive(settings, log, Wanted(reason="unknown_signal"), dry_run=False) == Redriven(1, 1, 2, 0)
    flush()
    assert samples(engine) == [("car-0", "wrong_type", 1)]
    assert account(engine) == Counts(received=4, stored=2, duplicate=1, quarantined=1, historical=1)


def test_a_crash_between_log_and_database_stores_nothing_twice(
    engine: Engine, log: SqliteLog, settings: Settings, flush: Callable[[], int], hear: Callable[..., None]
) -> None:
    then = SystemClock().now_ms() - HOUR
    hear("car-9", {"ts": then, "signals": {"rpm": 900}}, then)
    flush()
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "car-9", "vehicle"))
    known = KnownDevices(engine, "demo", log.partitions)
    config = settings.of(Config)
    reader = PayloadReader(Router("demo", config), known, limits_of(config), log.partitions)
    with transaction(engine) as session:
        Redrive("demo", reader, log).step(session, Wanted(), 0, then, dry_run=False)
        session.rollback()  # as if the process had died before it could commit
    assert redrive(settings, log, Wanted(), dry_run=False).taken == 1
    flush()
    assert account(engine) == Counts(received=1, stored=1, historical=1)


def test_a_full_log_leaves_the_quarantine_as_it_was(
    engine: Engine, log: SqliteLog, settings: Settings, flush: Callable[[], int], hear: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    then = SystemClock().now_ms()
    hear("car-9", {"ts": then, "signals": {"rpm": 900}}, then)
    flush()
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "car-9", "vehicle"))

    def full(entries: object) -> list[int]:
        raise LogFull(Path("log"), 1)

    monkeypatch.setattr(log, "append_many", full)
    with pytest.raises(LogFull):
        redrive(settings, log, Wanted(), dry_run=False)
    assert samples(engine) == [("car-9", "unknown_device", 1)]
    assert account(engine) == Counts(received=1, quarantined=1)


def test_more_payloads_than_one_step_takes_are_all_judged(
    engine: Engine, log: SqliteLog, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.redrive.PAYLOADS", 3)
    payload, topic = b'{"ts":1,"signals":{"rpm":1}}', "fw/v1/demo/car-9/telemetry"
    refused = [(n, Refusal("car-9", "unknown_device", "", 1, payload, topic, whole=True)) for n in range(1, 11)]
    with transaction(engine) as session:
        quarantine.keep(session, "demo", refused, QuarantineBounds(100, 100, 10_000))
    assert redrive(settings, log, Wanted(), dry_run=False) == Redriven(10, 0, 0, 10)


def test_a_sample_that_was_cut_is_never_judged_again(engine: Engine, log: SqliteLog, settings: Settings) -> None:
    cut = Refusal("car-9", "unknown_device", "", 1, b"{", "fw/v1/demo/car-9/telemetry", whole=False)
    with transaction(engine) as session:
        quarantine.keep(session, "demo", [(1, cut)], QuarantineBounds(100, 100, 10_000))
    assert redrive(settings, log, Wanted(), dry_run=False) == Redriven()


def test_the_quarantine_stays_within_its_bytes_and_keeps_the_newest(engine: Engine) -> None:
    bounds = QuarantineBounds(100, 100, 5_000)
    for n in range(1, 9):
        large = Refusal(f"car-{n % 3}", "out_of_range", "", n, bytes(1_000), "t", whole=True)
        with transaction(engine) as session:
            quarantine.keep(session, "demo", [(n, large)], bounds)
    with transaction(engine) as session:
        kept = quarantine.newest(session, "demo")
        assert [line.count for line in kept] == [8, 7, 6, 5]
        many = [(n, Refusal("car-0", "x", "", n, bytes(1_000), "t", whole=True)) for n in range(10, 60)]
        quarantine.keep(session, "demo", many, bounds)
        assert [line.count for line in quarantine.newest(session, "demo")] == [59, 58, 57, 56]


def test_a_topic_that_the_database_cannot_hold_is_kept_all_the_same(engine: Engine) -> None:
    odd = Refusal("", "bad_topic", "", 1, b"x", "a\0b", whole=True)
    with transaction(engine) as session:
        quarantine.keep(session, "demo", [(1, odd)], QuarantineBounds(5, 5, 500))
        assert session.query(QuarantineRow).one().topic == "a\N{REPLACEMENT CHARACTER}b"
