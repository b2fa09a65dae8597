"""What battery sensors behind a hub have in common: a lithium cell that lasts for years, and a radio in some corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device_sim.models.chance import number, smooth_noise
from device_sim.models.machine import DAY_MS, HOUR_MS, Columns, Floats, Identity, Instants, Wear, measured, quantised

REPLACED_AT = 25.0  # % at which a careful owner puts a new cell in
EMPTY = 4.0  # % at which the radio's voltage breaks down: the device is dead
KNOBS = {
    "battery_health": "what the cell keeps of its charge; below 1 it discharges by itself and its resistance grows",
    "place": "1 where the device was put first, 0 elsewhere in the home",
}


@dataclass(frozen=True, slots=True)
class SmallRadio:
    """The cell (life in days, part of it gone at the epoch) and the radio (dBm here and in the other place)."""

    life_days: float
    gone: float
    rssi: float
    rssi_elsewhere: float
    seed: int

    @staticmethod
    def of(identity: Identity) -> SmallRadio:
        """The cell and the radio of this device."""
        chance = identity.chance("radio")
        here = chance.uniform(-78, -52)
        there = here + float(chance.choice([-1.0, 1.0])) * chance.uniform(7, 14)
        return SmallRadio(
            chance.uniform(500, 1100), chance.random(), here, there, number(identity.seed, identity.device, "air")
        )

    def charge(self, ts: Instants, wear: Wear) -> Floats:
        """What is left in the cell in percent; below `EMPTY` the device is dead."""
        life = (self.gone + ts / (DAY_MS * self.life_days)) % 1.0
        kept = np.clip(1.0 - 1.3 * (1.0 - wear.knob("battery_health", ts)), 0.0, 1.0)
        return (100.0 - (100.0 - REPLACED_AT) * life) * kept

    def alive(self, ts: Instants, wear: Wear) -> NDArray[np.bool_]:
        """When there is power enough to send."""
        return self.charge(ts, wear) >= EMPTY

    def report(self, ts: Instants, wear: Wear, air_temp: Floats, chance: np.random.Generator) -> Columns:
        """`battery_level`, `battery_voltage` and `rssi` of each message."""
        level, health, place = self.charge(ts, wear), wear.knob("battery_health", ts), wear.knob("place", ts)
        left = np.clip(level, 0, 100)
        sag = 0.04 + 0.09 * (1 / np.clip(health, 0.1, 1) - 1) + 0.002 * np.clip(20 - air_temp, 0, 40)
        volts = 2.62 + 0.0038 * left + 0.03 * np.tanh((left - 90) / 6) - 0.35 * np.exp(-left / 6) - sag
        fading = 2.0 * smooth_noise(self.seed, ts, 5 * HOUR_MS) + 1.2 * smooth_noise(self.seed + 1, ts, 37 * HOUR_MS)
        strength = self.rssi * place + self.rssi_elsewhere * (1 - place) + fading
        return {
            "battery_level": quantised(left, 1.0),
            "battery_voltage": np.clip(measured(volts, chance, 0.004, 0.01), 1.6, 4.0),
            "rssi": np.clip(measured(strength, chance, 1.3, 1.0), -110, -20),
        }
