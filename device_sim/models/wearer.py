"""The person who wears a band: when they sleep, walk and run, and what their heart does meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device_sim.models.household import later
from device_sim.models.machine import Day, Floats, Identity, Instants, Wear

SLEEPING, RESTING, WALKING, RUNNING = range(4)
BUSY_HOURS = (7.5, 8.5, 12.3, 17.5, 18.8)  # when people walk somewhere
KNOBS = {
    "rhythm": "when life happens: 1 as usual, every 0.1 more an hour later; from the next day on",
    "resting": "1 as usual; every 0.1 more is a beat a minute more at rest",
    "exercise": "1 as usual; 2 a run on every day",
}


@dataclass(frozen=True, slots=True)
class Wearer:
    """A person's ways: local hours, beats a minute, probabilities; battery life of the new band in hours."""

    wakes: float
    sleeps: float
    resting_rate: float
    walks: float
    runs: float
    run_hour: float
    charge_hour: float
    life_h: float
    phase_s: int

    @staticmethod
    def of(identity: Identity) -> Wearer:
        """The person who wears this band."""
        chance = identity.chance("wearer")
        return Wearer(
            wakes=chance.uniform(5.9, 8.0),
            sleeps=chance.uniform(22.0, 23.6),
            resting_rate=chance.uniform(52, 70),
            walks=chance.uniform(0.03, 0.08),
            runs=chance.uniform(0.05, 0.4),
            run_hour=float(chance.choice([6.8, 17.9, 19.2])),
            charge_hour=chance.uniform(18.5, 21.5),
            life_h=chance.uniform(110, 150),
            phase_s=int(chance.integers(5, 296)),
        )

    def activity(self, day: Day, hours: Floats, training: Floats, chance: np.random.Generator) -> Floats:
        """What they do at each of `hours` (their own, see `own_hours`); `training` is 1 where every day has its run."""
        late = 0.8 if day.weekend else 0.0
        wakes = self.wakes + late + chance.normal(0, 0.25)
        sleeps = self.sleeps + chance.normal(0, 0.3)
        busy = sum(np.exp(-0.5 * ((hours - centre) / 0.5) ** 2) for centre in BUSY_HOURS)
        starts = chance.random(len(hours)) < self.walks * (0.45 + 1.5 * busy)
        lasts = chance.integers(1, 6, len(hours))
        activity = np.full(len(hours), float(RESTING))
        for index in np.flatnonzero(starts):
            activity[index : index + lasts[index]] = WALKING
        if chance.random() < self.runs:
            begins = self.run_hour + chance.normal(0, 0.2)
            activity[(hours >= begins) & (hours < begins + chance.uniform(0.4, 0.8))] = RUNNING
        trains = max(self.run_hour, wakes + 0.3)
        activity[(hours >= trains) & (hours < trains + 0.75) & (training > 0)] = RUNNING
        activity[(hours < wakes) | (hours >= sleeps)] = SLEEPING
        return activity

    def heart(
        self, drift: float, activity: Floats, hours: Floats, raised: Floats, chance: np.random.Generator
    ) -> tuple[float, Floats]:
        """Beats a minute at each tick, and the slow drift to go on with tomorrow; `raised` are beats more at rest."""
        extra = np.array([-5.0, 7.0, 32.0, 78.0])[activity.astype(np.int64)]
        rhythm = 3.0 * np.sin(2 * np.pi * (hours - 10) / 24)
        slow = np.empty(len(hours))
        for index, kick in enumerate(chance.standard_normal(len(hours)).tolist()):
            drift = 0.8 * drift + 1.6 * kick
            slow[index] = drift
        lively = np.where(activity == SLEEPING, 0.6, 1.0)
        felt = np.array([1.0, 1.0, 0.7, 0.3])[activity.astype(np.int64)]
        return drift, self.resting_rate + extra + rhythm + slow * lively + raised * felt


def own_hours(day: Day, ts: Instants, wear: Wear) -> Floats:
    """The hours of `day` as the wearer lives them: 0 to 24, behind the clock where life is later."""
    hours, shift = day.hour(ts), later(day, wear)
    return np.where(hours < shift, hours + 24.0, hours) - shift


def training(identity: Identity, day: Day, ts: Instants, wear: Wear) -> Floats:
    """1 where a run more than usual would be taken, 0 elsewhere."""
    keen = identity.chance("exercise", day).random()
    return (keen < wear.knob("exercise", ts) - 1.0).astype(np.float64)
