"""A home's water: people who flush, shower, cook and wash, pipes under pressure, and a meter that counts.

Uses of water are drawn one by one and laid over each other; the pressure falls with the flow, the water in the pipe
takes the temperature of the rooms while it stands and that of the ground while it runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.household import KNOBS, MOST_USAGE, Household
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
from device_sim.models.weather import YEAR_MS
from ingest.wire.device_types.water_meter import WATER_METER

MINUTE_MS = 60_000
NIGHT = (2.0, 5.0)  # local hours in which a sound home takes no water for an hour
HOUR_TICKS = 12
RESETS = 0.012  # a day: the supply was cut, the counter starts again


@dataclass(frozen=True, slots=True)
class _Use:
    """Something that takes water: times a person and day, litres each time and their spread, L/min."""

    a_day: float
    litres: float
    spread: float
    rate: float


USES = (
    _Use(5.4, 6.0, 0.15, 7.0),  # toilet
    _Use(9.0, 1.6, 0.8, 5.0),  # tap
    _Use(0.75, 52.0, 0.35, 8.8),  # shower
    _Use(0.3, 13.0, 0.2, 6.0),  # dishwasher
    _Use(0.28, 18.0, 0.2, 9.0),  # washing machine, three times a load
    _Use(0.04, 130.0, 0.2, 13.0),  # bath
)


@dataclass(frozen=True, slots=True)
class _Pipes:
    """The plumbing: supply pressure (bar), its narrowness (bar at 10 L/min), its place (Cel), the cell (V)."""

    pressure: float
    narrow: float
    cellar: float
    ground: float
    volts: float
    drip: float
    phase_s: int

    @staticmethod
    def of(identity: Identity) -> _Pipes:
        chance = identity.chance("pipes")
        return _Pipes(
            pressure=chance.uniform(3.3, 4.9),
            narrow=chance.uniform(0.35, 0.8),
            cellar=chance.uniform(16.5, 20.5),
            ground=chance.uniform(10.0, 12.5),
            volts=chance.uniform(3.56, 3.62),
            drip=float(max(0.0, chance.normal(-0.004, 0.006))),
            phase_s=int(chance.integers(5, 296)),
        )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What was taken between two messages: L/min on average and at most; litres after the last message."""

    mean: Floats
    peak: Floats
    pending: float


