"""An air handler and the hall that it serves: a school, a practice, a shop with a single zone.

Mixing dampers, filter, heating coil, cooling coil, fan, in steps of a minute. The zone's controller resets the two set
points of the supply air, the valves follow them, and outdoor air cools for nothing where it can (economiser), as in
the sequences of ASHRAE Guideline 36. What is broken inside does not show in a control signal but in what the
controller does about it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.household import KNOBS, later
from device_sim.models.machine import DAY_MS, Day, Floats, Identity, Rows, State, Wear, measured, quantised, ticks
from device_sim.models.weather import OUTDOOR, Weather
from ingest.wire.device_types.air_handler import AIR_HANDLER

STEP_H = AIR_HANDLER.period_s / 3600
SETBACK_K = 3.5  # how far an empty hall may cool or warm before the fan starts
LEAST_AIR = 0.15  # opening of the outdoor damper while people are in
HEATS_K, COOLS_K = 20.0, 18.0  # what the coils do to the full flow of air
FILTER_DAYS = 180  # between two changes of the filter
CLOGS = 0.14  # part of a filter's passage that closes meanwhile, which is nobody's worry


@dataclass(frozen=True, slots=True)
class Hall:
    """One building: kW/K through its walls, kWh/K stored, kW/K of the full air flow, kW of people and of full sun.

    `opens` and `shuts` are hours of the day; `weekend` says whether people come on Saturdays and Sundays too.
    """

    walls: float
    mass: float
    air: float
    people: float
    sun: float
    wanted: float
    opens: float
    shuts: float
    weekend: bool
    fan_w: float
    rough: float
    filter_days: float
    phase_s: int

    @staticmethod
    def of(identity: Identity) -> Hall:
        """The building of this air handler."""
        chance = identity.chance("hall")
        walls = chance.uniform(0.25, 0.45)
        return Hall(
            walls=walls,
            mass=walls * chance.uniform(30, 55),
            air=walls * chance.uniform(3.8, 4.6),
            people=walls * chance.uniform(9, 16),
            sun=walls * chance.uniform(6, 14),
            wanted=quantised(chance.uniform(20.8, 22.4, 1), 0.5).item(),
            opens=float(chance.integers(12, 17)) / 2,
            shuts=float(chance.integers(34, 43)) / 2,
            weekend=bool(chance.random() < 0.25),
            fan_w=chance.uniform(700, 1600),
            rough=chance.uniform(0.9, 1.6),
            filter_days=chance.uniform(0, FILTER_DAYS),
            phase_s=int(chance.integers(3, 57)),
        )


@dataclass(slots=True)
class _Unit:
    """Everything that changes: temperatures in Cel, valves 0 to 1, `owed` the controller's integral, fan 0 or 1."""

    zone: float = 21.0
    supply: float = 21.0
    mixed: float = 20.0
    returned: float = 21.0
    heating: float = 0.0
    cooling: float = 0.0
    owed: float = 0.0
    fan: float = 0.0


@dataclass(frozen=True, slots=True)
class _Now:
    """The surroundings of one minute: Cel outside and wanted, kW of gains, whether people are in.

    Then the condition: passage of filter and fan (1 when well), where the outdoor damper is held (1: it is free), and
    the part by which the heating valve leaks.
    """

    outdoor: float
    wanted: float
    gain: float
    occupied: float
    passes: float
    blows: float
    held: float
    leaks: float


