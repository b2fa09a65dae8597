"""The climate of one room as a small sensor on its wall feels it: heating, sun, windows, and the people who breathe.

Temperature, vapour and carbon dioxide are three stores that follow what flows into them, in the ten minutes between
two messages: 18 L of CO2 and 50 g of water an hour from each person, carried away by the change of air.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models import household, small_radio
from device_sim.models.household import Household
from device_sim.models.machine import Columns, Day, Floats, Identity, Instants, Rows, State, Wear, measured, ticks
from device_sim.models.small_radio import SmallRadio
from device_sim.models.weather import OUTDOOR, Weather
from ingest.wire.device_types.room_sensor import ROOM_SENSOR

STEP_H = ROOM_SENSOR.period_s / 3600
OUTDOOR_CO2 = 425.0  # ppm
OUTDOOR_HUMIDITY = 0.78  # of saturation, the year's mean in temperate places
SELF_HEATING = 2.4  # K: a firmware that lets the radio listen all the time warms the sensor


@dataclass(frozen=True, slots=True)
class _Room:
    """A room: volume (m3), change of air (1/h), wanted by day and night (Cel), how slowly it cools (h), its window."""

    volume: float
    air: float
    warm: float
    night: float
    slow: float
    window: float
    bedroom: bool
    elsewhere: float
    phase_s: int

    @staticmethod
    def of(identity: Identity) -> _Room:
        chance = identity.chance("room")
        return _Room(
            volume=chance.uniform(32, 75),
            air=chance.uniform(0.45, 0.9),
            warm=chance.uniform(20.2, 22.2),
            night=chance.uniform(0.6, 2.5),
            slow=chance.uniform(7, 16),
            window=chance.uniform(0.5, 3.5),
            bedroom=bool(chance.random() < 0.4),
            elsewhere=float(chance.choice([-1.0, 1.0])) * chance.uniform(1.6, 3.2),
            phase_s=int(chance.integers(5, 596)),
        )


@dataclass(frozen=True, slots=True)
class _Inflow:
    """What acts on the room at each tick: `aim` of its temperature (Cel), people in it, change of air (1/h)."""

    aim: Floats
    people: Floats
    air: Floats
    outdoor_vapour: Floats


class RoomSensor:
    """The sensor, its room and who is in it."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in ROOM_SENSOR.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        **household.KNOBS,
        **small_radio.KNOBS,
        "outdoor": OUTDOOR,
        "firmware": "1 a sound firmware; towards 0 the radio never sleeps and warms the sensor",
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._people = Household.of(identity)
        self._room = _Room.of(identity)
        self._radio = SmallRadio.of(identity)
        self._weather = Weather(identity.seed, identity.time_zone)

    def first_state(self) -> State:
        """A warm, aired room."""
        return {"temp": self._room.warm, "co2": 560.0, "vapour": 8.0}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Watch the room for one day; no rows once the cell is empty."""
        chance = self._identity.chance("life", day)
        ts = ticks(day, ROOM_SENSOR.period_s, chance, self._room.phase_s)
        inflow = self._inflow(day, ts, wear, chance)
        climate = self._climate(state, inflow)
        moved = (chance.random(len(ts)) < 0.55) & (inflow.people > 0)
        awake = self._people.awake(day, day.hour(ts), wear) > 0.5
        columns = self._report(ts, climate, wear, chance)
        columns["motion"] = (moved & (awake | (chance.random(len(ts)) < 0.03))).astype(np.float64)
        now = {name: float(store[-1]) for name, store in zip(("temp", "co2", "vapour"), climate, strict=True)}
        return Rows(ts, columns).keep(self._radio.alive(ts, wear)), now

    def _inflow(self, day: Day, ts: Instants, wear: Wear, chance: np.random.Generator) -> _Inflow:
        hours, room = day.hour(ts), self._room
        outdoor = self._weather.felt(ts, wear)
        awake, home = self._people.awake(day, hours, wear), self._people.at_home(day, hours, wear)
        share = 0.1 * awake + 0.9 * (1 - awake) if room.bedroom else 0.55 * awake
        luck = np.repeat(chance.random(len(ts) // 6 + 1), 6)[: len(ts)]  # people stay for an hour or so
        here = self._people.people if not room.bedroom else min(2, self._people.people)
        people = np.floor(here * share * home * wear.knob("usage", ts) + luck)
        opened = np.repeat(chance.random(len(ts) // 2 + 1), 2)[: len(ts)] < 0.07 * awake * home
        wanted = room.warm - room.night * (1 - awake)
        free = outdoor + 5.0 + room.window * 2.6 * self._weather.sun(ts) + 0.8 * people
        aim = np.maximum(wanted, np.minimum(free, 24.5 + 0.25 * (free - 24.5))) - opened * np.clip(
            0.25 * (wanted - outdoor), 0, 6
        )
        damp = OUTDOOR_HUMIDITY * _saturation(outdoor)
        return _Inflow(aim, people, np.where(opened, 8.0, 1.0) * room.air, damp)

    def _climate(self, state: State, inflow: _Inflow) -> tuple[Floats, Floats, Floats]:
        """Temperature (Cel), CO2 (ppm) and vapour (g/m3) at each tick: three first-order stores."""
        room, out = self._room, np.empty((3, len(inflow.aim)))
        temp, co2, vapour = state["temp"], state["co2"], state["vapour"]
        warming, cooling = 1 - np.exp(-STEP_H / 1.6), 1 - np.exp(-STEP_H / room.slow)
        fresh = 1 - np.exp(-inflow.air * STEP_H)
        co2_aim = OUTDOOR_CO2 + 18_000 * inflow.people / (inflow.air * room.volume)
        damp_aim = inflow.outdoor_vapour + (50 * inflow.people + 12) / (inflow.air * room.volume)
        series = (inflow.aim, co2_aim, damp_aim, fresh)
        for tick, (aim, breath, damp, new) in enumerate(zip(*(part.tolist() for part in series), strict=True)):
            temp += (aim - temp) * (warming if aim > temp else cooling)
            co2 += (breath - co2) * new
            vapour += (damp - vapour) * new
            out[:, tick] = temp, co2, vapour
        return out[0], out[1], out[2]

    def _report(
        self, ts: Instants, climate: tuple[Floats, Floats, Floats], wear: Wear, chance: np.random.Generator
    ) -> Columns:
        temp, co2, vapour = climate
        moved = 1.0 - wear.knob("place", ts)
        felt = temp + self._room.elsewhere * moved + SELF_HEATING * (1.0 - wear.knob("firmware", ts))
        humidity = 100 * vapour / _saturation(felt)
        air = OUTDOOR_CO2 + (co2 - OUTDOOR_CO2) * (1 - 0.45 * moved)
        return {
            "room_temp": measured(felt, chance, 0.05, 0.1),
            "humidity": np.clip(measured(humidity, chance, 0.4, 0.1), 3, 100),
            "co2": np.clip(measured(air, chance, 9.0, 1.0), 350, 9000),
            **self._radio.report(ts, wear, felt, chance),
        }


def _saturation(temp: Floats) -> Floats:
    """Water vapour in saturated air, g/m3 (Magnus formula with the constants of Sonntag 1990)."""
    return 216.7 * 6.112 * np.exp(17.62 * temp / (243.12 + temp)) / (273.15 + temp)
