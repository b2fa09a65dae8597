"""A trip's score: 100 for one without anything harsh, and what cost points, in words. For coaching alone."""

from __future__ import annotations

from dataclasses import dataclass

from detectors.trips.trip import Trip

EARLY_KM = 10.0  # added to the distance: one event on the way to the baker is not twenty in 100 km
# the most points that each may cost, and the events in 100 km at which it costs half of them: drivers in naturalistic
# studies make a few in 100 km, the hardest tens. Smaller halves punish one bad moment, larger tell nobody apart
BRAKING = (40.0, 15.0)
ACCELERATION = (30.0, 15.0)
CORNERING = (20.0, 15.0)
FAST = (10.0, 0.1)  # by the share of the time


@dataclass(frozen=True, slots=True)
class Cost:
    """What something cost in points, and why."""

    points: float
    words: str


@dataclass(frozen=True, slots=True)
class Score:
    """`points` is None where the trip could not be judged; `costs` are the greatest first; `notes` say what is open."""

    points: int | None
    costs: tuple[Cost, ...]
    notes: tuple[str, ...]


def score(trip: Trip) -> Score:
    """The score of a trip; it follows from the trip's numbers alone."""
    if not trip.judged_by:
        return Score(None, (), ("Its readings lie too far apart to judge how it was driven.",))
    costs = [
        _events(trip, trip.braking, BRAKING, "braked hard"),
        _events(trip, trip.acceleration, ACCELERATION, "accelerated hard"),
        _events(trip, trip.cornering, CORNERING, "took a bend hard"),
        _fast(trip),
    ]
    found = sorted((cost for cost in costs if cost is not None), key=lambda cost: -cost.points)
    return Score(round(100 - sum(cost.points for cost in found)), tuple(found), _notes(trip))


def _events(trip: Trip, number: int | None, weight: tuple[float, float], what: str) -> Cost | None:
    if not number:
        return None
    rate = 100 * number / (trip.distance_km + EARLY_KM)
    times = "once" if number == 1 else f"{number} times"
    return Cost(_saturating(rate, weight), f"{what} {times} in {trip.distance_km:.0f} km")


def _fast(trip: Trip) -> Cost | None:
    if not trip.fast_s or trip.moving_s <= 0:
        return None
    share = min(trip.fast_s / trip.moving_s, 1.0)
    return Cost(
        _saturating(share, FAST), f"drove faster than this car usually is for {max(trip.fast_s / 60, 1):.0f} min"
    )


def _notes(trip: Trip) -> tuple[str, ...]:
    open_ = [
        name
        for name, number in (
            ("braking", trip.braking),
            ("acceleration", trip.acceleration),
            ("bends", trip.cornering),
        )
        if number is None
    ]
    return (f"Not judged: {', '.join(open_)}.",) if open_ else ()


def _saturating(rate: float, weight: tuple[float, float]) -> float:
    most, half = weight
    return most * rate / (rate + half)