class AirHandler:
    """The air handler and the building that it heats, cools and airs."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in AIR_HANDLER.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        "filter": "part of the filter's passage that is open: more pressure drop, less air",
        "fan": "part of the air that a worn fan still moves: it shakes, and the filter's pressure drop falls",
        "damper": "1 the outdoor damper follows its signal; below that, the opening at which it is stuck",
        "heating_valve": "how well the heating valve shuts: the coil heats though nobody asks it to",
        "setpoint": "wanted temperature, shifted by 10 K times what it is off 1",
        "usage": "how many people come; nobody below a quarter",
        "rhythm": KNOBS["rhythm"],
        "outdoor": OUTDOOR,
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._hall = Hall.of(identity)
        self._weather = Weather(identity.seed, identity.time_zone)

    def first_state(self) -> State:
        """A hall as its people like it, on a still night."""
        wanted = self._hall.wanted
        return {name: float(value) for name, value in asdict(_Unit(wanted, wanted, wanted, wanted)).items()}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Air, heat and cool the hall for one day."""
        chance, hall, unit = self._identity.chance("life", day), self._hall, _Unit(**state)
        ts = ticks(day, AIR_HANDLER.period_s, chance, hall.phase_s)
        hours, usage = (day.hour(ts) - later(day, wear)) % 24.0, wear.knob("usage", ts)
        outdoor = self._weather.felt(ts, wear)
        open_today = hall.weekend or not day.weekend
        occupied = ((hours >= hall.opens) & (hours < hall.shuts) & (usage >= 0.25)).astype(np.float64) * open_today
        busy = np.clip(1.0 - np.abs(hours - (hall.opens + hall.shuts) / 2) / 7.0, 0.2, 1.0) * chance.uniform(0.7, 1.2)
        gain = hall.people * (0.1 + 0.9 * occupied * busy * usage) + hall.sun * self._weather.sun(ts)
        wanted = hall.wanted + 10.0 * (wear.knob("setpoint", ts) - 1.0)
        age = (ts / DAY_MS + hall.filter_days) % FILTER_DAYS / FILTER_DAYS
        passes = np.minimum(1.0, (1.0 - CLOGS * age) * wear.knob("filter", ts))
        worn = (passes, wear.knob("fan", ts), wear.knob("damper", ts), 1.0 - wear.knob("heating_valve", ts))
        steps = zip(*(column.tolist() for column in (outdoor, wanted, gain, occupied, *worn)), strict=True)
        seen: Floats = np.array([self._step(unit, _Now(*step)) for step in steps], np.float64)
        columns = self._report(seen.T, outdoor, occupied, chance)
        return Rows(ts, columns), {name: float(value) for name, value in asdict(unit).items()}

    def _step(self, unit: _Unit, now: _Now) -> tuple[float, ...]:
        """One minute; what the sensors and the control signals would say, as `_report` takes them apart."""
        demand = self._demand(unit, now)
        heat, cool = max(0.0, demand), max(0.0, -demand)
        lowest, highest = 12.0 + 20.0 * heat, 34.0 - 21.0 * cool
        speed = (0.4 + 0.6 * max(cool, 0.5 * heat)) * unit.fan
        damper = self._damper(unit, now, cool, highest)
        opening = damper if now.held >= 1.0 else now.held
        flow = speed * now.blows / math.sqrt(0.75 + 0.25 / (now.passes * now.passes))
        if unit.fan:
            self._follow(unit, lowest, highest)
            self._blow(unit, now, opening, flow)
        else:
            unit.heating = unit.cooling = 0.0
            unit.supply += 0.02 * (unit.zone - unit.supply)
            unit.mixed += 0.015 * (unit.zone - 1.0 + 0.2 * opening * (now.outdoor - unit.zone) - unit.mixed)
            unit.returned += 0.03 * (unit.zone - unit.returned)
        hall = self._hall
        given = hall.air * flow * (unit.supply - unit.zone)
        unit.zone += (hall.walls * (now.outdoor - unit.zone) + now.gain + given) * STEP_H / hall.mass
        drop = 75.0 * flow * flow / (now.passes * now.passes)
        power = hall.fan_w * speed**2.6 * (0.55 + 0.45 * now.blows) + 18.0
        shakes = hall.rough * speed * (1.0 + 6.0 * (1.0 - now.blows)) + 0.04
        return (unit.supply, lowest, highest, unit.mixed, unit.returned, unit.fan, speed, damper,
                unit.cooling, unit.heating, drop, power, shakes)  # fmt: skip

    @staticmethod
    def _demand(unit: _Unit, now: _Now) -> float:
        """What the zone asks for, from -1 (all cold) to 1 (all heat), and whether the fan runs for it."""
        error = now.wanted - unit.zone
        if now.occupied or abs(error) > SETBACK_K:
            unit.fan = 1.0
        elif abs(error) < SETBACK_K - 1.0:
            unit.fan = 0.0
        if not unit.fan:
            unit.owed = 0.0
            return 0.0
        off = math.copysign(max(0.0, abs(error) - 0.4), error)  # a dead band, so that it does not heat and cool in turn
        unit.owed = min(1.0, max(-1.0, unit.owed + 0.004 * off if off else 0.997 * unit.owed))
        return min(1.0, max(-1.0, 0.4 * off + unit.owed))

    @staticmethod
    def _damper(unit: _Unit, now: _Now, cool: float, highest: float) -> float:
        """The signal to the outdoor damper: what people need, more where it cools for nothing, none without them."""
        if not unit.fan:
            return 0.0
        least = LEAST_AIR if now.occupied else 0.0
        if cool <= 0.0 or now.outdoor > unit.returned - 1.0:
            return least
        return min(1.0, max(least, (unit.returned - highest + 1.0) / (unit.returned - now.outdoor)))

    @staticmethod
    def _follow(unit: _Unit, lowest: float, highest: float) -> None:
        """The valves integrate towards the set points of the supply air; one shuts before the other opens."""
        unit.heating = min(1.0, max(0.0, unit.heating + 0.012 * (lowest - unit.supply)))
        unit.cooling = min(1.0, max(0.0, unit.cooling + 0.012 * (unit.supply - highest)))

    @staticmethod
    def _blow(unit: _Unit, now: _Now, opening: float, flow: float) -> None:
        """Air through dampers and coils: less air is heated and cooled further."""
        fresh = 0.02 + 0.96 * opening
        mixed = fresh * now.outdoor + (1.0 - fresh) * unit.returned
        slow = max(0.15, flow) ** -0.3
        heats = HEATS_K * slow * (unit.heating + now.leaks * (1.0 - unit.heating))
        supply = mixed + 0.7 * flow + heats - COOLS_K * slow * unit.cooling
        unit.mixed += 0.5 * (mixed - unit.mixed)
        unit.supply += 0.35 * (supply - unit.supply)
        unit.returned += 0.25 * (unit.zone + 0.4 - unit.returned)

    @staticmethod
    def _report(seen: Floats, outdoor: Floats, occupied: Floats, chance: np.random.Generator) -> dict[str, Floats]:
        supply, lowest, highest, mixed, returned, fan, speed, damper, cooling, heating, drop, power, shakes = seen
        return {
            "supply_air_temp": measured(supply, chance, 0.12, 0.1),
            "heating_setpoint": quantised(lowest, 0.1),
            "cooling_setpoint": quantised(highest, 0.1),
            "outdoor_temp": measured(outdoor, chance, 0.15, 0.1),
            "mixed_air_temp": measured(mixed, chance, 0.2, 0.1),
            "return_air_temp": measured(returned, chance, 0.1, 0.1),
            "fan_on": fan.copy(),
            "fan_speed": quantised(100.0 * speed, 0.1),
            "outdoor_damper": quantised(100.0 * damper, 0.1),
            "return_damper": quantised(100.0 * (1.0 - damper), 0.1),
            "exhaust_damper": quantised(100.0 * np.maximum(0.0, damper - 0.05), 0.1),
            "cooling_valve": quantised(100.0 * cooling, 0.1),
            "heating_valve": quantised(100.0 * heating, 0.1),
            "occupied": occupied.copy(),
            "filter_pressure_drop": np.clip(measured(drop, chance, 1.2, 0.1), 0, None),
            "fan_power": np.clip(
                measured(power * (1 + 0.008 * chance.standard_normal(len(power))), chance, 0.6, 1.0), 0, None
            ),
            "fan_vibration": np.clip(measured(shakes, chance, 0.05, 0.01), 0.01, None),
        }
