"""Trips through the log and the database: with consent alone, once each, and gone when it ends."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from detectors.config import Config
from detectors.tables import TripCheckpointRow, TripRow
from detectors.trips import store
from detectors.trips import worker as module
from detectors.trips.trip import Trip, trip_id
from detectors.trips.worker import Trips
from ingest import erasure
from ingest.log import PartitionLog
from ingest.log.frames import encode
from ingest.log.protocol import partition_of
from ingest.reading import Frame, ReadingBatch
from ingest.registry.devices import DeviceSpec, access_device, hand_over, register
from ingest.registry.permissions import COACHING, forbid, permit
from kit.clock import VirtualClock, from_ms
from kit.db import transaction
from tests.detectors.detector_feed import MINUTE, START, messages

CONFIG = Config(checkpoint_s=0.1)
NOW = START + 30 * 86_400_000


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ASK_S", 0.0)
    monkeypatch.setattr(module, "TIDY_S", 0.0)


@pytest.fixture
def cars(engine: Engine) -> list[int]:
    with transaction(engine) as session:
        return [register(session, DeviceSpec("demo", f"car-{at}", "vehicle", owner=f"c-{at}")).no for at in range(3)]


def allow(engine: Engine, *owners: str) -> None:
    with transaction(engine) as session:
        for owner in owners:
            permit(session, "demo", owner, COACHING)


def drive(log: PartitionLog, no: int, at: int, start: int, minutes: int = 20) -> None:
    """A drive in frames of a minute, and a heartbeat an hour later."""
    speed = np.r_[0, np.full(minutes - 2, 50.0), 0]
    ts = start + MINUTE * np.arange(minutes)
    whole = messages(no, "vehicle", ts.tolist(), {"speed": speed, "rpm": 1500.0, "braking_max": -1.0})
    for minute in range(minutes):
        say(log, at, Frame(start + minute * MINUTE, whole.take(np.arange(3 * minute, 3 * minute + 3))))
    say(log, at, Frame(start + 120 * MINUTE, ReadingBatch.empty()))


def say(log: PartitionLog, at: int, frame: Frame) -> None:
    log.append(partition_of("demo", f"car-{at}", log.partitions), encode(frame), f"{at}/{frame.received_ms}")


def looking(engine: Engine, log: PartitionLog) -> Trips:
    return Trips(engine, log, CONFIG, "demo", VirtualClock(NOW))


def drain(trips: Trips) -> None:
    while trips.step():
        pass
    trips.close()


def kept(engine: Engine, at: int) -> list[Trip]:
    with transaction(engine) as session:
        return store.of_device(session, access_device(session, "demo", f"car-{at}"))


def rows(engine: Engine, table: type[TripRow | TripCheckpointRow] = TripRow) -> int:
    with transaction(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_trips_are_kept_of_those_who_agreed_and_of_nobody_else(
    engine: Engine, log: PartitionLog, cars: list[int]
) -> None:
    allow(engine, "c-0", "c-1")
    trips = looking(engine, log)
    trips.step()
    for at, no in enumerate(cars):
        drive(log, no, at, START)
    drain(trips)
    assert [len(kept(engine, at)) for at in range(3)] == [1, 1, 0]
    assert rows(engine) == 2
    (trip,) = kept(engine, 0)
    assert (trip.distance_km, trip.braking, trip.owner) == (pytest.approx(15, rel=0.1), 0, "c-0")


def test_what_was_driven_before_the_consent_is_not_looked_at(
    engine: Engine, log: PartitionLog, cars: list[int]
) -> None:
    drive(log, cars[0], 0, START)
    allow(engine, "c-0")
    trips = looking(engine, log)
    trips.step()
    drive(log, cars[0], 0, START + 300 * MINUTE)
    drain(trips)
    assert [trip.started_at for trip in kept(engine, 0)] == [from_ms(START + 300 * MINUTE)]


def test_nobody_agrees_nothing_is_read_or_kept(engine: Engine, log: PartitionLog, cars: list[int]) -> None:
    drive(log, cars[0], 0, START)
    drain(looking(engine, log))
    assert rows(engine) == 0
    assert rows(engine, TripCheckpointRow) == 0


def test_a_process_that_dies_in_the_middle_of_a_trip_changes_nothing(
    engine: Engine, log: PartitionLog, cars: list[int]
) -> None:
    allow(engine, "c-0")
    first = looking(engine, log)
    first.step()
    drive(log, cars[0], 0, START)
    number = partition_of("demo", "car-0", log.partitions)
    for after in (3, 8, 15, 40):
        torn = Trips(engine, log, Config(checkpoint_s=0.1, frames_per_step=after), "demo", VirtualClock(NOW))
        first.close()
        torn.step()  # and never closed: what it did not commit is gone
        with transaction(engine) as session:
            module.leases.release(session, torn._places[number].lease)
        first = looking(engine, log)
    drain(first)
    (trip,) = kept(engine, 0)
    assert trip.started_at == from_ms(START)
    assert trip.distance_km == pytest.approx(15, rel=0.1)


def test_a_withdrawal_forgets_trips_state_and_what_is_under_way(
    engine: Engine, log: PartitionLog, cars: list[int]
) -> None:
    allow(engine, "c-0")
    trips = looking(engine, log)
    trips.step()
    drive(log, cars[0], 0, START)
    while rows(engine) == 0:
        trips.step()
    with transaction(engine) as session:
        forbid(session, "demo", "c-0", COACHING)
        assert store.forget(session, "demo", "c-0") == 1
    trips.step()
    assert rows(engine) == 0
    assert rows(engine, TripCheckpointRow) == 0
    trips.close()


def test_a_trip_that_ends_after_the_withdrawal_is_not_written(engine: Engine) -> None:
    trip = a_trip()
    with transaction(engine) as session:
        assert store.write(session, [trip]) == 0
        permit(session, "demo", "c-0", COACHING)
        assert store.write(session, [trip]) == 1
        assert store.write(session, [trip]) == 1
    assert rows(engine) == 1


def test_trips_end_with_age_erasure_and_a_new_owner(engine: Engine, cars: list[int]) -> None:
    allow(engine, "c-0", "c-1", "c-2")
    one = a_trip()
    three = [one, a_trip("car-1", "c-1"), a_trip("car-2", "c-2")]
    with transaction(engine) as session:
        assert store.write(session, three) == 3
        now = one.ended_at + timedelta(days=1)
        assert store.tidy(session, "demo", now, 90) == 0
        hand_over(session, cars[0], "c-9")
        assert store.tidy(session, "demo", now, 90) == 1
        erasure.request(session, "demo", "car-1", "test")
        assert store.tidy(session, "demo", now, 90) == 1
        assert store.tidy(session, "demo", now + timedelta(days=90), 90) == 1


def test_a_new_owner_does_not_see_the_trips_of_the_one_before(engine: Engine, cars: list[int]) -> None:
    allow(engine, "c-0", "c-9")
    with transaction(engine) as session:
        store.write(session, [a_trip()])
    assert len(kept(engine, 0)) == 1
    with transaction(engine) as session:
        hand_over(session, cars[0], "c-9")
    assert kept(engine, 0) == []


def a_trip(device: str = "car-0", owner: str = "c-0") -> Trip:
    began = from_ms(START)
    return Trip(
        id=trip_id("demo", device, START),
        tenant="demo",
        device=device,
        owner=owner,
        started_at=began,
        ended_at=began + timedelta(minutes=30),
        distance_km=20.0,
        moving_s=1500,
        standing_s=300,
        idle_s=200,
        stops=4,
        top_speed=90,
        braking=1,
        acceleration=0,
        cornering=None,
        fast_s=None,
        judged_by="speed",
    )
