"""An electric car and its driver: reports once a minute while driven and every five while it charges at home.

Evenings it is plugged in when the battery is below the level at which this owner plugs in; a cable that was not enough
goes on in the morning. Whoever sets out nearly empty is taken to have charged elsewhere, out of sight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from device_sim.models import trips
from device_sim.models.machine import (
    HOUR_MS,
    Columns,
    Day,
    Floats,
    Identity,
    Instants,
    Rows,
    State,
    Wear,
    measured,
    quantised,
    ticks,
)
from device_sim.models.starter_battery import FIRST_NIGHT_H, JUMP_START, StarterBattery
from device_sim.models.traction_battery import Ageing, TractionBattery
from device_sim.models.trips import Drive, Habits, Trip, accelerations, plan, speeds
from device_sim.models.trouble import diagnosed
from device_sim.models.weather import Weather
from device_sim.models.wheels import Wheels, dragging
from ingest.wire.device_types.electric_vehicle import ELECTRIC_VEHICLE

# SAE J2012: drive motor over temperature, pack over temperature, pack voltage variation, pack deterioration, 12 V low
MOTOR_HOT, PACK_HOT, UNBALANCED, WORN, LOW_VOLTAGE = 0x0A2F, 0x0A7E, 0x0BBD, 0x0A7F, 0x0562
UNPLUGGED, CHARGING, COMPLETE, INTERRUPTED = range(4)
CHARGING_PERIOD_S = 300
PARKED_AFTER_MS = 90_000  # from the last message of a drive to the first of charging
SHORT_OF = 0.12  # charge below which an owner charges elsewhere before setting out
WAKE = StarterBattery(inner=0.06, least=9.6)  # contactors and computers draw a fraction of what a starter does


@dataclass(frozen=True, slots=True)
class _Build:
    """How this car and its home are: wall box (kW), weight and air against the mean, cabin (kW/K), owner's levels."""

    wall: float
    weight: float
    cabin: float
    plug_below: float
    full_at: float
    converter: float
    phase_s: int

    @staticmethod
    def of(identity: Identity) -> _Build:
        chance = identity.chance("build")
        return _Build(
            wall=float(chance.choice([3.6, 7.2, 10.8])),
            weight=chance.uniform(0.88, 1.15),
            cabin=chance.uniform(0.06, 0.1),
            plug_below=chance.uniform(0.5, 0.75),
            full_at=float(chance.choice([0.8, 0.9, 1.0], p=[0.5, 0.3, 0.2])),
            converter=chance.uniform(13.9, 14.3),
            phase_s=int(chance.integers(5, 296)),
        )


