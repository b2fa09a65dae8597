"""A circulation pump in a building of some homes: heating in the cold, the tap line all year, day and night.

Valves all over the building decide the flow; the pump follows with a pressure in proportion to it, by the affinity laws
(head with the square of the speed). Cavitation sets in where the pressure at the inlet no longer exceeds the vapour
pressure by what the impeller needs (NPSH). Of a bearing that fails, the kurtosis of the vibration tells first, while
single pits strike; then its strength, when the whole race is rough and kurtosis falls again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.chance import number, smooth_noise
from device_sim.models.household import KNOBS, later
from device_sim.models.machine import DAY_MS, Day, Floats, Identity, Instants, Rows, State, Wear, measured, ticks
from device_sim.models.weather import OUTDOOR, Weather
from ingest.wire.device_types.circulation_pump import CIRCULATION_PUMP

MINUTE_MS = 60_000
FULL_SPEED = 2900.0  # per minute
ATMOSPHERE = 1.013  # bar
TOPPED_UP_DAYS = 90  # between two visits of somebody who refills the system
LOSES = 0.25  # bar in that time, which is nobody's worry
LOWEST = 0.75  # bar below atmosphere, where a system without any pressure of its own ends up


@dataclass(frozen=True, slots=True)
class Site:
    """One pump and its system at full demand: L/min, bar across it, bar at its inlet; Cel of the room it stands in.

    `efficiency` of pump and motor, `rough` its own vibration (mm/s) at full speed.
    """

    flow: float
    head: float
    inlet: float
    room: float
    efficiency: float
    rough: float
    filled_days: float
    phase_s: int

    @staticmethod
    def of(identity: Identity) -> Site:
        """The site of this pump."""
        chance = identity.chance("site")
        return Site(
            flow=chance.uniform(60, 140),
            head=chance.uniform(0.38, 0.6),
            inlet=chance.uniform(1.4, 2.0),
            room=chance.uniform(15, 20),
            efficiency=chance.uniform(0.42, 0.5),
            rough=chance.uniform(0.8, 1.4),
            filled_days=chance.uniform(0, TOPPED_UP_DAYS),
            phase_s=int(chance.integers(5, 296)),
        )


@dataclass(frozen=True, slots=True)
class _Work:
    """What the pump does at each instant: part of full flow, of full head and of full speed; water in Cel."""

    flow: Floats
    head: Floats
    speed: Floats
    water: Floats


class CirculationPump:
    """The pump, its water and the people who turn their radiators up and down."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in CIRCULATION_PUMP.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        "bearing": "how sound the bearing is: shocks, then vibration, heat and power, in the end the motor gives in",
        "inlet": "part of the pressure at the inlet that is left: below some point the water boils in the impeller",
        "setpoint": "wanted pressure, of what it was",
        "usage": "how much warm water and heat people take",
        "rhythm": KNOBS["rhythm"],
        "outdoor": OUTDOOR,
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._site = Site.of(identity)
        self._noise = number(identity.seed, identity.device, "valves")
        self._weather = Weather(identity.seed, identity.time_zone)

    def first_state(self) -> State:
        """Nothing: the pump does as the moment asks."""
        return {}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Keep the water going for one day."""
        chance = self._identity.chance("life", day)
        ts = ticks(day, CIRCULATION_PUMP.period_s, chance, self._site.phase_s)
        worn = 1.0 - wear.knob("bearing", ts)
        work = self._work(day, ts, worn, wear)
        inlet = self._inlet(ts, wear.knob("inlet", ts))
        return Rows(ts, self._report(work, worn, inlet, chance)), dict(state)

    def _work(self, day: Day, ts: Instants, worn: Floats, wear: Wear) -> _Work:
        """What the building asks for, and what a motor that drags a seized bearing still makes of it."""
        hours = (day.hour(ts) - later(day, wear)) % 24.0
        usage = np.clip(wear.knob("usage", ts), 0.0, 1.5)
        cold = np.clip((17.0 - self._weather.felt(ts, wear)) / 29.0, 0.0, 1.0)
        up = 6.8 + 1.3 * day.weekend
        taps = np.exp(-0.5 * ((hours - up) / 1.0) ** 2) + 0.8 * np.exp(-0.5 * ((hours - 19.5) / 1.8) ** 2)
        heating = cold * (0.72 + 0.28 * (hours > up - 1.5) * (hours < 22.5)) * (0.45 + 0.55 * usage)
        turned = 0.06 * smooth_noise(self._noise, ts, 40 * MINUTE_MS)
        asked = np.clip(0.2 + 0.62 * heating + 0.14 * usage * taps + turned, 0.12, 1.1)
        wanted = (0.5 + 0.5 * asked) * wear.knob("setpoint", ts)
        speed = np.sqrt((wanted + 0.25 * asked**2) / 1.25)
        gives_in = 1.0 - 0.35 * np.clip((worn - 0.7) / 0.25, 0.0, 1.0)
        water = 36.0 + 24.0 * cold + 4.0 * usage * taps
        return _Work(asked * gives_in, wanted * gives_in**2, speed * gives_in, water)

    def _inlet(self, ts: Instants, left: Floats) -> Floats:
        """Pressure at the inlet over atmosphere (bar): it sinks a little between two visits."""
        since = (ts / DAY_MS + self._site.filled_days) % TOPPED_UP_DAYS / TOPPED_UP_DAYS
        well = self._site.inlet - LOSES * since
        return np.asarray(well - (1.0 - left) * (well + LOWEST), np.float64)

    @staticmethod
    def _boils(work: _Work, inlet: Floats) -> Floats:
        """How fully the impeller cavitates, 0 to 1; vapour pressure after August and Roche, Magnus."""
        vapour = 6.1094e-3 * np.exp(17.625 * work.water / (work.water + 243.04))
        spare = inlet + ATMOSPHERE - vapour - (0.45 + 0.5 * work.flow**2)
        return np.asarray(1.0 / (1.0 + np.exp(np.clip(spare / 0.07, -60.0, 60.0))), np.float64)

    def _report(self, work: _Work, worn: Floats, inlet: Floats, chance: np.random.Generator) -> dict[str, Floats]:
        site, boils = self._site, self._boils(work, inlet)
        unrest = chance.standard_normal(len(worn))
        flow = site.flow * work.flow * (1.0 - boils * (0.4 + 0.08 * unrest))
        head = site.head * work.head * (1.0 - boils * (0.5 + 0.08 * unrest))
        lifted = 100.0 * head * flow / 60.0  # W: 1 bar times 1 L/min is 5/3 W
        drag = work.speed * (9.0 + 75.0 * worn**2)
        power = lifted / site.efficiency + drag + 4.0
        bearing = 0.62 * site.room + 0.38 * work.water + 11.0 * work.speed + 48.0 * worn**2 * work.speed
        shakes = site.rough * work.speed * (work.speed + 7.5 * worn**1.5) + boils * (4.5 + 0.8 * unrest)
        sharp = 3.0 + 60.0 * worn**1.5 * np.exp(-worn / 0.35) + 2.2 * boils
        scatter = 1.0 + 0.05 * chance.standard_normal(len(worn))
        return {
            "pump_speed": measured(FULL_SPEED * work.speed, chance, 6.0, 1.0),
            "flow_rate": np.clip(measured(flow, chance, 0.008 * site.flow, 0.1), 0, None),
            "pump_head": measured(head, chance, 0.004, 0.001),
            "inlet_pressure": np.clip(measured(inlet, chance, 0.01, 0.01), -1, None),
            "water_temp": measured(work.water, chance, 0.3, 0.1),
            "bearing_temp": measured(bearing, chance, 0.2, 0.1),
            "power": np.clip(measured(power, chance, 0.8, 0.1), 0, None),
            "vibration": np.clip(measured(shakes * scatter, chance, 0.03, 0.01), 0.01, None),
            "vibration_kurtosis": np.clip(measured(sharp * scatter**2, chance, 0.12, 0.01), 1, None),
        }
