"""An air-to-water heat pump and its house: a refrigerant circuit, heating water, a hot-water tank and rooms.

Four lumped heat stores (rooms, heating water, tank, compressor shell) and one inverter compressor, in steps of the
five minutes between two reports. Weather-compensated supply temperature, room thermostat, hot water first, and a
defrost whenever ice has grown on the evaporator. Pressures are those of R-32. What the owner would call broken shows
as it would in a cellar: a backup heater that runs for the compressor, or a unit that locks out and a house that cools.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.house import House
from device_sim.models.household import KNOBS, later
from device_sim.models.machine import Day, Floats, Identity, Rows, State, Wear, measured, quantised, ticks
from device_sim.models.refrigerant import Condition, saturation_pressure
from device_sim.models.weather import OUTDOOR, Weather
from ingest.wire.device_types.heat_pump import HEAT_PUMP

OFF, HEATING, HOT_WATER, DEFROST = range(4)
STEP_H = HEAT_PUMP.period_s / 3600
SLOWEST, FASTEST = 28.0, 105.0  # Hz of the compressor
WATER_HEAT = 4.19 / 60  # kW per K and L/min
TANK_COLD, TANK_HOT = 44.5, 52.5
COLD_WATER = 10.0  # Cel, what comes in for the hot water that is drawn
BACKUP_KW = 3.0
BACKUP_AFTER_H = 1.5  # of a compressor that cannot keep up
THICKEST = 2.4  # ice, where 1 calls for a defrost: the fins are closed
AGAIN = 6.0  # steps between two defrosts, so that one that fails is not tried without end
SCANT = 3.6  # L/min under which the unit locks out to save its condenser
TOO_HOT = 64.0  # Cel of condensation from which the control holds the compressor back


@dataclass(slots=True)
class _Plant:
    """Everything that changes: temperatures in Cel, `ice` on the evaporator from 0 to 1.

    `rest`: steps that the compressor must still stand; `short`: hours for which it could not keep up; `drag`: the
    evaporator's own temperature, which follows the refrigerant's; `iced`: steps before the next defrost may come;
    `squeeze`: K by which too little flow makes it condense hotter.
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
    iced: float = 0.0
    squeeze: float = 0.0


@dataclass(frozen=True, slots=True)
class _Now:
    """The surroundings of one step, and the condition of the unit (each 1 when well).

    `gain` kW into the rooms, `draw` kWh of hot water taken, `melts` the part of the ice that a defrost takes away,
    `flow` the part of the water that comes through the strainer.
    """

    outdoor: float
    wanted: float
    gain: float
    draw: float
    charge: float
    compression: float
    air: float
    melts: float
    flow: float


