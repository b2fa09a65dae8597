"""A combustion engine: load from speed, heat from load, a thermostat and a radiator that carry it away.

Coolant is one lumped mass (engine block and water, 62 kJ/K) between heat from combustion and two losses: the block's,
and the radiator's behind a wax thermostat, which needs coolant to work. A part that ails shows where it does on a
real engine: air that slips in behind the flow meter is a large part of the little that idling needs; a cylinder that
misses sends its fuel to burn in the catalyst; a tired catalyst stores no oxygen, so that the sensor behind it swings
with the mixture.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.machine import Columns, Floats, Wear, measured, quantised
from device_sim.models.trips import Drive

HEAT_CAPACITY = 62.0  # kJ/K
SUBSTEPS = 6  # of 10 s each: one a minute makes the thermostat hunt
GEARS = ((15, 118.0), (30, 66.0), (48, 44.0), (66, 33.5), (90, 27.5), (math.inf, 23.0))  # up to km/h: rpm per km/h


@dataclass(frozen=True, slots=True)
class Engine:
    """How this engine left the factory: thermostat (Cel), idle (1/min), its weight to pull, mixture trim (%).

    `cylinder` (1 to 4) is the one whose injector would fail.
    """

    thermostat: float
    idle: float
    weight: float
    trim: float
    cylinder: int

    knobs: ClassVar[Mapping[str, str]] = {
        "coolant_fill": "part of the coolant that is left; the radiator's work falls with its square",
        "thermostat": "how far the thermostat still closes; 0: stuck wide open, the engine stays cold",
        "intake_seal": "how tight the intake is; 0: the engine breathes as much beside the meter as a leak can pass",
        "ignition": "part of the combustions in one cylinder that succeed",
        "catalyst": "part of its oxygen storage that the catalyst has left",
        "drag": "air resistance over that of the bare car",
    }

    def breathe(self, drive: Drive, wear: Wear, chance: np.random.Generator) -> Columns:
        """What the engine does and draws in at each minute."""
        count, speed, ts = len(drive.speed), drive.speed, drive.ts
        moving = speed > 4
        push = np.where(moving, chance.normal(0, 7, count) * drive.effort**0.5, 0.0)
        load = 17.5 + self.weight * (0.24 * speed + 0.0011 * wear.knob("drag", ts) * speed**2) + push
        load = np.clip(np.where(moving, load, 18.5 + chance.normal(0, 0.7, count)), 6, 100)
        ratio = np.select([speed < limit for limit, _ in GEARS], [factor for _, factor in GEARS])
        rpm = np.where(moving, np.maximum(speed * ratio, 1050) * (1 + chance.normal(0, 0.04, count)), self.idle)
        rough = chance.normal(0, 12, count)
        leak, missing = 1 - wear.knob("intake_seal", ts), 1 - wear.knob("ignition", ts)
        rpm = np.where(moving, rpm, rpm + rough * (1 + 3 * leak + 12 * missing) + 90 * leak)
        part = np.clip(1.35 - load / 55, 0.35, 1.0)  # of its full effect that a leak has: the most at idle
        warm_bay = drive.outdoor + 5 + 16 * np.exp(-speed / 30)
        return {
            "rpm": np.clip(quantised(rpm, 0.25), 0, 12000),
            "speed": quantised(speed, 1.0),
            "engine_load": quantised(load, 0.4),
            "throttle": np.clip(measured(14.5 + 0.55 * (load - 17), chance, 0.8, 0.4), 0, 100),
            "manifold_pressure": np.clip(
                measured(28 + 0.74 * (load - 17) + 9 * leak * part, chance, 1.3, 1.0), 12, 104
            ),
            "intake_temp": measured(warm_bay, chance, 0.8, 1.0),
            "fuel_trim_long": measured(self.trim + 31 * leak * part + 38 * missing, chance, 0.7, 0.78125),
            "fuel_trim_short": measured(0.8 + 5 * leak * part + 20 * missing, chance, 3.0, 0.78125),
        }

    def missed(self, columns: Columns, wear: Wear, drive: Drive, chance: np.random.Generator) -> Floats:
        """Misfires in each minute: each cylinder fires every second turn; a weak one misses more under load."""
        share = (1 - wear.knob("ignition", drive.ts)) * np.clip(0.35 + columns["engine_load"] / 60, 0.5, 1.5)
        expected = 0.08 + share * columns["rpm"] / 2
        counted = np.round(expected + np.sqrt(expected) * chance.standard_normal(len(share)))
        return np.maximum(counted, 0.0) + 0.0  # no negative zero

    def catalyse(self, start: float, columns: Columns, wear: Wear, drive: Drive) -> tuple[float, Floats]:
        """The catalyst's temperature after each minute: unburned fuel heats it, a tired one has less to burn."""
        worn, missing = 1 - wear.knob("catalyst", drive.ts), 1 - wear.knob("ignition", drive.ts)
        return _lag(start, 300 + 5.2 * columns["engine_load"] + 0.05 * columns["rpm"] - 60 * worn + 900 * missing)

    def swing(self, catalyst_temp: Floats, wear: Wear, drive: Drive, chance: np.random.Generator) -> Floats:
        """Peak to peak of the oxygen sensor behind the catalyst in each minute, in volts."""
        worn = 1 - wear.knob("catalyst", drive.ts)
        swing = 0.07 + 0.62 * worn**1.2 * np.clip((catalyst_temp - 200) / 150, 0, 1)
        return np.clip(quantised(swing * np.exp(0.18 * chance.standard_normal(len(swing))), 0.005), 0, 1.1)

    def heat(self, start: float, columns: Columns, drive: Drive, wear: Wear) -> tuple[float, Floats]:
        """Coolant temperature after each minute. One lumped mass, explicit steps of 10 s."""
        fill, closes = wear.knob("coolant_fill", drive.ts), wear.knob("thermostat", drive.ts)
        temperature, out = start, np.empty(len(fill))
        inputs = (columns["engine_load"], columns["speed"], drive.outdoor, fill, 1 - closes)
        for minute, (load, speed, air, full, open_) in enumerate(zip(*(one.tolist() for one in inputs), strict=True)):
            gain = 1.8 + 0.20 * load + 0.0011 * load * load  # kW into the coolant
            block = 0.035 + 0.0004 * speed  # kW/K
            radiator = (0.07 + 0.0095 * speed) * full * full
            for _ in range(SUBSTEPS):
                valve = min(1.0, max(open_, (temperature - self.thermostat) / 9.0))
                fan = 0.30 * full * full * min(1.0, max(0.0, (temperature - 98.0) / 3.0))
                boiling = 0.5 * max(0.0, temperature - 121.0)  # the cap lets steam go
                loss = (block + valve * (radiator + fan)) * (temperature - air) + boiling
                temperature += (gain - loss) * 10.0 / HEAT_CAPACITY
            out[minute] = temperature
        return temperature, out


def _lag(start: float, target: Floats) -> tuple[float, Floats]:
    """First-order lag of 2.5 minutes towards `target`, a minute at a time."""
    value, out = start, np.empty(len(target))
    for minute, aim in enumerate(target.tolist()):
        value += (aim - value) * 0.33
        out[minute] = value
    return value, out
