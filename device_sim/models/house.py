"""A home as its heat pump feels it: walls, stores of heat, what its people want and do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device_sim.models.machine import Day, Floats, Identity, quantised
from device_sim.models.refrigerant import Circuit

SETBACK_K = 3.0  # how far an empty house is allowed to cool


@dataclass(frozen=True, slots=True)
class House:
    """kW/K through the walls, kWh/K stored in rooms and heating water, kW/K of the radiators or floor.

    `wanted` Cel by day and `night_by` K less at night, `flow` L/min of heating water, `draws` kWh of hot water a day.
    """

    walls: float
    mass: float
    emitters: float
    water: float
    wanted: float
    night_by: float
    flow: float
    draws: float
    phase_s: int
    circuit: Circuit

    @staticmethod
    def of(identity: Identity) -> House:
        """The home of this heat pump."""
        chance = identity.chance("house")
        walls = chance.uniform(0.13, 0.20)
        return House(
            walls=walls,
            mass=walls * chance.uniform(45, 90),
            emitters=walls * chance.uniform(1.4, 2.1),
            water=chance.uniform(0.35, 0.6),
            wanted=quantised(chance.uniform(20.2, 22.2, 1), 0.5).item(),
            night_by=float(chance.choice([0.0, 0.5, 1.0])),
            flow=chance.uniform(15.5, 20.5),
            draws=chance.uniform(2.6, 5.2),
            phase_s=int(chance.integers(5, 296)),
            circuit=Circuit(nominal_kw=walls * chance.uniform(33, 40), quality=chance.uniform(0.42, 0.47)),
        )

    def wish(self, hours: Floats, usage: Floats) -> Floats:
        """Wanted indoor temperature (Cel): less at night, and less while nobody is at home."""
        night = ((hours < 5.5) | (hours >= 22.5)).astype(np.float64)
        return self.wanted - self.night_by * night - SETBACK_K * np.clip(1.0 - usage, 0.0, 1.0)

    def people(self, hours: Floats, usage: Floats) -> Floats:
        """Heat of people and what they switch on (kW)."""
        return 0.25 + usage * (0.3 * ((hours > 6) & (hours < 8.5)) + 0.4 * ((hours > 17) & (hours < 22.5)))

    def hot_water(self, day: Day, hours: Floats, usage: Floats, chance: np.random.Generator) -> Floats:
        """Hot water taken in each step (kWh): showers in the morning and evening, a little all day."""
        up = 7.0 + 1.2 * day.weekend
        weight = np.exp(-0.5 * ((hours - up) / 0.7) ** 2) + 0.8 * np.exp(-0.5 * ((hours - 20) / 1.2) ** 2)
        weight += 0.06 * ((hours > up) & (hours < 22.5))
        burst = (chance.random(len(hours)) < 0.35) * chance.gamma(2.0, 1.0, len(hours))
        share = weight * burst
        total = self.draws * chance.uniform(0.75, 1.25)
        return np.asarray(usage * (share * total / max(float(share.sum()), 1e-9)), np.float64)