class HeatPump:
    """The heat pump and the house that it warms."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in HEAT_PUMP.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        "refrigerant_charge": "part of the refrigerant that is left: less pressure, colder evaporator, less heat",
        "compression": "part of the gas that worn valves and rings still press on: less heat, hotter gas, more shaking",
        "fan": "part of the air that the outdoor fan moves: slower, colder evaporator, more ice",
        "defrost": "part of the ice that a defrost takes away",
        "filter": "part of the water that comes through the strainer: wider spread, hotter gas, then lock-out",
        "setpoint": "wanted indoor temperature, shifted by 10 K times what it is off 1",
        "usage": "what people do at home: hot water, heat of their own; 0 lets the house cool",
        "rhythm": KNOBS["rhythm"],
        "outdoor": OUTDOOR,
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
        hours, usage = (day.hour(ts) - later(day, wear)) % 24.0, wear.knob("usage", ts)
        outdoor = self._weather.felt(ts, wear)
        wanted = house.wish(hours, usage) + 10.0 * (wear.knob("setpoint", ts) - 1.0)
        gain = house.people(hours, usage) + 1.3 * self._weather.sun(ts) + 0.06 * chance.standard_normal(len(ts))
        draw = house.hot_water(day, hours, usage, chance)
        worn = [wear.knob(name, ts) for name in ("refrigerant_charge", "compression", "fan", "defrost", "filter")]
        steps = zip(*(column.tolist() for column in (outdoor, wanted, gain, draw, *worn)), strict=True)
        seen: Floats = np.array([self._step(plant, _Now(*step)) for step in steps], np.float64)
        columns = self._report(seen.T, outdoor, wanted, chance)
        return Rows(ts, columns), {name: float(value) for name, value in asdict(plant).items()}

    def _step(self, plant: _Plant, now: _Now) -> tuple[float, ...]:
        """Five minutes; what the sensors would see, in the order in which `_report` takes them apart."""
        house, circuit = self._house, self._house.circuit
        target = self._target(plant, now)
        self._choose(plant, now, target)
        self._drive(plant, target)
        on = plant.mode != OFF
        full = house.flow * (0.88 if plant.mode == HOT_WATER else 1.0) if on else 0.0
        flow = full * now.flow
        locked = on and flow < SCANT
        if locked:
            plant.speed = 0.0
        warms = plant.tank + 3.0 if plant.mode == HOT_WATER else plant.water
        condenser = warms + 4.0 + plant.squeeze
        condition = Condition(now.charge, now.compression, now.air)
        run = circuit.run(plant.speed, now.outdoor, condenser, plant.ice, condition, reverse=plant.mode == DEFROST)
        backup = self._backup(plant, target)
        heat = run.heat_kw + BACKUP_KW * backup
        self._move_heat(plant, now, heat)
        plant.shell += (run.discharge - plant.shell) * (0.55 if plant.speed else 0.18)
        plant.drag += (run.evaporator - plant.drag) * (0.75 if plant.speed else 0.5)
        low = saturation_pressure(plant.drag) if plant.speed else circuit.standing(plant.drag, now.charge)
        high = saturation_pressure(condenser - 3.0 * (1.0 - now.compression)) if plant.speed else low
        half = heat / (flow * WATER_HEAT) / 2 if on else 0.2
        plant.squeeze = max(0.0, half - heat / (full * WATER_HEAT) / 2) if on else 0.0
        middle = plant.tank + 4.0 + half if plant.mode == HOT_WATER else plant.water
        power = 1000 * (run.power_kw + BACKUP_KW * backup) + (75.0 if on else 11.0) + (60.0 if plant.speed else 0.0)
        turns = plant.speed / FASTEST
        fan = (350.0 + 500.0 * turns) * now.air if plant.speed and plant.mode != DEFROST else 0.0
        shakes = (0.5 + 1.6 * turns * (1.0 + 3.5 * (1.0 - now.compression)) + 2.5 * (1.0 - now.air)) * (turns > 0)
        mode = plant.mode
        if locked:
            plant.mode, plant.rest = OFF, AGAIN
        return (plant.room, middle + half, middle - half, flow, power, plant.speed, plant.drag, plant.shell,
                low, mode, backup, high, run.superheat, fan, shakes)  # fmt: skip

    def _backup(self, plant: _Plant, target: float) -> float:
        """Whether the electric heater helps (0 or 1): when the compressor has done its utmost for long, in vain."""
        short = plant.mode == HEATING and plant.speed > 0.95 * FASTEST and plant.water < target - 2.5
        plant.short = min(3.0, plant.short + STEP_H) if short else max(0.0, plant.short - STEP_H)
        return float(plant.mode == HEATING and plant.short > BACKUP_AFTER_H)

    def _target(self, plant: _Plant, now: _Now) -> float:
        """Mean heating-water temperature to aim at: what the walls lose in this cold, corrected by the room."""
        house = self._house
        curve = house.walls / house.emitters * (now.wanted - now.outdoor) - 1.0
        return min(50.0, max(23.5, now.wanted + curve + 5.0 * (now.wanted - plant.room)))

    def _choose(self, plant: _Plant, now: _Now, target: float) -> None:
        """The mode of this step: hot water before heating, a rest between two runs, ice off when there is enough."""
        plant.rest, plant.iced = max(0.0, plant.rest - 1), max(0.0, plant.iced - 1)
        if plant.mode == DEFROST:
            plant.ice, plant.mode, plant.iced = max(0.0, plant.ice * (1.0 - now.melts)), HEATING, AGAIN
        elif plant.ice >= 1.0 and plant.mode == HEATING and plant.iced == 0:
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
        hottest = (plant.tank + 7.0 if plant.mode == HOT_WATER else plant.water + 4.0) + plant.squeeze
        wish = min(FASTEST, max(SLOWEST, wish)) if hottest < TOO_HOT else SLOWEST
        plant.speed = wish if plant.speed == 0 else plant.speed + 0.6 * (wish - plant.speed)

    def _move_heat(self, plant: _Plant, now: _Now, heat: float) -> None:
        """Energy balance of tank, heating water and rooms over one step, and the ice that grows meanwhile."""
        house = self._house
        tank_heat = heat if plant.mode == HOT_WATER else 0.0
        drawn = now.draw * min(1.0, max(0.0, (plant.tank - COLD_WATER) / 30.0))
        plant.tank += (tank_heat * STEP_H - drawn - 0.0018 * (plant.tank - plant.room) * STEP_H) / 0.232
        given = house.emitters * (plant.water - plant.room) * (1.0 if plant.mode in {HEATING, DEFROST} else 0.45)
        water_heat = heat - tank_heat
        plant.water += (water_heat - given) * STEP_H / house.water
        lost = house.walls * (plant.room - now.outdoor)
        plant.room += (given + now.gain - lost) * STEP_H / house.mass
        if plant.speed and plant.mode != DEFROST and now.outdoor < 7.0 and plant.drag < -1.0:
            damp = math.exp(-(((now.outdoor - 1.0) / 7.0) ** 2))  # ice grows fastest just above freezing
            plant.ice = min(THICKEST, plant.ice + STEP_H * (0.25 + 0.75 * damp) * plant.speed / 60.0)
        elif now.outdoor > 6.0:
            plant.ice = max(0.0, plant.ice - 0.04 * STEP_H * (now.outdoor - 6.0))  # the sun's work

    def _report(self, seen: Floats, outdoor: Floats, wanted: Floats, chance: np.random.Generator) -> dict[str, Floats]:
        room, supply, back, flow, power, speed, evaporator, discharge, low, mode, backup, high, gas, fan, shakes = seen
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
            "low_pressure": np.clip(measured(low, chance, 0.03, 0.01), 0, None),
            "mode": mode.copy(),
            "backup_heater": backup.copy(),
            "high_pressure": np.clip(measured(high, chance, 0.1, 0.01), 0, None),
            "superheat": measured(gas, chance, 0.4, 0.1),
            "outdoor_fan_speed": np.clip(measured(fan, chance, 4.0, 1.0), 0, None) * (fan > 0),
            "compressor_vibration": np.clip(measured(shakes, chance, 0.04, 0.01), 0.01, None),
        }