class WaterMeter:
    """The meter and the home behind it."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in WATER_METER.signals)
    knobs: ClassVar[Mapping[str, str]] = {**KNOBS, "leak": "1 and the litres a minute that escape"}

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._people = Household.of(identity)
        self._pipes = _Pipes.of(identity)

    def first_state(self) -> State:
        """A meter that has counted for some years."""
        volume = 1000 * self._identity.chance("counted").integers(2, 900)
        return {"volume": float(volume), "pending": 0.0, "night": 0.0, "temp": self._pipes.cellar}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Count the water of one day."""
        chance = self._identity.chance("life", day)
        ts = ticks(day, WATER_METER.period_s, chance, self._pipes.phase_s)
        leak = self._pipes.drip + wear.knob("leak", ts) - 1.0
        drawn = self._drawn(day, ts, state["pending"], wear, chance)
        mean, peak = drawn.mean + leak, drawn.peak + leak
        litres = np.cumsum(mean * WATER_METER.period_s / 60)
        volume = state["volume"] + litres
        cut, when = chance.random() < RESETS, int(chance.integers(len(ts)))
        if cut:
            volume[when:] -= volume[when]
        night = _night_flow(day.hour(ts), mean, state["night"])
        temp = self._temperature(state["temp"], mean, ts)
        true = {
            "volume": volume,
            "flow": mean,
            "flow_peak": peak,
            "pressure": self._pressure(day.hour(ts), mean),
            "water_temp": temp,
            "night_flow": night,
        }
        columns = self._report(true, chance)
        now = {
            "volume": float(volume[-1]),
            "pending": drawn.pending,
            "night": float(night[-1]),
            "temp": float(temp[-1]),
        }
        return Rows(ts, columns), now

    def _drawn(self, day: Day, ts: Instants, pending: float, wear: Wear, chance: np.random.Generator) -> _Drawn:
        """The day's uses, as flow between messages; `pending` are litres since the last message of yesterday."""
        start, minutes, rate = self._uses(day, wear, chance)
        end = np.minimum(start + minutes, (day.end_ms - day.start_ms) / MINUTE_MS)
        edges = np.concatenate([[0.0], start, end])
        order = np.argsort(edges, kind="stable")
        edges = edges[order]
        flow = np.cumsum(np.concatenate([[0.0], rate, -rate])[order])
        litres = np.concatenate([[0.0], np.cumsum(flow[:-1] * np.diff(edges))])
        told = (ts - day.start_ms) / MINUTE_MS
        taken = np.interp(told, edges, litres)
        between = np.diff(taken, prepend=-pending)
        place = np.searchsorted(told, edges, side="left")
        peak = flow[np.searchsorted(edges, np.concatenate([[0.0], told[:-1]]), side="right") - 1]
        inside = place < len(ts)
        np.maximum.at(peak, place[inside], flow[inside])
        mean = np.clip(between * 60 / WATER_METER.period_s, 0, None)
        return _Drawn(mean, np.maximum(peak, mean), float(litres[-1] - taken[-1]))

    def _uses(self, day: Day, wear: Wear, chance: np.random.Generator) -> tuple[Floats, Floats, Floats]:
        """Start (minutes since midnight), length (minutes) and L/min of everything that takes water today."""
        starts, lengths, rates = [], [], []
        for use in USES:
            count = chance.poisson(MOST_USAGE * use.a_day * self._people.people)
            rank = MOST_USAGE * chance.random(count)
            hours = self._people.moments(day, wear, chance.random(count))
            litres = use.litres * np.exp(use.spread * chance.standard_normal(count))
            rate = use.rate * chance.uniform(0.8, 1.15, count)
            wanted = rank < wear.knob("usage", day.start_ms + (hours * HOUR_MS).astype(np.int64))
            starts.append(60 * hours[wanted])
            lengths.append((litres / rate)[wanted])
            rates.append(rate[wanted])
        return np.concatenate(starts), np.concatenate(lengths), np.concatenate(rates)

    def _pressure(self, hours: Floats, flow: Floats) -> Floats:
        """Bar at the meter: the street's, lower when everybody showers, less what the own flow takes."""
        street = 0.15 * np.exp(-0.5 * ((hours - 7.3) / 1.2) ** 2) + 0.12 * np.exp(-0.5 * ((hours - 19.5) / 2) ** 2)
        return np.clip(self._pipes.pressure - street - self._pipes.narrow * (flow / 10) ** 2, 0.4, None)

    def _temperature(self, start: float, flow: Floats, ts: Instants) -> Floats:
        ground = self._pipes.ground - 4.5 * np.cos(2 * np.pi * (ts / YEAR_MS - 0.15))
        aims, fast = (ground + 1.2).tolist(), (1 - np.exp(-flow * WATER_METER.period_s / 60 / 3.0)).tolist()
        temp, out = start, np.empty(len(flow))
        for tick, (aim, part) in enumerate(zip(aims, fast, strict=True)):
            temp += (aim - temp) * part + (self._pipes.cellar - temp) * 0.08 * (1 - part)
            out[tick] = temp
        return out

    def _report(self, true: Columns, chance: np.random.Generator) -> Columns:
        count = len(true["volume"])
        return {
            "volume": quantised(np.floor(true["volume"]), 1.0),
            "flow": quantised(true["flow"], 0.01),
            "flow_peak": quantised(true["flow_peak"] * (1 + 0.01 * chance.standard_normal(count)), 0.1),
            "pressure": np.clip(measured(true["pressure"], chance, 0.025, 0.01), 0, None),
            "water_temp": measured(true["water_temp"], chance, 0.05, 0.1),
            "night_flow": quantised(true["night_flow"], 0.1),
            "battery_voltage": measured(np.full(count, self._pipes.volts), chance, 0.003, 0.01),
        }


def _night_flow(hours: Floats, flow: Floats, before: float) -> Floats:
    """L/h: the least mean over an hour of the night, known from its end on; until then that of the night `before`."""
    nightly = flow[(hours >= NIGHT[0]) & (hours < NIGHT[1])]
    if len(nightly) < HOUR_TICKS:
        return np.full(len(flow), before)
    summed = np.concatenate([[0.0], np.cumsum(nightly)])
    least = 60 * float(np.min(summed[HOUR_TICKS:] - summed[:-HOUR_TICKS])) / HOUR_TICKS
    return np.where(hours >= NIGHT[1], max(0.0, least), before)
