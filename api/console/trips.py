"""The trips of a device for its page: only where its owner agreed to be coached."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from api.words import Sign
from detectors.trips import store
from detectors.trips.score import Score, score
from detectors.trips.trip import Trip
from ingest.registry.devices import Device
from ingest.registry.permissions import COACHING

GOOD, FAIR = 85, 65  # points from which a trip looks calm, and from which it only looks lively
SHOWN = 20  # more would push the device's own page away


@dataclass(frozen=True, slots=True)
class TripLine:
    """One trip with its score as a sign, and in words what cost points."""

    trip: Trip
    sign: Sign
    score: Score

    @property
    def minutes(self) -> int:
        """How long it took."""
        return max(1, round((self.trip.ended_at - self.trip.started_at).total_seconds() / 60))


def trips(session: Session, device: Device) -> list[TripLine] | None:
    """The newest trips, newest first; None where nobody agreed, so that the page says nothing of them."""
    if COACHING not in device.permits:
        return None
    found = [(trip, score(trip)) for trip in store.of_device(session, device, SHOWN)]
    return [TripLine(trip, _sign(judged.points), judged) for trip, judged in found]


def _sign(points: int | None) -> Sign:
    if points is None:
        return Sign("Not judged", "question", "low")
    if points >= GOOD:
        return Sign(f"{points} of 100", "check", "good")
    return Sign(f"{points} of 100", "disc", "normal") if points >= FAIR else Sign(f"{points} of 100", "diamond", "high")
