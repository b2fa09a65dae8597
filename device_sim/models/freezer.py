"""An upright no-frost freezer: cabinet air, food, evaporator and condenser, in steps of one minute.

A thermostat with a band of 3 K on the cabinet air, a fan that blows over a finned evaporator, a condenser in the air of
the room, and a heater that melts the ice off the fins after some hours of cooling. Every opening of the door lets in
warm air, and its moisture turns to ice on the fins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.household import KNOBS, later
from device_sim.models.machine import Day, Floats, Identity, Rows, State, Wear, measured, quantised, ticks
from device_sim.models.weather import OUTDOOR, Weather
from ingest.wire.device_types.freezer import FREEZER

IDLE, COOLING, DEFROST = range(3)
STEPS = 5  # of one minute, between two messages
STEP_S = FREEZER.period_s / STEPS
BAND = 1.5  # K around the wanted temperature
DEFROST_W, DEFROST_ENDS, DEFROST_MIN = 220.0, 8.0, 35.0  # heater, Cel at the fins, minutes at most
MELT = 334.0  # J/g
DAMP = 2.0e-4  # g of ice for a J of room air that comes in, at 50 % humidity
THICK = 260.0  # g of ice that halve the air between the fins
TRIPS, RESTS_MIN = 82.0, 12.0  # Cel of the condenser at which the motor protector opens, and for how long
FRAME_W = 1.8  # electronics
OPEN_W = 9.0  # W/K through a door that stands wide open


@dataclass(frozen=True, slots=True)
class Cabinet:
    """One appliance and its place: W/K through walls and gasket, kJ/K in the food, W of the compressor.

    `indoors` is how little the weather is felt there: 1 a kitchen, 0 a shed. `openings` a day, `hours` of cooling
    between two defrosts.
    """

    walls: float
    gasket: float
    food: float
    capacity: float
    motor: float
    setpoint: float
    indoors: float
    room: float
    openings: float
    hours: float
    phase_s: int

    @staticmethod
    def of(identity: Identity) -> Cabinet:
        """The freezer of this identity."""
        chance = identity.chance("cabinet")
        walls = chance.uniform(0.78, 1.0)
        return Cabinet(
            walls=walls,
            gasket=walls * chance.uniform(0.19, 0.27),
            food=chance.uniform(40, 110),
            capacity=walls * chance.uniform(116, 130),
            motor=chance.uniform(72, 92),
            setpoint=float(chance.choice([-20.0, -19.0, -18.0, -18.0, -18.0])),
            indoors=float(chance.choice([1.0, 1.0, 0.9, 0.55])),
            room=chance.uniform(19.5, 23.0),
            openings=chance.uniform(4, 14),
            hours=chance.uniform(7, 11),
            phase_s=int(chance.integers(5, 296)),
        )


@dataclass(slots=True)
class _Inside:
    """Everything that changes: temperatures in Cel, `ice` g on the fins.

    `ran`: minutes of cooling since the last defrost; `melting`: minutes of the present one; `rest`: minutes for which
    the compressor must stand.
    """

    air: float = -18.0
    food: float = -18.0
    fins: float = -22.0
    condenser: float = 28.0
    mode: float = IDLE
    ice: float = 25.0
    ran: float = 0.0
    melting: float = 0.0
    rest: float = 0.0


@dataclass(frozen=True, slots=True)
class _Now:
    """The surroundings of one message: Cel outside and wanted, how far the door stands open on average, W of warm food.

    Then the condition of the appliance, each 1 when well: gasket, compressor, air at the condenser, defrost heater.
    """

    ambient: float
    wanted: float
    door: float
    warm: float
    gasket: float
    compressor: float
    condenser: float
    heater: float


class Freezer:
    """The freezer, its food and the people who open it."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in FREEZER.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        "door_seal": "how well the gasket closes: warm, damp air comes in day and night",
        "door": "1 the door shuts; below that, what is missing is how far it stands open",
        "compressor": "part of the cold that a worn compressor still makes: runs longer, shakes more",
        "condenser_air": "part of the air that passes the condenser: hotter, dearer, in the end it trips",
        "defrost": "part of the heat that melts the ice off the fins",
        "warm_food": "warm goods that freeze through: 100 W times what it is over 1",
        "setpoint": "wanted temperature, shifted by 10 K times what it is off 1",
        "usage": "how often the door is opened",
        "rhythm": KNOBS["rhythm"],
        "outdoor": OUTDOOR,
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._cabinet = Cabinet.of(identity)
        self._weather = Weather(identity.seed, identity.time_zone)

    def first_state(self) -> State:
        """Cold through and through."""
        wanted = self._cabinet.setpoint
        return {name: float(value) for name, value in asdict(_Inside(wanted, wanted, wanted - 4.0)).items()}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Keep the food frozen for one day."""
        chance, cabinet, inside = self._identity.chance("life", day), self._cabinet, _Inside(**state)
        ts = ticks(day, FREEZER.period_s, chance, cabinet.phase_s)
        hours, usage = (day.hour(ts) - later(day, wear)) % 24.0, wear.knob("usage", ts)
        ambient = self._room(hours, self._weather.felt(ts, wear), usage)
        ajar = 1.0 - wear.knob("door", ts)
        opened, open_s = self._door(day, hours, usage, ajar, chance)
        wanted = cabinet.setpoint + 10.0 * (wear.knob("setpoint", ts) - 1.0)
        warm = 100.0 * (wear.knob("warm_food", ts) - 1.0)
        worn = [wear.knob(name, ts) for name in ("door_seal", "compressor", "condenser_air", "defrost")]
        wide = np.where(ajar > 0.0, ajar, open_s / FREEZER.period_s)
        columns = (ambient, wanted, wide, warm, *worn)
        steps = zip(*(column.tolist() for column in columns), strict=True)
        seen: Floats = np.array([self._between(inside, _Now(*step)) for step in steps], np.float64)
        shown = self._report(seen.T, ambient, wanted, opened, open_s, chance)
        return Rows(ts, shown), {name: float(value) for name, value in asdict(inside).items()}

    def _room(self, hours: Floats, outdoor: Floats, usage: Floats) -> Floats:
        """Air around the appliance: heated in winter, warm in summer, a little warmer when somebody cooks."""
        heated = (
            self._cabinet.room + 0.35 * np.clip(outdoor - 18.0, 0.0, None) + 0.05 * np.clip(outdoor - 18.0, None, 0.0)
        )
        cooks = 1.2 * np.exp(-0.5 * ((hours - 18.8) / 1.1) ** 2) + 0.5 * np.exp(-0.5 * ((hours - 12.5) / 0.8) ** 2)
        inside = heated + usage * cooks - 2.0 * np.clip(1.0 - usage, 0.0, 1.0)
        return np.asarray(inside + (1.0 - self._cabinet.indoors) * (outdoor - inside), np.float64)

    def _door(
        self, day: Day, hours: Floats, usage: Floats, ajar: Floats, chance: np.random.Generator
    ) -> tuple[Floats, Floats]:
        """Openings and seconds open before each message: around meals, more at weekends, and when it does not shut."""
        meal = np.exp(-0.5 * ((hours - 18.3) / 1.4) ** 2) + 0.6 * np.exp(-0.5 * ((hours - 12.2) / 1.2) ** 2)
        meal += 0.1 * ((hours > 7) & (hours < 23))
        wish = self._cabinet.openings * chance.uniform(0.6, 1.4) * (1.0 + 0.3 * day.weekend)
        times = np.floor(wish * usage * meal / float(meal.sum()) + chance.random(len(hours)))
        each = chance.gamma(4.0, 6.0, len(hours))
        left = ajar > 0.0
        return times * ~left, np.where(left, FREEZER.period_s, np.minimum(times * each, 150.0))

    def _between(self, inside: _Inside, now: _Now) -> tuple[float, ...]:
        """Five minutes between two messages: energy, running minutes, and how things stand at the end."""
        ran, power = 0.0, 0.0
        for _ in range(STEPS):
            self._choose(inside, now)
            power += self._step(inside, now)
            ran += inside.mode == COOLING
        shakes = (0.55 + 3.2 * (1.0 - now.compressor)) * ran / STEPS
        return (inside.air, inside.fins, inside.condenser, power / STEPS, 100.0 * ran / STEPS, inside.mode, shakes)

    def _choose(self, inside: _Inside, now: _Now) -> None:
        """The mode of this minute: protector, defrost, thermostat."""
        inside.rest = max(0.0, inside.rest - 1.0)
        if inside.mode == DEFROST:
            inside.melting += 1.0
            if inside.fins < DEFROST_ENDS and inside.melting < DEFROST_MIN:
                return
            inside.mode, inside.ran, inside.melting, inside.rest = IDLE, 0.0, 0.0, 4.0
        if inside.ran >= 60.0 * self._cabinet.hours:
            inside.mode = DEFROST
            return
        if inside.condenser > TRIPS:
            inside.rest = RESTS_MIN
        if inside.rest or inside.air < now.wanted - BAND:
            inside.mode = IDLE
        elif inside.air > now.wanted + BAND:
            inside.mode = COOLING

    def _step(self, inside: _Inside, now: _Now) -> float:
        """One minute of heat and ice; the electrical power in W."""
        cabinet, cooling = self._cabinet, inside.mode == COOLING
        cold, power = 0.0, FRAME_W
        if cooling:
            inside.ran += 1.0
            cold = cabinet.capacity * now.compressor
            cold *= max(0.02, 1.0 + 0.03 * (inside.fins + 27.0)) * max(0.3, 1.0 - 0.006 * (inside.condenser - 38.0))
            power += cabinet.motor * (1.0 + 0.008 * (inside.condenser - 38.0)) + 5.0
        open_air = 1.0 / (1.0 + (inside.ice / THICK) ** 2)
        moved = (11.0 * open_air if cooling else 1.2) * (inside.air - inside.fins)
        leak = cabinet.gasket * (1.0 + 15.0 * (1.0 - now.gasket)) + OPEN_W * now.door
        infiltrated = leak * (now.ambient - inside.air)
        heater = DEFROST_W * now.heater if inside.mode == DEFROST else 0.0
        power += heater
        melts = self._melt(inside, heater)
        inside.ice += max(0.0, infiltrated) * DAMP * STEP_S
        given = 7.0 * (inside.food - inside.air)
        walls = cabinet.walls * (now.ambient - inside.air)
        inside.fins += (moved + heater - melts - cold) * STEP_S / 2600.0
        inside.air += (walls + infiltrated + given - moved) * STEP_S / 6500.0
        inside.food += (now.warm - given) * STEP_S / (1000.0 * cabinet.food)
        sheds = 9.0 * now.condenser * (inside.condenser - now.ambient)
        inside.condenser += (cold + (power - FRAME_W) * cooling - sheds) * STEP_S / 4200.0
        return power

    @staticmethod
    def _melt(inside: _Inside, heater: float) -> float:
        """W that melt ice, which goes down the drain: what the fins have over 0 Cel, and the heater once they do."""
        if inside.fins <= 0.0 or inside.ice <= 0.0:
            return 0.0
        melts = min(inside.ice * MELT / STEP_S, max(0.0, heater) + 2600.0 * inside.fins / STEP_S)
        inside.ice = max(0.0, inside.ice - melts * STEP_S / MELT)
        return melts

    @staticmethod
    def _report(  # noqa: PLR0917
        seen: Floats, ambient: Floats, wanted: Floats, opened: Floats, open_s: Floats, chance: np.random.Generator
    ) -> dict[str, Floats]:
        air, fins, condenser, power, duty, mode, shakes = seen
        return {
            "cabinet_temp": measured(air, chance, 0.08, 0.1),
            "cabinet_setpoint": quantised(wanted, 0.5),
            "evaporator_temp": measured(fins, chance, 0.15, 0.1),
            "condenser_temp": measured(condenser, chance, 0.2, 0.1),
            "ambient_temp": measured(ambient, chance, 0.1, 0.1),
            "power": np.clip(
                measured(power * (1 + 0.01 * chance.standard_normal(len(power))), chance, 0.3, 0.1), 0, None
            ),
            "compressor_duty": quantised(duty, 1.0),
            "door_openings": opened,
            "door_open_time": quantised(open_s, 1.0),
            "mode": mode.copy(),
            "compressor_vibration": np.clip(measured(shakes, chance, 0.02, 0.01), 0.01, None),
        }
