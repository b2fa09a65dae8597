"""Where a driver goes: the trips of one day out of lifelong habits, and the speed minute by minute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device_sim.models.machine import Columns, Day, Floats, Identity, Instants, Wear, quantised

LAST_HOUR = 23.7  # trips end on the day on which they began, so that days can be lived one by one
LATER_H = 10.0  # hours by which a `rhythm` of 2 would be later than one of 1
GAP_HOURS = 0.25  # a shorter stop is not a stop


@dataclass(frozen=True, slots=True)
class Trip:
    """One drive: its first instant (epoch milliseconds), length in whole minutes, and whether it takes the motorway."""

    start_ms: int
    minutes: int
    motorway: bool


@dataclass(frozen=True, slots=True)
class Drive:
    """A drive minute by minute: instants, speed in km/h, outdoor temperature, and how hard it is driven (1 usual)."""

    ts: Instants
    speed: Floats
    outdoor: Floats
    effort: Floats


@dataclass(frozen=True, slots=True)
class Habits:
    """A driver's ways, drawn once: hours of the day, minutes, probabilities; `style` 0.75 is calm, 1.35 sporty."""

    works: bool
    leaves: float
    stays: float
    commute: float
    motorway: bool
    errand: float
    outings: float
    style: float

    @staticmethod
    def of(identity: Identity) -> Habits:
        """The ways of the driver of this car."""
        chance = identity.chance("driver")
        return Habits(
            works=bool(chance.random() < 0.85),
            leaves=chance.uniform(6.6, 8.4),
            stays=chance.uniform(7.5, 9.5),
            commute=chance.uniform(17, 40),
            motorway=bool(chance.random() < 0.5),
            errand=chance.uniform(0.2, 0.6),
            outings=chance.uniform(1.2, 2.2),
            style=chance.uniform(0.75, 1.35),
        )


KNOBS = {
    "usage": "how much of what is usual is driven, from the next day on; 0: nobody is there",
    "rhythm": "when life happens: 1 as usual, every 0.1 more an hour later; from the next day on",
    "driving": "how hard the car is driven over how its owner drives",
    "outdoor": "outdoor temperature: 10 K more for each 1 above 1",
}


def plan(identity: Identity, habits: Habits, day: Day, wear: Wear) -> list[Trip]:
    """The trips of `day` in order of time, none overlapping; made in the morning, so habits change over night."""
    morning = np.array([day.start_ms])
    usage, rhythm = (float(wear.knob(name, morning)[0]) for name in ("usage", "rhythm"))
    wanted = _wanted(identity, habits, day, LATER_H * (rhythm - 1))
    made = identity.chance("usage", day).random(len(wanted)) < usage
    return [trip for trip, goes in zip(wanted, made.tolist(), strict=True) if goes]


def _wanted(identity: Identity, habits: Habits, day: Day, later: float) -> list[Trip]:
    chance = identity.chance("trips", day)
    wanted: list[tuple[float, float, bool]] = []
    if habits.works and not day.weekend and chance.random() < 0.93:
        out = habits.leaves + chance.normal(0, 0.12)
        back = out + habits.stays + chance.normal(0, 0.3)
        wanted += [(hour, habits.commute * chance.uniform(0.85, 1.3), habits.motorway) for hour in (out, back)]
    if chance.random() < habits.errand:
        wanted += _there_and_back(chance, chance.uniform(17.8, 20.3), chance.uniform(7, 16), motorway=False)
    if day.weekend or not habits.works:
        for _ in range(chance.poisson(habits.outings)):
            far = bool(chance.random() < 0.4)
            minutes = chance.uniform(25, 55) if far else chance.uniform(8, 22)
            wanted += _there_and_back(chance, chance.uniform(9, 18), minutes, motorway=far)
    return _without_overlap(day, sorted((hour + later, minutes, far) for hour, minutes, far in wanted))


def _there_and_back(
    chance: np.random.Generator, hour: float, minutes: float, *, motorway: bool
) -> list[tuple[float, float, bool]]:
    stay = minutes / 60 + chance.uniform(0.4, 2.2)
    return [(hour, minutes, motorway), (hour + stay, minutes * chance.uniform(0.9, 1.15), motorway)]


def _without_overlap(day: Day, wanted: list[tuple[float, float, bool]]) -> list[Trip]:
    trips: list[Trip] = []
    free_from = 0.0
    last = min(LAST_HOUR, float(day.hour(np.array([day.end_ms]))[0]) - 0.3)
    for hour, minutes, motorway in wanted:
        end = hour + minutes / 60
        if hour >= free_from and end <= last:
            trips.append(Trip(day.at(hour), max(4, round(minutes)), motorway))
            free_from = end + GAP_HOURS
    return trips


def speeds(trip: Trip, chance: np.random.Generator) -> Floats:
    """Speed in km/h at each minute of the trip: streets, lights and, in the middle of a long one, the motorway."""
    count = trip.minutes
    part = np.arange(count) / count
    fast = trip.motorway & (part > 0.22) & (part < 0.8)
    target = np.where(fast, 108.0, 36.0)
    spread = np.where(fast, 6.0, 11.0)
    drift = 0.0
    speed = np.empty(count)
    for minute, kick in enumerate(chance.standard_normal(count)):
        drift = 0.55 * drift + 0.83 * float(kick)
        speed[minute] = target[minute] + spread[minute] * drift
    stopped = ~fast & (chance.random(count) < 0.17)
    speed[stopped] = 0.0
    speed[0] = 0.0
    return np.clip(speed, 0.0, 170.0)


def accelerations(drive: Drive, chance: np.random.Generator) -> Columns:
    """The extremes of each minute in m/s²: greatest forward, hardest braking (below 0), greatest sideways.

    Streets with lights ask for more of all three than a motorway; a hard driver squeezes more out of each.
    """
    count = len(drive.speed)
    moves = (drive.speed > 4) | (np.diff(drive.speed, append=0.0) != 0)
    town = np.clip((95 - drive.speed) / 60, 0.25, 1.0)
    forward, back, side = (np.exp(0.28 * chance.standard_normal(count)) for _ in range(3))
    return {
        "acceleration_max": quantised(np.where(moves, 1.7 * town * drive.effort * forward, 0.0), 0.01),
        "braking_max": quantised(np.where(moves, -1.9 * town * drive.effort * back, 0.0), 0.01),
        "cornering_max": quantised(np.where(moves, 1.5 * town**0.5 * drive.effort * side, 0.0), 0.01),
    }
