"""The 12 V battery of a car: how far its voltage falls when the car is started, and whether it then starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

FIRST_NIGHT_H = 12.0  # parked before the first drive of a life
JUMP_START = 0.6  # charge after a jump start or a night at the charger
IDLE_LOSS = 0.0004  # of the charge an hour: clock, lock and radio key; a worn battery loses more by itself
WORN_LOSS = 0.004


@dataclass(frozen=True, slots=True)
class StarterBattery:
    """One kind of start.

    `inner` is the resistance of a new, charged battery at 20 °C over that of what starting connects to it, so that
    the two divide the voltage between them; `least` is the voltage below which the car does not start.
    """

    inner: float
    least: float

    knobs: ClassVar[Mapping[str, str]] = {
        "battery_12v": "part of the 12 V battery's strength that is left; below about 0.2 the car does not start",
    }

    def rested(self, charge: float, strength: float) -> float:
        """Open-circuit voltage at that charge (0 to 1)."""
        return 11.75 + 0.95 * charge - 0.35 * (1 - strength)

    def start(self, charge: float, strength: float, outdoor: float, chance: np.random.Generator) -> float:
        """The lowest voltage while starting.

        Lead-acid resistance grows by 1.2 % a kelvin of cold, with wear, and steeply as the battery runs empty.
        """
        cold = 1 + 0.012 * max(0.0, 20 - outdoor)
        inner = self.inner * cold / max(strength, 0.01) * (1 + 6 * (1 - charge) ** 3)
        return self.rested(charge, strength) / (1 + inner) + 0.06 * float(chance.standard_normal())

    @staticmethod
    def kept(charge: float, strength: float, hours: float) -> float:
        """Charge that is left after `hours` parked."""
        return max(0.0, charge - hours * (IDLE_LOSS + WORN_LOSS * (1 - strength)))
