"""A car with a combustion engine and its driver: reports once a minute while it is driven, and is silent parked.

The engine, the 12 V battery, the wheels and the car's own diagnosis are parts in files of their own; here they share
the trips of a day, the state that lasts over night, and the fuel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from device_sim.models import trips
from device_sim.models.engine import Engine
from device_sim.models.machine import HOUR_MS, Columns, Day, Floats, Identity, Rows, State, Wear, measured, quantised
from device_sim.models.starter_battery import FIRST_NIGHT_H, JUMP_START, StarterBattery
from device_sim.models.trips import Drive, Habits, Trip, accelerations, plan, speeds
from device_sim.models.trouble import diagnosed
from device_sim.models.weather import Weather
from device_sim.models.wheels import Wheels, dragging
from ingest.wire.device_types.vehicle import VEHICLE

# SAE J2012: engine coolant over temperature, system voltage low, system too lean, catalyst below threshold, coolant
# below the thermostat's temperature, misfire in cylinder 1 (2 to 4 follow)
OVERHEATED, LOW_VOLTAGE, LEAN, CATALYST, COLD, MISFIRE_1 = 0x0217, 0x0562, 0x0171, 0x0420, 0x0128, 0x0301
PARKED_COOLING_H = {"coolant": 2.4, "catalyst": 0.5}
MISFIRES = 25  # a minute; about 2 % of all combustions, what OBD-II calls emissions-relevant
STARTER = StarterBattery(inner=0.12, least=7.2)


@dataclass(frozen=True, slots=True)
class _Build:
    """How this car left the factory: alternator (V), tank (L), thirst (L/100 km), and its engine."""

    alternator: float
    tank: float
    thirst: float
    engine: Engine

    @staticmethod
    def of(identity: Identity) -> _Build:
        chance = identity.chance("build")
        thermostat, alternator = chance.uniform(86, 90), chance.uniform(14.05, 14.4)
        idle, tank, thirst = chance.uniform(720, 860), chance.uniform(42, 60), chance.uniform(5.4, 7.8)
        weight, trim = chance.uniform(0.9, 1.12), chance.normal(-0.8, 1.4)
        cylinder = int(identity.chance("engine").integers(1, 5))
        return _Build(alternator, tank, thirst, Engine(thermostat, idle, weight, trim, cylinder))


class Vehicle:
    """The car and its driver."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in VEHICLE.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        "alternator": "part of its output that the alternator still gives; below about 0.75 the battery discharges",
        **Engine.knobs,
        **StarterBattery.knobs,
        **Wheels.knobs,
        **trips.KNOBS,
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._habits = Habits.of(identity)
        self._build = _Build.of(identity)
        self._wheels = Wheels.of(identity, pads=0.22)
        self._weather = Weather(identity.seed, identity.time_zone)

    def first_state(self) -> State:
        """Parked since last night, battery charged, fuel somewhere."""
        fuel = 20 + 70 * self._identity.chance("fuel").random()
        state = {"parked_ms": 0.0, "coolant": 15.0, "catalyst": 15.0, "charge": 0.95, "fuel": fuel}
        return state | Wheels.first_state(self._identity)

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Drive the day's trips."""
        chance, extra = self._identity.chance("drive", day), self._identity.chance("parts", day)
        now, parts = dict(state), []
        for trip in plan(self._identity, self._habits, day, wear):
            rows, now = self._drive(trip, now, wear, (chance, extra))
            parts.append(rows)
        return Rows.join(parts, self.signals), now

    def _drive(
        self, trip: Trip, state: State, wear: Wear, chances: tuple[np.random.Generator, np.random.Generator]
    ) -> tuple[Rows, State]:
        chance, extra = chances  # apart, so that a part more does not change the engine's luck
        ts = trip.start_ms + 60_000 * np.arange(trip.minutes, dtype=np.int64) + 9_000
        speed, outdoor = speeds(trip, chance), self._weather.outdoor(ts) + 10 * (wear.knob("outdoor", ts) - 1)
        drive = Drive(ts, speed, outdoor, self._habits.style * wear.knob("driving", ts))
        parked = self._parked(state, drive, wear)
        now, columns = self._move(parked, drive, wear, chance)
        columns["run_time"] = np.round((ts - trip.start_ms) / 1000)
        columns["engine_on"] = np.ones(len(ts))
        part, more = self._observe(parked, columns, drive, wear, extra)
        if more["start_voltage"][0] < STARTER.least:
            return self._stranded(drive, parked, more, wear)
        return Rows(ts, columns | more), now | part | {"parked_ms": float(ts[-1])}

    def _parked(self, state: State, drive: Drive, wear: Wear) -> State:
        """What stood still since the last trip: metal goes cold, and the owner fills up before the tank is dry."""
        hours = (float(drive.ts[0]) - state["parked_ms"]) / HOUR_MS if state["parked_ms"] else FIRST_NIGHT_H
        outdoor = float(drive.outdoor[0])
        now = state | self._wheels.parked(state, hours)
        for part, constant in PARKED_COOLING_H.items():
            now[part] = outdoor + (state[part] - outdoor) * math.exp(-hours / constant)
        if now["fuel"] < 18:
            now["fuel"] = 96.0
        strength = float(wear.knob("battery_12v", drive.ts[:1])[0])
        now["charge"] = STARTER.kept(state["charge"], strength, hours)
        return now

    def _move(self, state: State, drive: Drive, wear: Wear, chance: np.random.Generator) -> tuple[State, Columns]:
        """The engine at work, its heat, the charging of its battery and its fuel."""
        now, engine = dict(state), self._build.engine
        columns = engine.breathe(drive, wear, chance)
        columns["engine_load"] = np.clip(columns["engine_load"] + self._drag(drive, wear), 0, 100)
        now["coolant"], coolant = engine.heat(state["coolant"], columns, drive, wear)
        now["charge"], volts = self._charge(state["charge"], columns, wear.knob("alternator", drive.ts))
        now["fuel"], fuel = self._burn(state["fuel"], drive, wear)
        columns["coolant_temp"] = np.clip(measured(coolant, chance, 0.3, 1.0), -40, 200)
        columns["voltage"] = measured(volts, chance, 0.03, 0.01)
        now["catalyst"], catalyst = engine.catalyse(state["catalyst"], columns, wear, drive)
        columns["catalyst_temp"] = measured(catalyst, chance, 4.0, 0.1)
        columns["fuel_level"] = np.clip(measured(fuel, chance, 0.5, 0.4), 0, 100)
        return now, columns

    def _observe(
        self, parked: State, columns: Columns, drive: Drive, wear: Wear, chance: np.random.Generator
    ) -> tuple[State, Columns]:
        """Wheels, starting, misfires, and what the car's own diagnosis makes of it all."""
        part, more = self._wheels.roll(drive, parked, wear, chance)
        more |= accelerations(drive, chance)
        more["outdoor_temp"] = measured(drive.outdoor, chance, 0.2, 0.5)
        more["misfires"] = self._build.engine.missed(columns, wear, drive, chance)
        more["oxygen_swing"] = self._build.engine.swing(columns["catalyst_temp"], wear, drive, chance)
        strength = float(wear.knob("battery_12v", drive.ts[:1])[0])
        lowest = STARTER.start(parked["charge"], strength, float(drive.outdoor[0]), chance)
        more["start_voltage"] = np.full(len(drive.ts), np.nan)
        more["start_voltage"][0] = round(lowest, 2)
        known, codes = diagnosed(self._conditions(columns | more), parked)
        return part | known, more | codes

    def _drag(self, drive: Drive, wear: Wear) -> Floats:
        """Engine load that a binding caliper costs, in percent."""
        return np.round(9 * dragging(wear.knob("brake_pads", drive.ts)) * (drive.speed > 4) / 0.4) * 0.4

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

    def _burn(self, start: float, drive: Drive, wear: Wear) -> tuple[float, Floats]:
        thirst = self._build.thirst * (0.5 + 0.5 * wear.knob("drag", drive.ts)) * (0.8 + 0.2 * drive.effort)
        litres = np.cumsum(drive.speed / 60 * thirst / 100 + 0.012)
        level = np.clip(start - 100 * litres / self._build.tank, 0, 100)
        return float(level[-1]), level

    def _conditions(self, columns: Columns) -> dict[int, NDArray[np.bool_]]:
        """In which minutes each trouble code's condition holds, the gravest first."""
        driven, since = columns["speed"] > 20, columns["run_time"]
        return {
            OVERHEATED: columns["coolant_temp"] > 116,
            LOW_VOLTAGE: columns["voltage"] < 11.7,
            MISFIRE_1 + self._build.engine.cylinder - 1: columns["misfires"] > MISFIRES,
            LEAN: (columns["fuel_trim_long"] > 20) & (since > 300),
            CATALYST: (columns["oxygen_swing"] > 0.48) & driven & (since > 600),
            COLD: (columns["coolant_temp"] < 71) & driven & (since > 1200),
        }

    def _stranded(self, drive: Drive, parked: State, seen: Columns, wear: Wear) -> tuple[Rows, State]:
        """One message of a car that did not start: what is known with the engine off. Its owner charges it then."""
        row = {name: np.full(1, np.nan) for name in self.signals}
        row |= {name: seen[name][:1] for name in ("start_voltage", "outdoor_temp", "pad_wear_front", "pad_wear_rear")}
        strength = float(wear.knob("battery_12v", drive.ts[:1])[0])
        row["voltage"] = np.round([STARTER.rested(parked["charge"], strength)], 2)
        row["coolant_temp"] = quantised(np.array([parked["coolant"]]), 1.0)
        row["fuel_level"] = np.round([parked["fuel"]], 1)
        row |= {name: np.zeros(1) for name in ("engine_on", "rpm", "speed", "engine_load", "run_time")}
        charge = max(parked["charge"], JUMP_START)
        return Rows(drive.ts[:1], row), parked | {"charge": charge, "parked_ms": float(drive.ts[0])}
