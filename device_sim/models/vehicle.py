"""A car with a combustion engine: speed makes load, load makes heat, a thermostat and a radiator carry it away.

Reports once a minute while it is driven. Coolant is one lumped mass (engine block and water, 62 kJ/K) between heat
from combustion and two losses: the block's, and the radiator's behind a wax thermostat, which needs coolant to work.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.machine import HOUR_MS, Columns, Day, Floats, Identity, Rows, State, Wear, measured, quantised
from device_sim.models.trips import Habits, Trip, plan, speeds
from device_sim.models.weather import Weather
from ingest.wire.device_types.vehicle import VEHICLE

OVERHEATED = 0x0217  # SAE J2012 P0217, engine coolant over temperature
LOW_VOLTAGE = 0x0562  # SAE J2012 P0562, system voltage low
HEAT_CAPACITY = 62.0  # kJ/K
SUBSTEPS = 6  # of 10 s each: one a minute makes the thermostat hunt
GEARS = ((15, 118.0), (30, 66.0), (48, 44.0), (66, 33.5), (90, 27.5), (math.inf, 23.0))  # up to km/h: rpm per km/h
PARKED_COOLING_H = 2.4
PARKED_CATALYST_H = 0.5


@dataclass(frozen=True, slots=True)
class _Build:
    """How this car left the factory: thermostat (Cel), alternator (V), idle (1/min), tank (L), thirst (L/100 km)."""

    thermostat: float
    alternator: float
    idle: float
    tank: float
    thirst: float
    weight: float
    trim: float

    @staticmethod
    def of(identity: Identity) -> _Build:
        chance = identity.chance("build")
        return _Build(
            thermostat=chance.uniform(86, 90),
            alternator=chance.uniform(14.05, 14.4),
            idle=chance.uniform(720, 860),
            tank=chance.uniform(42, 60),
            thirst=chance.uniform(5.4, 7.8),
            weight=chance.uniform(0.9, 1.12),
            trim=chance.normal(-0.8, 1.4),
        )


class Vehicle:
    """The car and its driver."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in VEHICLE.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        "coolant_fill": "part of the coolant that is left; the radiator's work falls with its square",
        "alternator": "part of its output that the alternator still gives; below about 0.75 the battery discharges",
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._habits = Habits.of(identity)
        self._build = _Build.of(identity)
        self._weather = Weather(identity.seed, identity.time_zone)

    def first_state(self) -> State:
        """Parked since long ago, battery charged, fuel somewhere."""
        fuel = 20 + 70 * self._identity.chance("fuel").random()
        return {"parked_ms": 0.0, "coolant": 15.0, "catalyst": 15.0, "charge": 0.95, "fuel": fuel}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Drive the day's trips."""
        chance = self._identity.chance("drive", day)
        now, parts = dict(state), []
        for trip in plan(self._identity, self._habits, day):
            rows, now = self._drive(trip, now, wear, chance)
            parts.append(rows)
        return Rows.join(parts, self.signals), now

    def _drive(self, trip: Trip, state: State, wear: Wear, chance: np.random.Generator) -> tuple[Rows, State]:
        ts = trip.start_ms + 60_000 * np.arange(trip.minutes, dtype=np.int64) + 9_000
        now = self._parked(state, ts)
        speed = speeds(trip, chance)
        outdoor = self._weather.outdoor(ts)
        columns = self._engine(speed, outdoor, chance)
        columns["run_time"] = np.round((ts - trip.start_ms) / 1000)
        now["coolant"], coolant = self._heat(now["coolant"], columns, outdoor, wear.knob("coolant_fill", ts))
        now["charge"], volts = self._charge(now["charge"], columns, wear.knob("alternator", ts))
        now["catalyst"], catalyst = _lag(now["catalyst"], 300 + 5.2 * columns["engine_load"] + 0.05 * columns["rpm"])
        now["fuel"], fuel = self._burn(now["fuel"], speed)
        columns["coolant_temp"] = np.clip(measured(coolant, chance, 0.3, 1.0), -40, 200)
        columns["voltage"] = measured(volts, chance, 0.03, 0.01)
        columns["catalyst_temp"] = measured(catalyst, chance, 4.0, 0.1)
        columns["fuel_level"] = np.clip(measured(fuel, chance, 0.5, 0.4), 0, 100)
        columns["trouble_code"] = _codes(coolant, volts)
        columns["engine_on"] = np.ones(len(ts))
        now["parked_ms"] = float(ts[-1])
        return Rows(ts, columns), now

    def _parked(self, state: State, ts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> State:
        """What stood still since the last trip: metal goes cold, and the owner fills up before the tank is dry."""
        hours = max(0.0, (float(ts[0]) - state["parked_ms"]) / HOUR_MS)
        outdoor = float(self._weather.outdoor(ts[:1])[0])
        now = dict(state)
        for part, constant in (("coolant", PARKED_COOLING_H), ("catalyst", PARKED_CATALYST_H)):
            now[part] = outdoor + (state[part] - outdoor) * math.exp(-hours / constant)
        if now["fuel"] < 18:
            now["fuel"] = 96.0
        return now

    def _engine(self, speed: Floats, outdoor: Floats, chance: np.random.Generator) -> Columns:
        count, build = len(speed), self._build
        moving = speed > 4
        push = np.where(moving, chance.normal(0, 7, count), 0.0)
        load = 17.5 + build.weight * (0.24 * speed + 0.0011 * speed**2) + push
        load = np.clip(np.where(moving, load, 18.5 + chance.normal(0, 0.7, count)), 6, 100)
        ratio = np.select([speed < limit for limit, _ in GEARS], [factor for _, factor in GEARS])
        rpm = np.where(moving, np.maximum(speed * ratio, 1050) * (1 + chance.normal(0, 0.04, count)), build.idle)
        rpm = np.where(moving, rpm, rpm + chance.normal(0, 12, count))
        warm_bay = outdoor + 5 + 16 * np.exp(-speed / 30)
        return {
            "rpm": quantised(rpm, 0.25),
            "speed": quantised(speed, 1.0),
            "engine_load": quantised(load, 0.4),
            "throttle": np.clip(measured(14.5 + 0.55 * (load - 17), chance, 0.8, 0.4), 0, 100),
            "manifold_pressure": np.clip(measured(28 + 0.74 * (load - 17), chance, 1.3, 1.0), 12, 104),
            "intake_temp": measured(warm_bay, chance, 0.8, 1.0),
            "fuel_trim_long": measured(np.full(count, build.trim), chance, 0.7, 0.78125),
            "fuel_trim_short": measured(np.full(count, 0.8), chance, 3.0, 0.78125),
        }

    def _heat(self, start: float, columns: Columns, outdoor: Floats, fill: Floats) -> tuple[float, Floats]:
        """Coolant temperature after each minute. One lumped mass, explicit steps of 10 s."""
        opens = self._build.thermostat
        temperature, out = start, np.empty(len(fill))
        inputs = zip(
            columns["engine_load"].tolist(), columns["speed"].tolist(), outdoor.tolist(), fill.tolist(), strict=True
        )
        for minute, (load, speed, air, full) in enumerate(inputs):
            gain = 1.8 + 0.20 * load + 0.0011 * load * load  # kW into the coolant
            block = 0.035 + 0.0004 * speed  # kW/K
            radiator = (0.07 + 0.0095 * speed) * full * full
            for _ in range(SUBSTEPS):
                valve = min(1.0, max(0.0, (temperature - opens) / 9.0))
                fan = 0.30 * full * full * min(1.0, max(0.0, (temperature - 98.0) / 3.0))
                boiling = 0.5 * max(0.0, temperature - 121.0)  # the cap lets steam go
                loss = (block + valve * (radiator + fan)) * (temperature - air) + boiling
                temperature += (gain - loss) * 10.0 / HEAT_CAPACITY
            out[minute] = temperature
        return temperature, out

    def _charge(self, start: float, columns: Columns, output: Floats) -> tuple[float, Floats]:
        """Voltage at each minute: regulated by the alternator while it can, the battery's own when it cannot."""
        charge, volts = start, np.empty(len(output))
        slow = columns["rpm"] < 950
        for minute, (part, idles) in enumerate(zip(output.tolist(), slow.tolist(), strict=True)):
            spare = part - 0.75
            charge += (1 - charge) * min(1.0, 4 * spare) / 30 if spare > 0 else spare * 0.30 / 60
            charge = min(1.0, max(0.0, charge))
            regulated = self._build.alternator - 0.12 * idles - 0.9 * (1 - charge) - 1.2 * (1 - part)
            battery = 10.9 + 1.5 * charge
            share = min(1.0, max(0.0, (part - 0.55) / 0.25))
            volts[minute] = share * regulated + (1 - share) * battery
        return charge, volts

    def _burn(self, start: float, speed: Floats) -> tuple[float, Floats]:
        litres = np.cumsum(speed / 60 * self._build.thirst / 100 + 0.012)
        level = np.clip(start - 100 * litres / self._build.tank, 0, 100)
        return float(level[-1]), level


def _lag(start: float, target: Floats) -> tuple[float, Floats]:
    """First-order lag of 2.5 minutes towards `target`, a minute at a time."""
    value, out = start, np.empty(len(target))
    for minute, aim in enumerate(target.tolist()):
        value += (aim - value) * 0.33
        out[minute] = value
    return value, out


def _codes(coolant: Floats, volts: Floats) -> Floats:
    """A code at the minute in which its condition begins, nothing otherwise."""
    codes = np.full(len(coolant), np.nan)
    for condition, code in ((coolant > 116, OVERHEATED), (volts < 11.7, LOW_VOLTAGE)):
        begins = condition & ~np.concatenate([[False], condition[:-1]])
        codes[begins] = code
    return codes
