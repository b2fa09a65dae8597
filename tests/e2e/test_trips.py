"""kill -9 of the detector in the middle of trips: those of a run without a crash, each once."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from product import Product
from sqlalchemy import Engine, func, select

from detectors.tables import TripCheckpointRow, TripRow
from detectors.trips import store
from detectors.trips.tracker import Tracker
from detectors.trips.trip import Trip
from ingest.build import open_log
from ingest.log.frames import decode, encode
from ingest.log.protocol import partition_of
from ingest.reading import Frame, ReadingBatch
from ingest.registry.devices import DeviceSpec, access_device, register
from ingest.registry.permissions import COACHING, permit
from kit.db import transaction
from kit.settings import Core, Settings
from tests.detectors.detector_feed import START, messages

PART = 750
MINUTES = 4 * PART


@pytest.mark.slow
def test_killing_the_detector_in_the_middle_of_trips_loses_and_doubles_none(
    product: Product, settings: Settings, engine: Engine
) -> None:
    tenant = settings.of(Core).tenant
    with transaction(engine) as session:
        car = register(session, DeviceSpec(tenant, "car-1", "vehicle", owner="c-1"))
        permit(session, tenant, "c-1", COACHING)
    chance = np.random.default_rng(4)
    speed = np.where(np.arange(MINUTES) % 90 < 40, np.clip(chance.normal(50, 20, MINUTES), 0, None), np.nan)
    product.environment |= {"FOREWARN__DETECTORS__TRIP_DAYS": "3650", "FOREWARN__DETECTORS__LEASE_S": "2"}
    product.start("detector")
    product.wait_for("the look at who agrees", lambda: has_begun(engine))
    with closing(open_log(settings)) as log:
        number = partition_of(tenant, "car-1", log.partitions)
        for minute, value in enumerate(speed.tolist()):
            ts = START + 60_000 * minute
            batch = messages(car.no, "vehicle", [ts], {"speed": value, "braking_max": -4.0 * chance.random()})
            frame = Frame(ts, batch if np.isfinite(value) else ReadingBatch.empty())
            log.append(number, encode(frame), f"trips/{minute}")
            if minute % PART == PART - 1:  # under way: the car has been driving for some minutes
                product.wait_for("the trips so far", lambda done=minute // 90: trips(engine) >= done)
                product.kill("detector")
                product.start("detector")
        entries = log.read(number, 0, 1_000_000)
    tracker = Tracker()
    with transaction(engine) as session:
        tracker.agree([access_device(session, tenant, "car-1")])
    found = [trip for _, data in entries for trip in tracker.process(decode(data))]
    expected = list({trip.id: trip for trip in found}.values())
    product.wait_for("every trip", lambda: trips(engine) == len(expected))
    product.stop_all()
    with transaction(engine) as session:
        kept = store.of_device(session, access_device(session, tenant, "car-1"), 1_000)
    assert by_start(kept) == by_start(expected)
    assert len(kept) > 30


def has_begun(engine: Engine) -> bool:
    with transaction(engine) as session:
        return bool(session.scalar(select(func.count()).select_from(TripCheckpointRow)))


def trips(engine: Engine) -> int:
    with transaction(engine) as session:
        return session.scalar(select(func.count()).select_from(TripRow)) or 0


def by_start(found: list[Trip]) -> list[Trip]:
    return sorted(found, key=lambda trip: trip.started_at)
