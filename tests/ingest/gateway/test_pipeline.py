"""Acknowledged means appended: the loop of the gateway over a source and a log that can fail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from ingest.config import Config
from ingest.errors import LogFull
from ingest.gateway import known as registry_cache
from ingest.gateway.known import KnownDevices
from ingest.gateway.packets import Packets
from ingest.gateway.payload import Limits, PayloadReader
from ingest.gateway.pipeline import Pipeline
from ingest.gateway.routes import Router
from ingest.gateway.validate import Validator
from ingest.log.frames import decode
from ingest.log.protocol import partition_of
from ingest.log.sqlite import SqliteLog
from ingest.reading import Frame
from ingest.registry.devices import Device, DeviceSpec, register
from kit.clock import VirtualClock
from kit.db import transaction

NOW = 1_763_750_000_000


class Source:
    """Hands out what a test put in."""

    def __init__(self) -> None:
        self.waiting: list[tuple[bytes, bytes]] = []
        self.taken = 0
        self.acknowledged: list[int] = []
        self.quiet = False

    def put(self, device: str, **signals: float) -> None:
        payload = json.dumps({"ts": NOW, "signals": signals}).encode()
        self.waiting.append((f"fw/v1/demo/{device}/telemetry".encode(), payload))

    def take(self, most: int, most_bytes: int, wait_s: float) -> Packets:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        first, self.taken = self.taken + 1, self.taken + len(taken)
        return Packets.of(taken, range(first, self.taken + 1))

    def acknowledge(self, packets: Packets) -> None:
        self.acknowledged += packets.mid.tolist()

    def idle(self) -> bool:
        return self.quiet


class FailingLog(SqliteLog):
    """A log that is full for the next `failures` appends."""

    failures = 0

    def append_many(self, entries: Sequence[tuple[int, bytes, str]]) -> list[int]:
        if self.failures:
            self.failures -= 1
            raise LogFull(self._path, 1)
        return super().append_many(entries)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FailingLog]:
    with closing(FailingLog(tmp_path, 2, 10_000_000)) as log:
        yield log


@pytest.fixture
def known(engine: Engine, fleet: list[Device]) -> KnownDevices:
    known = KnownDevices(engine, "demo", 2)
    known.refresh()
    return known


@pytest.fixture
def source() -> Source:
    return Source()


def pipeline(source: Source, known: KnownDevices, log: FailingLog) -> Pipeline:
    reader = PayloadReader(Router("demo", Config()), known, Limits(100_000, 30 * 86_400_000), 2)
    validator = Validator(reader, known)
    return Pipeline(source, validator, log, VirtualClock(NOW))


def frames(log: SqliteLog) -> list[Frame]:
    return [decode(data) for partition in range(2) for _offset, data in log.read(partition, 0, 1000)]


def test_a_batch_is_appended_by_partition_and_then_acknowledged(
    source: Source, known: KnownDevices, log: FailingLog
) -> None:
    source.put("car-0", rpm=900, speed=50)
    source.put("hp-0", power=900)
    source.put("car-0", rpm=901)
    pipeline(source, known, log).step()
    assert source.acknowledged == [1, 2, 3]
    car, pump = (partition_of("demo", name, 2) for name in ("car-0", "hp-0"))
    assert car != pump
    for partition, values in ((car, [900, 50, 901]), (pump, [900])):
        ((_offset, data),) = log.read(partition, 0, 10)
        assert decode(data).readings.value.tolist() == values


def test_while_the_log_is_full_nothing_is_acknowledged_and_afterwards_nothing_is_lost_or_doubled(
    source: Source, known: KnownDevices, log: FailingLog
) -> None:
    loop = pipeline(source, known, log)
    source.put("car-0", rpm=900)
    log.failures = 3
    for _ in range(3):
        with pytest.raises(LogFull):
            loop.step()
        source.put("car-0", speed=50)
    assert source.acknowledged == []
    loop.step()
    loop.step()
    assert len(source.acknowledged) == 4
    assert sum(len(frame.readings) for frame in frames(log)) == 4


def test_a_batch_that_cannot_be_opened_waits_in_hand_and_nothing_passes_it(
    source: Source, known: KnownDevices, log: FailingLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = pipeline(source, known, log)
    source.put("car-0", rpm=900)
    with monkeypatch.context() as patch:
        patch.setattr(Validator, "frames", lambda *_: {}["a mistake of ours"])
        with pytest.raises(KeyError):
            loop.step()
    source.put("car-0", rpm=901)
    loop.step()
    loop.step()
    assert source.acknowledged == [1, 2]
    assert [value for frame in frames(log) for value in frame.readings.value] == [900, 901]


def test_an_append_whose_answer_was_lost_is_not_made_twice(
    source: Source, known: KnownDevices, log: FailingLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = pipeline(source, known, log)
    source.put("car-0", rpm=900)

    def answer_lost(self: FailingLog, entries: Sequence[tuple[int, bytes, str]]) -> list[int]:
        SqliteLog.append_many(self, entries)
        raise LogFull(self._path, 1)

    with monkeypatch.context() as patch:
        patch.setattr(FailingLog, "append_many", answer_lost)
        with pytest.raises(LogFull):
            loop.step()
    loop.step()
    assert len(source.acknowledged) == 1
    assert [len(frame.readings) for frame in frames(log)] == [1]


def test_two_gateways_never_use_the_same_entry_ids(source: Source, known: KnownDevices, log: FailingLog) -> None:
    for _ in range(2):
        source.put("car-0", rpm=900)
        pipeline(source, known, log).step()
    assert [len(frame.readings) for frame in frames(log)] == [1, 1]


def test_a_heartbeat_goes_to_every_partition_only_when_all_is_quiet(
    source: Source, known: KnownDevices, log: FailingLog
) -> None:
    loop = pipeline(source, known, log)
    loop.step()
    assert frames(log) == []
    source.quiet = True
    loop.step()
    loop.step()
    assert [(frame.received_ms, len(frame.readings)) for frame in frames(log)] == [(NOW, 0), (NOW, 0)]


def test_a_device_registered_after_the_start_is_taken_at_once(
    source: Source, known: KnownDevices, log: FailingLog, engine: Engine
) -> None:
    loop = pipeline(source, known, log)
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "car-new", "vehicle"))
    source.put("car-new", rpm=900)
    loop.step()
    assert [len(frame.readings) for frame in frames(log)] == [1]


def test_an_unknown_name_is_asked_for_again_after_a_second(
    source: Source, known: KnownDevices, log: FailingLog, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = pipeline(source, known, log)
    source.put("car-new", rpm=900)
    loop.step()
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "car-new", "vehicle"))
    monkeypatch.setattr(registry_cache, "ASK_AGAIN_S", 0.0)
    source.put("car-new", rpm=900)
    loop.step()
    assert [(len(frame.readings), len(frame.refusals)) for frame in frames(log)] == [(0, 1), (1, 0)]


def test_while_the_database_is_away_known_devices_are_taken(
    source: Source, known: KnownDevices, log: FailingLog
) -> None:
    known._engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
    loop = pipeline(source, known, log)
    source.put("car-0", rpm=900)
    source.put("stranger", rpm=900)
    loop.step()
    assert len(source.acknowledged) == 2
    assert sum(len(frame.readings) for frame in frames(log)) == 1
