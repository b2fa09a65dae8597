"""Simulated cars and recorded drives: every trip is found, and how it was driven shows, whoever made the readings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detectors.trips.score import score
from detectors.trips.tracker import Tracker
from detectors.trips.trip import Trip
from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from ingest.reading import Frame, ReadingBatch, signal_no
from ingest.wire.device_types import DEVICE_TYPES
from tests.benchmarks.recorded import RECORDED, drives
from tests.detectors.detector_feed import START, device, messages
from tests.detectors.test_fleet_and_recordings import DAY, NOW, DeviceSpec, life

HOLE_MS = 300_000


def lived(kind: str, seed: int, faults: tuple[Occurrence, ...] = ()) -> ReadingBatch:
    return life(DeviceSpec("d", kind, "m", "1", "l", "o", "Europe/Berlin"), 20, seed, faults)


def driven(batch: ReadingBatch, kind: str = "vehicle") -> list[Trip]:
    tracker = Tracker()
    tracker.agree([replace(device(1, kind), owner="o", permits=("coaching",))])
    end = int(batch.ts.max())
    found = tracker.process(Frame(end, batch), Frame(end + DAY, ReadingBatch.empty()))
    return list({trip.id: trip for trip in found}.values())


def mean(trips: list[Trip]) -> float:
    return float(np.mean([points for trip in trips if (points := score(trip).points) is not None]))


@pytest.mark.parametrize("seed", range(100, 106))
def test_every_drive_of_a_car_is_one_trip_of_its_length(seed: int) -> None:
    batch = lived("vehicle", seed)
    numbers = {name: DEVICE_TYPES.get("vehicle").signal(name).number for name in ("speed", "odometer")}
    mine = batch.take(signal_no(batch.series) == numbers["speed"])
    edges = np.flatnonzero(np.diff(mine.ts) > HOLE_MS) + 1
    planned = [part for part in np.split(np.arange(len(mine)), edges) if (mine.value[part] > 5).sum() >= 2]
    trips = driven(batch)
    assert len(trips) == len(planned)
    begins = [float(mine.ts[part[0]]) for part in planned]
    assert [trip.started_at.timestamp() * 1000 for trip in trips] == pytest.approx(begins, abs=4 * 60_000)
    odometer = batch.value[signal_no(batch.series) == numbers["odometer"]]
    assert sum(trip.distance_km for trip in trips) == pytest.approx(odometer.max() - odometer.min(), rel=0.05)


@pytest.mark.parametrize("kind", ["vehicle", "electric_vehicle"])
@pytest.mark.parametrize("seed", [121, 122, 123])
def test_a_harder_driver_of_the_same_car_has_a_lower_score(kind: str, seed: int) -> None:
    other = FAULTS.get("new_driver").draw(np.random.default_rng(seed), "d", kind, NOW - 10 * DAY, NOW - 9 * DAY)
    trips = driven(lived(kind, seed, (other,)), kind)
    change = (NOW - 10 * DAY) / 1000
    before = [trip for trip in trips if trip.ended_at.timestamp() < change]
    after = [trip for trip in trips if change + 86_400 < trip.started_at.timestamp() < change + 8 * 86_400]
    assert mean(after) < mean(before) - 3


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded data sets are not on this machine")
def test_recorded_drives_have_the_same_score_however_often_they_are_read_and_with_noise() -> None:
    chance = np.random.default_rng(7)
    for names, table in list(drives(RECORDED / "carobd").values())[::3]:
        speed = table[:, names.index("VEHICLE_SPEED")]
        ts = START + 1000 * np.arange(len(speed))
        noisy = np.clip(np.round(speed + chance.normal(0, 2, len(speed))), 0, None)
        ways = [(ts, speed), (ts[::2], speed[::2]), (ts[::5], speed[::5]), (ts, noisy)]
        found = [driven(messages(1, "vehicle", stamps.tolist(), {"speed": values})) for stamps, values in ways]
        km = [sum(trip.distance_km for trip in trips) for trips in found]
        assert km == pytest.approx([km[0]] * len(km), rel=0.02, abs=0.1)
        if km[0] > 1:
            scores = [mean(trips) for trips in found]
            assert scores == pytest.approx([scores[0]] * len(scores), abs=5)
