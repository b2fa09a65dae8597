"""Wheels of a car: four tyres whose air follows temperature and time, and the brake pads of both axles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.machine import DAY_MS, Columns, Floats, Identity, State, Wear, measured, quantised
from device_sim.models.trips import Drive

ATMOSPHERE = 101.3  # kPa; a gauge shows what is above it
TOP_UP_DAYS = 75.0  # between two visits to the air pump
LOST_IN_BETWEEN = 0.05  # of the gauge pressure: 2 % a month escapes through rubber
PARKED_COOLING_H = 0.8
TYRES = tuple(f"tyre_pressure_{corner}" for corner in ("front_left", "front_right", "rear_left", "rear_right"))


@dataclass(frozen=True, slots=True)
class Wheels:
    """Tyres and pads as they are on this car.

    `front` and `rear` are gauge pressures at 20 °C in kPa, `victim` the tyre (0 to 3, in the order of `TYRES`) that a
    nail would find, `binder` the front wheel (0 or 1) whose caliper would bind, `pump_day` when the owner was last at
    the air pump. `pads` is what 100 km take off the front pads of a calm driver, in percent of their life.
    """

    front: float
    rear: float
    victim: int
    binder: int
    pump_day: float
    pads: float

    knobs: ClassVar[Mapping[str, str]] = {
        "tyre_air": "part of its air that is left in the tyre that picked up a nail",
        "tyre_setting": "what all tyres are inflated to, over what this owner inflates them to",
        "brake_pads": "part of their life that a binding caliper has left of the front pads; it drags and gets hot too",
        "brake_parts": "above 1 from the day on at which new pads were put in",
    }

    @staticmethod
    def of(identity: Identity, pads: float) -> Wheels:
        """The wheels of this car."""
        chance = identity.chance("wheels")
        front = chance.uniform(220, 250)
        return Wheels(
            front=front,
            rear=front + chance.uniform(-10, 15),
            victim=int(chance.integers(4)),
            binder=int(chance.integers(2)),
            pump_day=chance.uniform(0, TOP_UP_DAYS),
            pads=pads * chance.uniform(0.8, 1.2),
        )

    @staticmethod
    def first_state(identity: Identity) -> State:
        """Pads somewhere in their life, the odometer too."""
        front, rear, km = identity.chance("worn").random(3)
        return {"pads_front": 10 + 45 * front, "pads_rear": 8 + 35 * rear, "km": 8e3 + 1.2e5 * km, "tyre_heat": 0.0}

    def parked(self, state: State, hours: float) -> State:
        """What `hours` of standing still do: tyres go cold."""
        return {"tyre_heat": state["tyre_heat"] * math.exp(-hours / PARKED_COOLING_H)}

    def roll(self, drive: Drive, state: State, wear: Wear, chance: np.random.Generator) -> tuple[State, Columns]:
        """One drive: the parts of the state that it changes, and what tyres, pads and odometer say."""
        pads = wear.knob("brake_pads", drive.ts)
        heat = _warming(state["tyre_heat"], 3 + 0.20 * drive.speed)
        km = state["km"] + np.cumsum(drive.speed) / 60
        now = {"tyre_heat": float(heat[-1]), "km": float(km[-1])}
        worn, columns = self._brake(drive, state, wear, chance)
        columns |= self._pressures(drive, heat, pads, wear, chance)
        columns["odometer"] = quantised(km, 1.0)
        return now | worn, columns

    def _pressures(self, drive: Drive, heat: Floats, pads: Floats, wear: Wear, chance: np.random.Generator) -> Columns:
        """Gauge pressure of a fixed amount of air: its absolute pressure goes with its absolute temperature."""
        escaped = LOST_IN_BETWEEN * ((drive.ts / DAY_MS + self.pump_day) / TOP_UP_DAYS % 1.0)
        filled = (1 - escaped) * wear.knob("tyre_setting", drive.ts)
        nail, columns = wear.knob("tyre_air", drive.ts), {}
        for at, name in enumerate(TYRES):
            left = nail if at == self.victim else np.ones(len(heat))
            rubs = dragging(pads) if at == self.binder else np.zeros(len(heat))
            warm = heat * (1 + 1.5 * (1 - left)) + 22 * rubs * np.minimum(drive.speed / 40, 1)
            amount = ATMOSPHERE + (self.front if at < 2 else self.rear) * filled * left
            gauge = amount * (drive.outdoor + warm + 273.15) / 293.15 - ATMOSPHERE
            columns[name] = np.clip(measured(gauge, chance, 0.7, 2.5), 0, 1000)
        return columns

    def _brake(
        self, drive: Drive, state: State, wear: Wear, chance: np.random.Generator
    ) -> tuple[State, dict[str, Floats]]:
        """Wear grows with distance and with the square of how hard the car is braked.

        Whoever frees a caliper puts new pads in.
        """
        now, columns = {}, {}
        ground = wear.knob("brake_pads", drive.ts)
        if not state.get("renewed") and float(wear.knob("brake_parts", drive.ts[:1])[0]) > 1:
            now["renewed"] = 1.0
            state = state | {"pads_front": 0.0, "pads_rear": 0.0}
        if state.get("bound") and ground[0] == 1:
            state = state | {"pads_front": 0.0}
        now["bound"] = float(ground[-1] < 1)
        used = np.cumsum(drive.speed / 60 / 100 * self.pads * drive.effort**2)
        for axle, part, left in (("front", 1.0, ground), ("rear", 0.65, np.ones(len(used)))):
            worn = np.minimum(state[f"pads_{axle}"] + used * part, 99.0)
            now[f"pads_{axle}"] = float(worn[-1])
            columns[f"pad_wear_{axle}"] = np.clip(measured(100 - (100 - worn) * left, chance, 0.4, 1.0), 0, 100)
        return now, columns


def dragging(pads: Floats) -> Floats:
    """How hard a caliper binds, 0 to 1, when it has left that part of its pads' life: it binds before they are gone."""
    return np.where(pads < 1, 0.25 + 0.75 * (1 - pads), 0.0)


def _warming(start: float, target: Floats) -> Floats:
    """Rubber warms towards `target` kelvins above the air, with 12 minutes of lag."""
    value, out = start, np.empty(len(target))
    for minute, aim in enumerate(target.tolist()):
        value += (aim - value) / 12
        out[minute] = value
    return out
