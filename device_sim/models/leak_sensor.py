"""A sensor on the floor beside a boiler, a washing machine or a sink, which hopes to have nothing to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models import small_radio
from device_sim.models.machine import Day, Identity, Rows, State, Wear, measured, ticks
from device_sim.models.small_radio import SmallRadio
from device_sim.models.weather import OUTDOOR, Weather
from ingest.wire.device_types.leak_sensor import LEAK_SENSOR

WET = 40.0  # uS between the probes: less is damp, not water
MOPPED = 0.03  # a day: somebody washes the floor
DRIES_H = 5.0


@dataclass(frozen=True, slots=True)
class _Floor:
    """The floor: usual temperature (Cel) and how it follows the weather, conductance dry and in a puddle (uS)."""

    warm: float
    follows: float
    dry: float
    puddle: float
    elsewhere: float
    phase_s: int

    @staticmethod
    def of(identity: Identity) -> _Floor:
        chance = identity.chance("floor")
        return _Floor(
            warm=chance.uniform(15.5, 20.5),
            follows=chance.uniform(0.04, 0.14),
            dry=chance.uniform(0.1, 0.6),
            puddle=chance.uniform(280, 620),
            elsewhere=chance.uniform(-3.0, 3.0),
            phase_s=int(chance.integers(5, 896)),
        )


class LeakSensor:
    """The sensor and its floor."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in LEAK_SENSOR.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        **small_radio.KNOBS,
        "usage": "how much life there is around it: 1 as usual, 0 nobody is at home",
        "outdoor": OUTDOOR,
        "leak": "1 and the litres a minute that escape beside it",
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._floor = _Floor.of(identity)
        self._radio = SmallRadio.of(identity)
        self._weather = Weather(identity.seed, identity.time_zone)

    def first_state(self) -> State:
        """A dry floor."""
        return {"wetness": 0.0}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Lie on the floor for one day; no rows once the cell is empty."""
        chance, floor = self._identity.chance("life", day), self._floor
        ts = ticks(day, LEAK_SENSOR.period_s, chance, floor.phase_s)
        leak = wear.knob("leak", ts) - 1.0
        mopped = chance.random(len(ts)) < MOPPED / len(ts) * wear.knob("usage", ts)
        # a drip spreads to a puddle within hours, and what is no longer fed dries up
        fed = np.maximum(1 - np.exp(-9.0 * leak), 0.3 * mopped)
        wetness, out = state["wetness"], np.empty(len(ts))
        keeps = float(np.exp(-LEAK_SENSOR.period_s / 3600 / DRIES_H))
        for tick, water in enumerate(fed.tolist()):
            wetness = max(wetness * keeps, wetness + 0.5 * (water - wetness) if water > wetness else water)
            out[tick] = wetness
        conductance = floor.dry + floor.puddle * out
        outdoor = self._weather.felt(ts, wear)
        ground = floor.warm + floor.follows * (outdoor - 10) + floor.elsewhere * (1 - wear.knob("place", ts))
        told = np.clip(measured(conductance * (1 + 0.05 * chance.standard_normal(len(ts))), chance, 0.05, 0.1), 0, 1900)
        columns = {
            "wet": (told > WET).astype(np.float64),
            "conductance": told,
            "floor_temp": measured(ground, chance, 0.06, 0.1),
            **self._radio.report(ts, wear, ground, chance),
        }
        return Rows(ts, columns).keep(self._radio.alive(ts, wear)), {"wetness": float(wetness)}
