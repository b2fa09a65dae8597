"""Weather as a pure function of time: season, time of day and passing fronts; neighbours share it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device_sim.models.chance import number, smooth_noise
from device_sim.models.machine import DAY_MS, HOUR_MS, Floats, Instants, Wear

YEAR_MS = 365.2425 * 24 * HOUR_MS
SPELL_K = 10.0  # what a whole turn of the knob `outdoor` shifts the outdoor temperature by
OUTDOOR = "warmth of a hot or cold spell: the outdoor temperature is shifted by 10 K times what it is off 1"


@dataclass(frozen=True, slots=True)
class Climate:
    """Mean outdoor temperature over the year, half its yearly swing, half its daily swing (degrees Celsius).

    `utc_offset_h` places noon; `warmest` is the part of the year with the highest mean.
    """

    mean: float
    yearly: float
    daily: float
    utc_offset_h: float
    warmest: float = 0.56


CLIMATES = {
    "Europe/Berlin": Climate(9.5, 9.5, 3.5, 1),
    "America/New_York": Climate(12.0, 11.5, 4.0, -5),
    "America/Denver": Climate(9.5, 11.5, 6.5, -7),
    "Asia/Tokyo": Climate(14.0, 10.5, 3.8, 9),
}
TEMPERATE = Climate(11.0, 10.0, 4.0, 0)  # for owners who live elsewhere


class Weather:
    """The weather of one time zone under one seed."""

    def __init__(self, seed: int, time_zone: str) -> None:
        self._climate = CLIMATES.get(time_zone, TEMPERATE)
        self._seed = number(seed, "weather", time_zone)

    def outdoor(self, ts: Instants) -> Floats:
        """Outdoor temperature in degrees Celsius."""
        climate = self._climate
        season = climate.yearly * np.cos(2 * np.pi * (ts / YEAR_MS - climate.warmest))
        clear = 0.75 - 0.45 * self.clouds(ts)
        afternoon = 2 * np.pi * (ts / DAY_MS + (climate.utc_offset_h - 15) / 24)
        daily = climate.daily * 1.6 * clear * np.cos(afternoon)
        fronts = 4.0 * smooth_noise(self._seed + 1, ts, 100 * HOUR_MS) + 2.2 * smooth_noise(
            self._seed + 2, ts, 31 * HOUR_MS
        )
        gusts = 0.7 * smooth_noise(self._seed + 3, ts, 3 * HOUR_MS)
        return np.asarray(climate.mean + season + daily + fronts + gusts, np.float64)

    def felt(self, ts: Instants, wear: Wear) -> Floats:
        """Outdoor temperature with the knob `outdoor` in it: a spell comes and goes over half a day, as fronts do."""
        past = [wear.knob("outdoor", ts - hours * HOUR_MS) for hours in (0, 3, 6, 9, 12)]
        return self.outdoor(ts) + SPELL_K * (sum(past) / len(past) - 1.0)

    def clouds(self, ts: Instants) -> Floats:
        """How overcast the sky is: 0 clear, 1 closed."""
        return np.clip(0.5 + 0.7 * smooth_noise(self._seed + 4, ts, 14 * HOUR_MS), 0.0, 1.0)

    def sun(self, ts: Instants) -> Floats:
        """Sunlight on a window: 0 at night, 1 at a clear noon."""
        noon = 2 * np.pi * (ts / DAY_MS + (self._climate.utc_offset_h - 12.5) / 24)
        height = np.clip(np.cos(noon) - 0.1, 0.0, None) / 0.9
        return np.asarray(height * (1.0 - 0.8 * self.clouds(ts)), np.float64)
