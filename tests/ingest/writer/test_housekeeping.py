"""Old readings go, and a device is erased when somebody asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from ingest import erasure, quarantine
from ingest.errors import UnknownDevice
from ingest.quarantine import Bounds
from ingest.reading import ReadingBatch, Refusal
from ingest.registry import audit
from ingest.registry.devices import Device
from ingest.store.parquet.store import ParquetStore
from ingest.store.protocol import keep
from ingest.writer.housekeeping import DAY_MS, Housekeeper
from kit.clock import VirtualClock
from kit.db import transaction

NOW = 1_763_750_000_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ParquetStore]:
    with closing(ParquetStore(tmp_path / "store")) as store:
        yield store


def readings(device: Device, *ages: int) -> ReadingBatch:
    return ReadingBatch.of([device.no << 8] * len(ages), [NOW - age * DAY_MS for age in ages], [1.0] * len(ages))


def test_readings_older_than_the_retention_are_dropped_each_hour(
    engine: Engine, store: ParquetStore, fleet: list[Device]
) -> None:
    clock = VirtualClock(NOW)
    keep(store, readings(fleet[0], 40, 12, 9, 0))
    Housekeeper(engine, lambda: store, 0, clock).step()
    assert store.count() == 4
    keeper = Housekeeper(engine, lambda: store, 10, clock)
    keeper.step()
    assert store.count() == 2
    keep(store, readings(fleet[0], 30))
    keeper.step()
    assert store.count() == 3
    clock.advance(3_600_000)
    keeper.step()
    assert store.count() == 2


def test_a_device_is_erased_with_its_samples_and_nothing_else(
    engine: Engine, store: ParquetStore, fleet: list[Device]
) -> None:
    keep(store, ReadingBatch.concat([readings(fleet[0], 3, 2, 1), readings(fleet[1], 1)]))
    refused = [(NOW, Refusal(device.identifier, "too_large", "", 1, b"x")) for device in fleet[:2]]
    with transaction(engine) as session:
        quarantine.keep(session, "demo", refused, Bounds(9, 9, 1000))
        erasure.request(session, "demo", fleet[0].identifier, "ann")
    keeper = Housekeeper(engine, lambda: store, 0, VirtualClock(NOW))
    keeper.step()
    assert store.count() == 1
    with transaction(engine) as session:
        assert erasure.waiting(session) == []
        assert [line.device for line in quarantine.newest(session, "demo")] == [fleet[1].identifier]
        assert "erasure requested" in {entry.action for entry in audit.history(session, "demo", fleet[0].identifier)}


def test_an_erasure_waits_for_the_process_that_has_the_store(
    engine: Engine, store: ParquetStore, fleet: list[Device]
) -> None:
    with transaction(engine) as session:
        asked = erasure.request(session, "demo", fleet[0].identifier, "ann")
    Housekeeper(engine, lambda: None, 1, VirtualClock(NOW)).step()
    with transaction(engine) as session:
        assert erasure.waiting(session) == [asked]


def test_an_unknown_device_cannot_be_erased(engine: Engine) -> None:
    with transaction(engine) as session, pytest.raises(UnknownDevice):
        erasure.request(session, "demo", "nobody", "ann")
