"""A washing machine and the laundry of its household: on most days nothing, on Saturdays two loads in a row.

It speaks once a minute while a cycle runs. What wears is felt where it works: the heating element gets a coat of
lime, the filter of the drain pump fills, the bearing of the drum gets rough and is heard in the spin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.household import KNOBS, Household
from device_sim.models.machine import HOUR_MS, Columns, Day, Floats, Identity, Rows, State, Wear, measured, quantised
from device_sim.models.wash_cycle import (
    DONE,
    ELEMENT_W,
    HEATING,
    PROGRAMMES,
    SPINNING,
    WASHING,
    Chosen,
    Course,
    course,
    lasts_s,
    stages,
)
from ingest.wire.device_types.washing_machine import WASHING_MACHINE

MOST = 4  # cycles a day that a household may think of
LONGEST_H = 3.6  # a later cycle would go on past midnight
PAUSE_H = 0.3
PERIOD_S = float(WASHING_MACHINE.period_s)


@dataclass(frozen=True, slots=True)
class _Build:
    """The machine as it was put in, and who uses it.

    `drain_s` draining when new (s), `shake` of an even load (mm/s at 1000/min), `resonance` of its feet (1/min),
    `inlet` water (Cel), `loads` of laundry a day, `likes` the share of each programme, summed up.
    """

    drain_s: float
    shake: float
    resonance: float
    inlet: float
    loads: float
    likes: tuple[float, ...]

    @staticmethod
    def of(identity: Identity, people: int) -> _Build:
        chance = identity.chance("build")
        likes = chance.dirichlet([3.0, 2.0, 3.0, 1.5])
        return _Build(
            drain_s=chance.uniform(50, 68),
            shake=chance.uniform(1.8, 3.2),
            resonance=chance.uniform(260, 380),
            inlet=chance.uniform(13.0, 17.0),
            loads=chance.uniform(0.35, 0.55) + 0.2 * people,
            likes=tuple(float(part) for part in np.cumsum(likes)),
        )


class WashingMachine:
    """The machine and those whose clothes it washes."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in WASHING_MACHINE.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        **KNOBS,
        "drain": "how freely the drain pump works; below about 0.2 the cycle stops with water in the drum",
        "heater": "part of the time in which the element heats; lime makes its protection cut it off",
        "bearing": "1 a sound drum bearing; 2 grinds",
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._people = Household.of(identity)
        self._build = _Build.of(identity, self._people.people)

    def first_state(self) -> State:
        """Some hundred cycles old."""
        count = self._identity.chance("past").integers(60, 1500)
        return {"cycles": float(count), "drained": float(np.round(self._build.drain_s))}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Do the day's laundry."""
        now, parts, free = dict(state), [], 0.0
        for number, hour in self._wishes(day, wear):
            if hour < free:
                continue
            rows, now = self._wash(day, hour, number, now, wear)
            free = float(day.hour(rows.ts[-1:])[0]) + PAUSE_H
            parts.append(rows)
        return Rows.join(parts, self.signals), now

    def _wishes(self, day: Day, wear: Wear) -> list[tuple[int, float]]:
        """Number and hour of every cycle that somebody wants today, in order of time."""
        chance = self._identity.chance("laundry", day)
        last = (day.end_ms - day.start_ms) / HOUR_MS - LONGEST_H
        hours = np.minimum(self._people.moments(day, wear, chance.random(MOST)), last)
        rank = MOST * chance.random(MOST)
        wanted = self._build.loads * (1.7 if day.weekend else 0.75)
        usage = wear.knob("usage", day.start_ms + (hours * HOUR_MS).astype(np.int64))
        found = [(number, float(hours[number])) for number in range(MOST) if rank[number] < wanted * usage[number]]
        return sorted(found, key=lambda wish: wish[1])

    def _wash(self, day: Day, hour: float, number: int, state: State, wear: Wear) -> tuple[Rows, State]:
        """One cycle; what is worn is what is worn at its start."""
        chance = self._identity.chance(f"cycle {number}", day)
        start = day.at(hour)
        at_start = np.array([start])
        knobs = {name: float(wear.knob(name, at_start)[0]) for name in ("drain", "heater", "bearing")}
        kind = int(np.searchsorted(self._build.likes[:-1], chance.random(), side="right"))
        chosen = Chosen(
            PROGRAMMES[kind],
            load=float(chance.uniform(1.5, 6.5)),
            inlet=self._build.inlet + float(chance.normal(0, 0.6)),
            drain_s=self._build.drain_s * float(chance.uniform(0.93, 1.08)),
            heater=min(1.0, max(0.05, knobs["heater"])),
            drain=min(1.0, max(0.05, knobs["drain"])),
        )
        plan = stages(chosen)
        seconds = np.arange(0.0, lasts_s(plan), PERIOD_S)
        seen = course(plan, seconds, state["drained"])
        columns = self._report(chosen, seen, knobs["bearing"] - 1.0, chance)
        columns["cycles"] = np.full(len(seconds), state["cycles"] + 1)
        now = {"cycles": state["cycles"] + 1, "drained": float(seen.drained[-1])}
        return Rows(start + (1000 * seconds).astype(np.int64), columns), now

    def _report(self, chosen: Chosen, seen: Course, rough: float, chance: np.random.Generator) -> Columns:
        count, uneven = len(seen.phase), 1.0 + float(chance.gamma(2.0, 0.25))
        tumbles = np.isin(seen.phase, (WASHING, HEATING))
        rests = chance.random(count) < 0.2  # the drum stops to turn the other way
        drum = np.where(tumbles, np.where(rests, 0.0, seen.drum + chance.normal(0, 1.5, count)), seen.drum)
        heats = (seen.phase == HEATING) & (chance.random(count) < chosen.heater)
        spins = seen.phase == SPINNING
        watts = seen.watts * np.where(tumbles & rests, 0.25, 1.0) * (1 + 0.22 * rough * spins)
        watts = watts * (1 + 0.04 * chance.standard_normal(count)) + ELEMENT_W * heats
        shake, kurtosis = self._vibration(drum, uneven, rough, chance)
        return {
            "programme": np.full(count, float(chosen.programme.number)),
            "phase": seen.phase,
            "power": np.clip(quantised(watts, 1.0), 0.0, 3500.0),
            "water_used": quantised(seen.litres, 0.1),
            "water_temp": measured(seen.temp, chance, 0.15, 0.5),
            "drum_speed": np.clip(quantised(drum, 1.0), 0.0, None),
            "vibration": shake,
            "vibration_kurtosis": kurtosis,
            "drain_time": quantised(seen.drained, 1.0),
            "heating_time": quantised(seen.heating, 1.0),
            "load_mass": np.full(count, quantised(np.array([chosen.load]), 0.5).item()),
            "door_locked": (seen.phase != DONE).astype(np.float64),
        }

    def _vibration(
        self, drum: Floats, uneven: float, rough: float, chance: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """RMS (mm/s) and kurtosis: laundry shakes with the square of the speed, a rough bearing rattles in bursts."""
        turn = drum / 1000
        wobble = 3.0 * np.exp(-(((drum - self._build.resonance) / 60) ** 2))
        shake = 0.12 + uneven * (self._build.shake * turn**2 + wobble)
        rattle = 4.2 * rough * turn
        kurtosis = 2.9 - 0.9 * np.clip(turn, 0, 1) + 5.5 * rough * np.clip(turn, 0, 1) / (0.6 + 0.4 * uneven)
        spread = np.exp(0.08 * chance.standard_normal(len(drum)))
        return (
            quantised(np.hypot(shake, rattle) * spread, 0.01),
            np.clip(measured(kurtosis, chance, 0.15, 0.01), 1.2, None),
        )