class ElectricVehicle:
    """The car, its driver and the socket at home."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in ELECTRIC_VEHICLE.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        "charge_contact": "1: the contact between wall and battery is closed; 0: open, nothing is charged",
        "drag": "air resistance over that of the bare car",
        **TractionBattery.knobs,
        **StarterBattery.knobs,
        **Wheels.knobs,
        **trips.KNOBS,
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._habits = Habits.of(identity)
        self._build = _Build.of(identity)
        self._battery = TractionBattery.of(identity)
        self._wheels = Wheels.of(identity, pads=0.07)  # the motor does most of the braking
        self._weather = Weather(identity.seed, identity.time_zone)

    def first_state(self) -> State:
        """Parked since last night, not plugged in, charged to somewhere."""
        charge = 0.45 + 0.4 * self._identity.chance("level").random()
        state = {"parked_ms": 0.0, "level": charge, "pack": 12.0, "motor": 12.0, "plugged": 0.0, "charge": 0.95}
        return state | Wheels.first_state(self._identity)

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Drive the day's trips, and charge before the first and after the last."""
        chance, cable = self._identity.chance("drive", day), self._identity.chance("cable", day)
        grid = ticks(day, CHARGING_PERIOD_S, self._identity.chance("charge", day), self._build.phase_s)
        made = plan(self._identity, self._habits, day, wear)
        until = made[0].start_ms if made else day.end_ms
        rows, now = self._charge(grid[grid < until - PARKED_AFTER_MS], dict(state), wear, cable)
        parts = [rows]
        for trip in made:
            rows, now = self._drive(trip, now, wear, chance)
            parts.append(rows)
        if made:
            now["plugged"] = float(now["level"] < self._build.plug_below)
            rows, now = self._charge(grid[grid > now["parked_ms"] + PARKED_AFTER_MS], now, wear, cable)
            parts.append(rows)
        return Rows.join(parts, self.signals), now

    def _outdoor(self, ts: Instants, wear: Wear) -> Floats:
        return self._weather.outdoor(ts) + 10 * (wear.knob("outdoor", ts) - 1)

    @staticmethod
    def _ageing(ts: Instants, wear: Wear) -> Ageing:
        return Ageing(*(wear.knob(name, ts) for name in TractionBattery.knobs))

    def _rested(self, state: State, at_ms: int, outdoor: float, wear: Wear) -> State:
        """What standing still since the last message did: heat goes, the 12 V battery loses a little."""
        hours = (at_ms - state["parked_ms"]) / HOUR_MS if state["parked_ms"] else FIRST_NIGHT_H
        now = state | self._wheels.parked(state, hours)
        for part, constant in (("pack", 9.0), ("motor", 1.5)):
            now[part] = outdoor + (state[part] - outdoor) * float(np.exp(-hours / constant))
        strength = float(wear.knob("battery_12v", np.array([at_ms]))[0])
        now["charge"] = WAKE.kept(state["charge"], strength, hours)
        return now

    def _drive(self, trip: Trip, state: State, wear: Wear, chance: np.random.Generator) -> tuple[Rows, State]:
        ts = trip.start_ms + 60_000 * np.arange(trip.minutes, dtype=np.int64) + 9_000
        outdoor, effort = self._outdoor(ts, wear), self._habits.style * wear.knob("driving", ts)
        drive = Drive(ts, speeds(trip, chance), outdoor, effort)
        now = self._rested(state, int(ts[0]), float(outdoor[0]), wear)
        strength = wear.knob("battery_12v", ts)
        lowest = WAKE.start(now["charge"], float(strength[0]), float(outdoor[0]), chance)
        age = self._ageing(ts, wear)
        if self._battery.usable(np.array([now["level"]]), age)[0] < SHORT_OF * self._battery.capacity:
            now["level"] = max(now["level"], 0.8)
        driven, columns = self._roll(now, drive, age, wear, chance)
        columns["start_voltage"] = np.full(len(ts), np.nan)
        columns["start_voltage"][0] = round(lowest, 2)
        volts = self._build.converter - 0.25 * (1 - strength) - 0.5 * (1 - now["charge"])
        columns["voltage"] = measured(volts, chance, 0.03, 0.01)
        known, codes = diagnosed(self._conditions(columns, age), now)
        if lowest < WAKE.least:
            return self._stranded(ts, now, columns, float(strength[0]))
        charge = min(1.0, now["charge"] + trip.minutes / 90)
        after = driven | known | {"charge": charge, "parked_ms": float(ts[-1]), "plugged": 0.0}
        return Rows(ts, columns | codes), after

    def _roll(
        self, state: State, drive: Drive, age: Ageing, wear: Wear, chance: np.random.Generator
    ) -> tuple[State, Columns]:
        """Power out of speed, what it does to battery and motor, and the wheels."""
        power, speed = self._power(drive, wear, chance), drive.speed
        start = (state["level"], state["pack"], state["motor"])
        (level, pack_temp, motor_temp), pack = self._battery.work(start, power, drive.outdoor, age, 60.0)
        part, columns = self._wheels.roll(drive, state, wear, chance)
        columns |= accelerations(drive, chance) | self._battery.report(pack, age, chance)
        columns["speed"] = quantised(speed, 1.0)
        columns["charging_state"] = np.full(len(speed), float(UNPLUGGED))
        columns["range"] = quantised(self._battery.usable(pack.charge, age) / self._thirst(drive.outdoor), 1.0)
        columns["outdoor_temp"] = measured(drive.outdoor, chance, 0.2, 0.5)
        return state | part | {"level": level, "pack": pack_temp, "motor": motor_temp}, columns

    def _power(self, drive: Drive, wear: Wear, chance: np.random.Generator) -> Floats:
        """Power into the pack in kW, below 0 while driving: rolling, air, slopes, the cabin, a binding brake."""
        moving = drive.speed > 4
        air = 5.2e-6 * wear.knob("drag", drive.ts) * drive.speed**2
        rubs = 0.05 * dragging(wear.knob("brake_pads", drive.ts))
        push = 4.5 * self._build.weight * drive.effort * chance.standard_normal(len(drive.speed))
        traction = drive.speed * (0.085 * self._build.weight + air + rubs) + np.where(moving, push, 0.0)
        return -(np.where(traction < 0, 0.65 * traction, traction) + self._cabin(drive.outdoor))

    def _cabin(self, outdoor: Floats) -> Floats:
        """Power in kW for heating or cooling people, lights and computers."""
        return 0.4 + self._build.cabin * np.abs(outdoor - 21)

    def _thirst(self, outdoor: Floats) -> Floats:
        """Consumption in kWh a km that the car reckons with at this temperature."""
        return 0.115 * self._build.weight + 0.02 + self._cabin(outdoor) / 45

    def _charge(self, grid: Instants, state: State, wear: Wear, chance: np.random.Generator) -> tuple[Rows, State]:
        """The messages of a car on its cable, until it is full; a broken contact is tried again every five minutes."""
        if not state["plugged"] or not len(grid):
            return Rows.join([], self.signals), state
        power, count, full = self._charging(grid, state["level"], wear)
        outdoor, age = self._outdoor(grid, wear), self._ageing(grid, wear)
        now = self._rested(state, int(grid[0]), float(outdoor[0]), wear)
        start = (now["level"], now["pack"], now["motor"])
        _, pack = self._battery.work(start, power, outdoor, age, CHARGING_PERIOD_S)
        columns = {name: np.full(len(grid), np.nan) for name in self.signals} | self._battery.report(pack, age, chance)
        columns["speed"] = np.zeros(len(grid))
        columns["charging_state"] = np.where(power > 0, float(CHARGING), float(INTERRUPTED))
        if full:
            columns["charging_state"][count - 1] = COMPLETE
        columns["range"] = quantised(self._battery.usable(pack.charge, age) / self._thirst(outdoor), 1.0)
        columns["outdoor_temp"] = measured(outdoor, chance, 0.2, 0.5)
        columns["voltage"] = measured(np.where(power > 0, self._build.converter - 0.4, 12.6), chance, 0.02, 0.01)
        last = count - 1
        after = {"level": float(pack.charge[last]), "pack": float(pack.pack_temp[last])}
        after |= {"motor": float(pack.motor_temp[last]), "parked_ms": float(grid[last])}
        after |= {"charge": min(1.0, now["charge"] + count / 12), "plugged": float(not full)}
        # the whole grid is drawn and then cut, so that a fault to come does not change what was measured before it
        return Rows(grid, columns).between(int(grid[0]), int(grid[last]) + 1), now | after

    def _charging(self, grid: Instants, level: float, wear: Wear) -> tuple[Floats, int, bool]:
        """Power into the pack at each tick, 0 once it is full; how many ticks until then; whether it gets there."""
        closed = wear.knob("charge_contact", grid) > 0.5
        power = np.where(closed, 0.92 * self._build.wall, 0.0)
        hours = CHARGING_PERIOD_S / 3600
        reached = level + np.cumsum(power * hours / (self._battery.capacity * wear.knob("pack_health", grid)))
        full = reached >= self._build.full_at
        count = int(np.argmax(full)) + 1 if full.any() else len(grid)
        power[count:] = 0.0
        return power, count, bool(full.any())

    @staticmethod
    def _conditions(columns: Columns, age: Ageing) -> dict[int, NDArray[np.bool_]]:
        """In which minutes each trouble code's condition holds, the gravest first."""
        return {
            MOTOR_HOT: columns["motor_temp"] > 105,
            PACK_HOT: columns["pack_temp_max"] > 55,
            UNBALANCED: columns["cell_voltage_max"] - columns["cell_voltage_min"] > 0.15,
            WORN: age.health < 0.7,
            LOW_VOLTAGE: columns["voltage"] < 12.4,
        }

    def _stranded(self, ts: Instants, state: State, seen: Columns, strength: float) -> tuple[Rows, State]:
        """One message of a car whose computers did not come up; its owner gets a jump start then."""
        row = {name: np.full(1, np.nan) for name in self.signals}
        row |= {name: seen[name][:1] for name in ("start_voltage", "outdoor_temp", "odometer")}
        row["voltage"] = np.round([WAKE.rested(state["charge"], strength)], 2)
        row["charge_level"] = quantised(np.array([100 * state["level"]]), 0.5)
        row["speed"], row["charging_state"] = np.zeros(1), np.zeros(1)
        charge = max(state["charge"], JUMP_START)
        return Rows(ts[:1], row), state | {"charge": charge, "parked_ms": float(ts[0]), "plugged": 0.0}
