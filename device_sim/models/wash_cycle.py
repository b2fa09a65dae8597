"""One cycle of a washing machine as stages: fill, heat, tumble, drain, rinse, spin; and how each minute looks.

Heating is an energy balance: so many kilojoules for water, laundry and drum, brought in by an element of fixed power
for the part of the time in which its protection lets it. Draining takes as long as the pump's way is narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from device_sim.models.machine import Floats

FILLING, HEATING, WASHING, DRAINING, SPINNING, DONE, STOPPED = range(7)
ELEMENT_W = 1950.0
WATER_KJ, LAUNDRY_KJ, DRUM_KJ = 4.19, 1.7, 7.0  # kJ/K a litre, a kilogram, and of steel
HEATS_AT_MOST_S = 65 * 60.0
DRAINS_AT_MOST_S = 300.0
INLET_L_S = 0.125


@dataclass(frozen=True, slots=True)
class Programme:
    """What was chosen: its number, degrees Celsius, minutes of washing, rinses, and spin speed (1/min)."""

    number: int
    temp: float
    minutes: float
    rinses: int
    spin: float


PROGRAMMES = (
    Programme(0, 46.0, 85, 2, 1200),
    Programme(1, 60.0, 48, 3, 1400),
    Programme(2, 40.0, 38, 2, 900),
    Programme(3, 30.0, 14, 2, 1000),
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One cycle to be: programme, laundry (kg), inlet water (Cel), and the state of the machine at its start.

    `drain_s` is a draining with a clear filter; `heater` and `drain` are the parts of their work that are left.
    """

    programme: Programme
    load: float
    inlet: float
    drain_s: float
    heater: float
    drain: float


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of a cycle: phase, seconds, drum (1/min), motor and pumps (W), litres taken, Cel at its end."""

    phase: int
    seconds: float
    drum: float
    watts: float
    litres: float
    temp: float


@dataclass(frozen=True, slots=True)
class Course:
    """The cycle at given instants: one value an instant. Times in seconds, litres, Cel."""

    phase: Floats
    drum: Floats
    watts: Floats
    litres: Floats
    temp: Floats
    heating: Floats
    drained: Floats


def stages(chosen: Chosen) -> list[Stage]:
    """The stages of this cycle in order; it stops where it stands when the water does not go."""
    programme, load = chosen.programme, chosen.load
    litres = 9.0 + 1.6 * load
    need = (WATER_KJ * litres + LAUNDRY_KJ * load + DRUM_KJ) * max(1.0, programme.temp - chosen.inlet)
    power = ELEMENT_W * chosen.heater / 1000
    heats = min(need / power, HEATS_AT_MOST_S)
    warm = chosen.inlet + max(1.0, programme.temp - chosen.inlet) * heats * power / need
    tumble = 75 + 14 * load
    cooled = chosen.inlet + (warm - chosen.inlet) * float(np.exp(-programme.minutes / 260))
    plan = [
        Stage(FILLING, litres / INLET_L_S, 20, 28, litres, chosen.inlet),
        Stage(HEATING, heats, 48, tumble, 0, warm),
        Stage(WASHING, 60 * programme.minutes, 50, tumble + 25, 0, cooled),
    ]
    drains = chosen.drain_s / chosen.drain
    for rinse in range(programme.rinses + 1):
        last = rinse == programme.rinses
        plan.append(Stage(DRAINING, min(drains, DRAINS_AT_MOST_S), 30, 62, 0, plan[-1].temp))
        if drains >= DRAINS_AT_MOST_S:
            return [*plan, Stage(STOPPED, 1500, 0, 4, 0, chosen.inlet + 4)]
        speed = programme.spin if last else 0.6 * programme.spin
        plan.append(Stage(SPINNING, 500 if last else 110, speed, 90 + 0.26 * speed, 0, chosen.inlet + 5))
        if not last:
            rinsed = 11.0 + 1.2 * load
            plan.append(Stage(FILLING, rinsed / INLET_L_S, 20, 28, rinsed, chosen.inlet + 2))
            plan.append(Stage(WASHING, 420, 50, tumble + 20, 0, chosen.inlet + 2))
    return [*plan, Stage(DONE, 300, 0, 3, 0, chosen.inlet + 5)]


def course(plan: list[Stage], at: Floats, drained_before: float) -> Course:
    """The cycle `at` so many seconds after its start, each below its length; the draining before it took so long."""
    seconds = np.array([stage.seconds for stage in plan])
    edges = np.concatenate([[0.0], np.cumsum(seconds)])
    now = np.searchsorted(edges[1:-1], at, side="right")
    part = (at - edges[now]) / seconds[now]
    phase = np.array([float(stage.phase) for stage in plan])
    temps = np.array([plan[0].temp, *(stage.temp for stage in plan)])
    litres = np.concatenate([[0.0], np.cumsum([stage.litres for stage in plan])])
    heated = np.concatenate([[0.0], np.cumsum(seconds * (phase == HEATING))])
    drains = [drained_before]
    for stage in plan:
        drains.append(stage.seconds if stage.phase == DRAINING else drains[-1])
    spin = phase[now] == SPINNING
    drum = np.array([stage.drum for stage in plan])[now] * np.where(spin, np.minimum(1.0, 0.25 + 3.0 * part), 1.0)
    watts = np.array([stage.watts for stage in plan])[now]
    return Course(
        phase[now],
        drum,
        watts,
        litres[now] + (litres[now + 1] - litres[now]) * part,
        temps[now] + (temps[now + 1] - temps[now]) * part,
        heated[now] + (heated[now + 1] - heated[now]) * part,
        np.array(drains)[now],
    )


def lasts_s(plan: list[Stage]) -> float:
    """Seconds from the first stage to the end of the last."""
    return sum(stage.seconds for stage in plan)
