"""The people of a home: how many, when they get up, leave, come back and go to bed; what they ask of a device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device_sim.models.machine import HOUR_MS, Day, Floats, Identity, Wear

LATER_H = 10.0  # hours by which a `rhythm` of 2 would be later than one of 1
MOST_USAGE = 3.0  # a home is never used more than this many times as much as usual
KNOBS = {
    "usage": "how much the device is used: 1 as usual, 0 nobody is at home",
    "rhythm": "when life happens: 1 as usual, every 0.1 more an hour later; from the next day on",
}
_GRID = np.linspace(0.0, 24.0, 97)


@dataclass(frozen=True, slots=True)
class Household:
    """The ways of the people in one home. Hours are local; `works` says that they are out on working days."""

    people: int
    wakes: float
    leaves: float
    returns: float
    sleeps: float
    works: bool

    @staticmethod
    def of(identity: Identity) -> Household:
        """The people who live with this device."""
        chance = identity.chance("household")
        return Household(
            people=int(chance.choice([1, 2, 2, 3, 4, 5])),
            wakes=chance.uniform(5.8, 7.2),
            leaves=chance.uniform(7.4, 8.6),
            returns=chance.uniform(15.5, 18.2),
            sleeps=chance.uniform(22.0, 23.4),
            works=bool(chance.random() < 0.75),
        )

    def awake(self, day: Day, hours: Floats, wear: Wear) -> Floats:
        """The part of them who are up, 0 to 1."""
        hours = hours - later(day, wear)
        late = 1.1 if day.weekend else 0.0
        return _between(hours, self.wakes + late, self.sleeps + 0.6 * late)

    def at_home(self, day: Day, hours: Floats, wear: Wear) -> Floats:
        """The part of them who are in the house, asleep or not, 0 to 1."""
        hours = hours - later(day, wear)
        if day.weekend or not self.works:
            return 1.0 - 0.45 * _between(hours, 10.5, 17.0)
        return 1.0 - 0.9 * _between(hours, self.leaves, self.returns)

    def demand(self, day: Day, hours: Floats, wear: Wear) -> Floats:
        """How likely something is used at that hour; without unit. Peaks after getting up and in the evening."""
        shifted = hours - later(day, wear)
        up = self.wakes + 0.6 + (1.1 if day.weekend else 0.0)
        peaks = 1.8 * np.exp(-0.5 * ((shifted - up) / 0.6) ** 2) + 0.9 * np.exp(-0.5 * ((shifted - 19.3) / 1.4) ** 2)
        return self.at_home(day, hours, wear) * (0.012 + self.awake(day, hours, wear) * (0.5 + peaks))

    def moments(self, day: Day, wear: Wear, draws: Floats) -> Floats:
        """Hours of the day, spread as `demand` is, one for each of `draws` in [0, 1)."""
        weight = np.cumsum(self.demand(day, _GRID, wear))
        length = (day.end_ms - day.start_ms) / HOUR_MS
        return np.interp(draws, (weight - weight[0]) / (weight[-1] - weight[0]), _GRID) * (length / 24.0)


def later(day: Day, wear: Wear) -> float:
    """By how many hours the day is lived later than usual."""
    return LATER_H * (float(wear.knob("rhythm", np.array([day.start_ms]))[0]) - 1.0)


def _between(hours: Floats, start: float, end: float) -> Floats:
    """1 between two hours, 0 outside, with a soft quarter of an hour at both ends; `end` may lie past midnight."""
    inside = np.zeros(len(hours))
    for turn in (-24.0, 0.0, 24.0):
        rises = np.clip((hours + turn - start) / 0.25, -30, 30)
        falls = np.clip((hours + turn - end) / 0.25, -30, 30)
        inside += 1 / (1 + np.exp(-2 * rises)) - 1 / (1 + np.exp(-2 * falls))
    return np.clip(inside, 0.0, 1.0)
