"""An air-to-water heat pump and its house: a refrigerant circuit, heating water, a hot-water tank and rooms.

Four lumped heat stores (rooms, heating water, tank, compressor shell) and one inverter compressor, in steps of the
five minutes between two reports. Weather-compensated supply temperature, room thermostat, hot water first, and a
defrost whenever ice has grown on the evaporator. Pressures are those of R-32.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.machine import Day, Floats, Identity, Rows, State, Wear, measured, quantised, ticks
from device_sim.models.refrigerant import Circuit, saturation_pressure
from device_sim.models.weather import Weather
from ingest.wire.device_types.heat_pump import HEAT_PUMP

OFF, HEATING, HOT_WATER, DEFROST = range(4)
STEP_H = HEAT_PUMP.period_s / 3600
SLOWEST, FASTEST = 28.0, 105.0  # Hz of the compressor
WATER_HEAT = 4.19 / 60  # kW per K and L/min
TANK_COLD, TANK_HOT = 44.5, 52.5
BACKUP_KW = 3.0
BACKUP_AFTER_H = 1.5  # of a compressor that cannot keep up


@dataclass(frozen=True, slots=True)
class House:
    """A home as its heat pump feels it: kW/K through the walls, kWh/K stored, kW/K of the radiators or floor."""

    walls: float
    mass: float
    emitters: float
    water: float
    wanted: float
    night_by: float
    flow: float
    draws: float
    phase_s: int
    circuit: Circuit

    @staticmethod
    def of(identity: Identity) -> House:
        """The home of this heat pump."""
        chance = identity.chance("house")
        walls = chance.uniform(0.13, 0.20)
        return House(
            walls=walls,
            mass=walls * chance.uniform(45, 90),
            emitters=walls * chance.uniform(1.4, 2.1),
            water=chance.uniform(0.35, 0.6),
            wanted=quantised(chance.uniform(20.2, 22.2, 1), 0.5).item(),
            night_by=float(chance.choice([0.0, 0.5, 1.0])),
            flow=chance.uniform(15.5, 20.5),
            draws=chance.uniform(2.6, 5.2),
            phase_s=int(chance.integers(5, 296)),
            circuit=Circuit(nominal_kw=walls * chance.uniform(33, 40), quality=chance.uniform(0.42, 0.47)),
        )


@dataclass(slots=True)
class _Plant:
    """Everything that changes: temperatures in Cel, `ice` on the evaporator from 0 to 1.

    `rest`: steps that the compressor must still stand; `short`: hours for which it could not keep up; `drag`: the
    evaporator's own temperature, which follows the refrigerant's.
    """

    room: float = 21.0
    water: float = 32.0
    tank: float = 49.0
    shell: float = 35.0
    speed: float = 0.0
    mode: float = OFF
    ice: float = 0.0
    rest: float = 0.0
    drag: float = 0.0
    short: float = 0.0


@dataclass(frozen=True, slots=True)
class _Now:
    """The surroundings of one step. `gain` kW into the rooms, `draw` kWh of hot water taken."""

    outdoor: float
    wanted: float
    gain: float
    draw: float
    charge: float


class HeatPump:
    """The heat pump and the house that it warms."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in HEAT_PUMP.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        "refrigerant_charge": "part of the refrigerant that is left: less pressure, colder evaporator, less heat",
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._house = House.of(identity)
        self._weather = Weather(identity.seed, identity.time_zone)

    def first_state(self) -> State:
        """A warm house with a half-warm tank."""
        return {name: float(value) for name, value in asdict(_Plant(room=self._house.wanted)).items()}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Heat the house for one day."""
        chance, house, plant = self._identity.chance("life", day), self._house, _Plant(**state)
        ts = ticks(day, HEAT_PUMP.period_s, chance, house.phase_s)
        hours, outdoor = day.hour(ts), self._weather.outdoor(ts)
        night = ((hours < 5.5) | (hours >= 22.5)).astype(np.float64)
        wanted = house.wanted - house.night_by * night
        people = 0.25 + 0.3 * ((hours > 6) & (hours < 8.5)) + 0.4 * ((hours > 17) & (hours < 22.5))
        gain = people + 1.3 * self._weather.sun(ts) + 0.06 * chance.standard_normal(len(ts))
        draw = self._draws(day, hours, chance)
        charge = wear.knob("refrigerant_charge", ts)
        series = (outdoor, wanted, gain, draw, charge)
        steps = zip(*(column.tolist() for column in series), strict=True)
        seen: Floats = np.array([self._step(plant, _Now(*step)) for step in steps], np.float64)
        columns = self._report(seen.T, outdoor, wanted, chance)
        return Rows(ts, columns), {name: float(value) for name, value in asdict(plant).items()}

    def _draws(self, day: Day, hours: Floats, chance: np.random.Generator) -> Floats:
        """Hot water taken in each step (kWh): showers in the morning and evening, a little all day."""
        up = 7.0 + 1.2 * day.weekend
        weight = np.exp(-0.5 * ((hours - up) / 0.7) ** 2) + 0.8 * np.exp(-0.5 * ((hours - 20) / 1.2) ** 2)
        weight += 0.06 * ((hours > up) & (hours < 22.5))
        burst = (chance.random(len(hours)) < 0.35) * chance.gamma(2.0, 1.0, len(hours))
        share = weight * burst
        total = self._house.draws * chance.uniform(0.75, 1.25)
        return np.asarray(share * total / max(float(share.sum()), 1e-9), np.float64)

    def _step(self, plant: _Plant, now: _Now) -> tuple[float, ...]:
        """Five minutes; what the sensors would see, in the order in which `_report` takes them apart."""
        house, circuit = self._house, self._house.circuit
        target = self._target(plant, now)
        self._choose(plant, now, target)
        self._drive(plant, target)
        warms = plant.tank + 3.0 if plant.mode == HOT_WATER else plant.water
        run = circuit.run(plant.speed, now.outdoor, warms + 4.0, plant.ice, now.charge, reverse=plant.mode == DEFROST)
        short = plant.mode == HEATING and plant.speed > 0.95 * FASTEST and plant.water < target - 2.5
        plant.short = min(3.0, plant.short + STEP_H) if short else max(0.0, plant.short - STEP_H)
        backup = float(plant.mode == HEATING and plant.short > BACKUP_AFTER_H)
        heat = run.heat_kw + BACKUP_KW * backup
        on = plant.mode != OFF
        flow = house.flow * (0.88 if plant.mode == HOT_WATER else 1.0) if on else 0.0
        self._move_heat(plant, now, heat)
        plant.shell += (run.discharge - plant.shell) * (0.55 if plant.speed else 0.18)
        plant.drag += (run.evaporator - plant.drag) * (0.75 if plant.speed else 0.5)
        pressure = saturation_pressure(plant.drag) if plant.speed else circuit.standing(plant.drag, now.charge)
        half = heat / (flow * WATER_HEAT) / 2 if on else 0.2
        middle = plant.tank + 4.0 + half if plant.mode == HOT_WATER else plant.water
        power = 1000 * (run.power_kw + BACKUP_KW * backup) + (75.0 if on else 11.0) + (60.0 if plant.speed else 0.0)
        return (plant.room, middle + half, middle - half, flow, power, plant.speed, plant.drag, plant.shell,
                pressure, plant.mode, backup)  # fmt: skip

    def _target(self, plant: _Plant, now: _Now) -> float:
        """Mean heating-water temperature to aim at: what the walls lose in this cold, corrected by the room."""
        house = self._house
        curve = house.walls / house.emitters * (now.wanted - now.outdoor) - 1.0
        return min(50.0, max(23.5, now.wanted + curve + 5.0 * (now.wanted - plant.room)))

    def _choose(self, plant: _Plant, now: _Now, target: float) -> None:
        """The mode of this step: hot water before heating, a rest between two runs, ice off when there is enough."""
        plant.rest = max(0.0, plant.rest - 1)
        if plant.mode == DEFROST:
            plant.ice, plant.mode = 0.0, HEATING
        elif plant.ice >= 1.0 and plant.mode == HEATING:
            plant.mode = DEFROST
            return
        if plant.mode == HOT_WATER and plant.tank < TANK_HOT:
            return
        if plant.tank < TANK_COLD and (plant.mode == HEATING or plant.rest == 0):
            plant.mode = HOT_WATER
            return
        cold = plant.room < now.wanted + (0.5 if plant.mode == HEATING else 0.1)
        limit = target + 3.0 if plant.mode == HEATING else target - 3.0
        runs = cold and plant.water < limit and (plant.mode != OFF or plant.rest == 0) and now.outdoor < 18.5
        if plant.mode != OFF and not runs:
            plant.rest = 3.0
        plant.mode = HEATING if runs else OFF

    def _drive(self, plant: _Plant, target: float) -> None:
        """The compressor's speed for the mode, with the ramp of an inverter."""
        if plant.mode == OFF:
            plant.speed = 0.0
            return
        loss = self._house.emitters * (target - plant.room) / self._house.circuit.nominal_kw * 90.0
        wish = {HEATING: loss + 5.0 * (target - plant.water), HOT_WATER: 82.0, DEFROST: 60.0}[int(plant.mode)]
        wish = min(FASTEST, max(SLOWEST, wish))
        plant.speed = wish if plant.speed == 0 else plant.speed + 0.6 * (wish - plant.speed)

    def _move_heat(self, plant: _Plant, now: _Now, heat: float) -> None:
        """Energy balance of tank, heating water and rooms over one step, and the ice that grows meanwhile."""
        house = self._house
        tank_heat = heat if plant.mode == HOT_WATER else 0.0
        plant.tank += (tank_heat * STEP_H - now.draw - 0.0018 * (plant.tank - plant.room) * STEP_H) / 0.232
        given = house.emitters * (plant.water - plant.room) * (1.0 if plant.mode in {HEATING, DEFROST} else 0.45)
        water_heat = heat - tank_heat
        plant.water += (water_heat - given) * STEP_H / house.water
        lost = house.walls * (plant.room - now.outdoor)
        plant.room += (given + now.gain - lost) * STEP_H / house.mass
        if plant.speed and plant.mode != DEFROST and now.outdoor < 7.0 and plant.drag < -1.0:
            damp = math.exp(-(((now.outdoor - 1.0) / 7.0) ** 2))  # ice grows fastest just above freezing
            plant.ice += STEP_H * (0.25 + 0.75 * damp) * plant.speed / 60.0

    def _report(self, seen: Floats, outdoor: Floats, wanted: Floats, chance: np.random.Generator) -> dict[str, Floats]:
        room, supply, back, flow, power, speed, evaporator, discharge, pressure, mode, backup = seen
        running = flow > 0
        return {
            "outdoor_temp": measured(outdoor, chance, 0.12, 0.1),
            "indoor_temp": measured(room, chance, 0.06, 0.1),
            "setpoint": quantised(wanted, 0.5),
            "supply_temp": measured(supply, chance, 0.12, 0.1),
            "return_temp": measured(back, chance, 0.12, 0.1),
            "flow_rate": np.clip(measured(flow, chance, 0.12, 0.1), 0, None) * running,
            "power": np.clip(
                measured(power * (1 + 0.012 * chance.standard_normal(len(power))), chance, 1.0, 1.0), 1, None
            ),
            "compressor_speed": quantised(speed, 1.0),
            "evaporator_temp": measured(evaporator, chance, 0.15, 0.1),
            "discharge_temp": measured(discharge, chance, 0.3, 0.1),
            "low_pressure": np.clip(measured(pressure, chance, 0.03, 0.01), 0, None),
            "mode": mode.copy(),
            "backup_heater": backup.copy(),
        }
