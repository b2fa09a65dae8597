"""A wristband and its wearer: sleep, walks, a run now and then, and a battery that is charged when it gets low.

Reports every five minutes while it has power. Heart and breath are missing while it is off the wrist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.machine import Columns, Day, Floats, Identity, Rows, State, Wear, measured, quantised, ticks
from ingest.wire.device_types.wearable import WEARABLE

SLEEPING, RESTING, WALKING, RUNNING = range(4)
CHARGE_PER_TICK = 7.5  # % in five minutes: full in about an hour
LOW = 28.0  # % at which a careful wearer reaches for the charger
BUSY_HOURS = (7.5, 8.5, 12.3, 17.5, 18.8)  # when people walk somewhere


@dataclass(frozen=True, slots=True)
class _Wearer:
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
    def of(identity: Identity) -> _Wearer:
        chance = identity.chance("wearer")
        return _Wearer(
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


class Wearable:
    """The band and the person who wears it."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in WEARABLE.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        "battery_health": "part of its capacity that the battery has left; its resistance grows as it falls",
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._wearer = _Wearer.of(identity)

    def first_state(self) -> State:
        """At rest, with a battery somewhere between its charges."""
        level = 40 + 55 * self._identity.chance("battery").random()
        return {"level": level, "charging": 0.0, "rate_drift": 0.0}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Live through one day; no rows while the battery is empty."""
        chance = self._identity.chance("life", day)
        ts = ticks(day, WEARABLE.period_s, chance, self._wearer.phase_s)
        hours = day.hour(ts)
        activity = self._activity(day, hours, chance)
        battery = self._battery(state, hours, activity, wear.knob("battery_health", ts))
        drift, rate = self._heart(state["rate_drift"], activity, hours, chance)
        columns = self._report(activity, rate, battery, chance)
        now = {"level": float(battery["level"][-1]), "charging": float(battery["charging"][-1]), "rate_drift": drift}
        rows = Rows(ts, columns)
        return rows.keep(battery["level"] > 0), now

    def _activity(self, day: Day, hours: Floats, chance: np.random.Generator) -> Floats:
        wearer, late = self._wearer, 0.8 if day.weekend else 0.0
        wakes = wearer.wakes + late + chance.normal(0, 0.25)
        sleeps = wearer.sleeps + chance.normal(0, 0.3)
        busy = sum(np.exp(-0.5 * ((hours - centre) / 0.5) ** 2) for centre in BUSY_HOURS)
        starts = chance.random(len(hours)) < wearer.walks * (0.45 + 1.5 * busy)
        lasts = chance.integers(1, 6, len(hours))
        activity = np.full(len(hours), float(RESTING))
        for index in np.flatnonzero(starts):
            activity[index : index + lasts[index]] = WALKING
        if chance.random() < wearer.runs:
            begins = wearer.run_hour + chance.normal(0, 0.2)
            activity[(hours >= begins) & (hours < begins + chance.uniform(0.4, 0.8))] = RUNNING
        activity[(hours < wakes) | (hours >= sleeps)] = SLEEPING
        return activity

    def _battery(self, state: State, hours: Floats, activity: Floats, health: Floats) -> Columns:
        """Level and charging at each tick. An empty band waits for its wearer to wake and find the charger."""
        level, charging = state["level"], state["charging"]
        levels, plugged = np.empty(len(hours)), np.empty(len(hours))
        drain = 100 / (self._wearer.life_h * 12) * np.where(activity == RUNNING, 2.2, 1.0) / health
        inputs = zip(hours.tolist(), activity.tolist(), drain.tolist(), strict=True)
        for index, (hour, doing, used) in enumerate(inputs):
            calm = doing == RESTING
            evening = hour >= self._wearer.charge_hour and level < LOW + 12
            if calm and (level < 12 or evening):
                charging = 1.0
            elif level >= 99.5 or doing in {WALKING, RUNNING}:
                charging = 0.0
            level = min(100.0, level + CHARGE_PER_TICK) if charging else max(0.0, level - used)
            levels[index], plugged[index] = level, charging
        return {"level": levels, "charging": plugged, "load": np.where(activity == RUNNING, 2.2, 1.0) / health}

    def _heart(
        self, drift: float, activity: Floats, hours: Floats, chance: np.random.Generator
    ) -> tuple[float, Floats]:
        """Beats a minute at each tick, and the slow drift to go on with tomorrow."""
        base = self._wearer.resting_rate
        extra = np.array([-5.0, 7.0, 32.0, 78.0])[activity.astype(np.int64)]
        rhythm = 3.0 * np.sin(2 * np.pi * (hours - 10) / 24)
        slow = np.empty(len(hours))
        for index, kick in enumerate(chance.standard_normal(len(hours)).tolist()):
            drift = 0.8 * drift + 1.6 * kick
            slow[index] = drift
        lively = np.where(activity == SLEEPING, 0.6, 1.0)
        return drift, base + extra + rhythm + slow * lively

    def _report(self, activity: Floats, rate: Floats, battery: Columns, chance: np.random.Generator) -> Columns:
        count, worn = len(activity), battery["charging"] == 0
        beats = measured(rate, chance, 1.2, 1.0)
        breath = measured(9.5 + 0.09 * rate, chance, 0.6, 0.5)
        per_walk, per_run = chance.integers(260, 580, count), chance.integers(680, 860, count)
        fidget = np.where(chance.random(count) < 0.35, chance.integers(0, 45, count), 0)
        steps = np.select(
            [activity == WALKING, activity == RUNNING, activity == RESTING], [per_walk, per_run, fidget], 0
        )
        skin = measured(np.where(activity == SLEEPING, 33.9, 32.8) - 0.5 * (activity == RUNNING), chance, 0.25, 0.1)
        room = measured(np.full(count, 22.5), chance, 0.2, 0.1)
        quality = np.array([96.0, 91.0, 76.0, 62.0])[activity.astype(np.int64)]
        level = battery["level"]
        at_rest = 3.35 + 0.0075 * level + 0.08 * np.clip((level - 86) / 12, 0, 1)
        volts = at_rest - 0.03 * battery["load"] + 0.12 * battery["charging"]
        return {
            "heart_rate": np.where(worn, np.clip(beats, 30, 210), np.nan),
            "respiration_rate": np.where(worn, np.clip(breath, 6, 50), np.nan),
            "skin_temp": np.where(worn, skin, room),
            "activity": np.where(worn, activity, float(RESTING)),
            "steps": np.where(worn, steps, 0.0),
            "skin_contact": worn.astype(np.float64),
            "battery_level": quantised(level, 0.1),
            "battery_voltage": np.clip(measured(volts, chance, 0.006, 0.001), 2.5, 4.5),
            "signal_quality": np.where(worn, np.clip(measured(quality, chance, 3.0, 1.0), 0, 100), 0.0),
        }
