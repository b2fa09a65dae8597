"""A home hub: phones that come and go with their people, a line to the provider, memory, and a restart now and then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from device_sim.models.chance import number, smooth_noise
from device_sim.models.household import KNOBS, Household
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
from ingest.wire.device_types.hub import HUB

FIBRE, CELLULAR = range(2)
FULL = 96.0  # % of memory at which the watchdog restarts it
RESTARTS = 0.025  # a day: a power cut, an update, somebody who pulls the plug
LEAK_PER_H = 7.0  # % of memory that a bad firmware loses in an hour


@dataclass(frozen=True, slots=True)
class _Build:
    """The hub as it stands there: what is connected, its line (dBm, ms), its memory in use after a restart (%)."""

    fixed: int
    uplink: int
    rssi: float
    rssi_elsewhere: float
    latency: float
    memory: float
    board: float
    board_elsewhere: float
    air: int
    phase_s: int

    @staticmethod
    def of(identity: Identity) -> _Build:
        chance = identity.chance("build")
        uplink = int(chance.random() < 0.3)
        low, high = ((-22.0, -14.0), (-96.0, -78.0))[uplink]
        rssi, moved = chance.uniform(low, high), chance.uniform(-9.0, 9.0)
        board = chance.uniform(36, 46)
        return _Build(
            fixed=int(chance.integers(4, 15)),
            uplink=uplink,
            rssi=rssi,
            rssi_elsewhere=rssi + moved * uplink,  # a fibre is as bright in every corner
            latency=chance.uniform(8, 16) + 24.0 * uplink,
            memory=chance.uniform(34, 52),
            board=board,
            board_elsewhere=board + float(chance.choice([-1.0, 1.0])) * chance.uniform(2.5, 6.0),
            air=number(identity.seed, identity.device, "line"),
            phase_s=int(chance.integers(5, 296)),
        )


class Hub:
    """The hub and the home around it."""

    signals: ClassVar[tuple[str, ...]] = tuple(signal.name for signal in HUB.signals)
    knobs: ClassVar[Mapping[str, str]] = {
        **KNOBS,
        "firmware": "1 a sound firmware; towards 0 it loses memory until the watchdog restarts the hub",
        "line": "the quality of the uplink; towards 0 it gets weak, slow and loses packets",
        "place": "1 where the hub was put first, 0 elsewhere in the home",
    }

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._people = Household.of(identity)
        self._build = _Build.of(identity)

    def first_state(self) -> State:
        """Up for some days, restarted a few times in its life."""
        chance = self._identity.chance("past")
        return {"uptime": 3600.0 * chance.uniform(30, 900), "restarts": float(chance.integers(3, 40)), "lost": 0.0}

    def day(self, day: Day, state: State, wear: Wear) -> tuple[Rows, State]:
        """Serve the home for one day."""
        chance = self._identity.chance("life", day)
        ts = ticks(day, HUB.period_s, chance, self._build.phase_s)
        pulled = (chance.random(len(ts)) < RESTARTS / len(ts)).tolist()
        boots = chance.uniform(40, 220, len(ts)).tolist()
        bad = (1.0 - wear.knob("firmware", ts)).tolist()
        up, restarts, lost = state["uptime"], state["restarts"], state["lost"]
        seen = np.empty((3, len(ts)))
        for tick, (plug, boot, ill) in enumerate(zip(pulled, boots, bad, strict=True)):
            up += HUB.period_s
            lost += LEAK_PER_H * ill * HUB.period_s / 3600
            updated = lost > 0 and not ill
            if plug or updated or self._build.memory + lost > FULL:
                up, restarts, lost = boot, restarts + 1, 0.0
            seen[:, tick] = up, restarts, lost
        columns = self._report(day, ts, seen, wear, chance)
        return Rows(ts, columns), {"uptime": up, "restarts": restarts, "lost": lost}

    def _report(self, day: Day, ts: Instants, seen: Floats, wear: Wear, chance: np.random.Generator) -> Columns:
        build, hours = self._build, day.hour(ts)
        up, restarts, lost = seen
        place = wear.knob("place", ts)
        home = self._people.at_home(day, hours, wear) * wear.knob("usage", ts)
        busy = home * self._people.awake(day, hours, wear)
        memory = build.memory + lost + 5 * busy + 1.5 * smooth_noise(build.air + 1, ts, 9 * HOUR_MS)
        board = build.board * place + build.board_elsewhere * (1 - place)
        choked = np.clip((memory - 78) / 18, 0, 1)
        cpu = 7 + 11 * np.clip(busy, 0, 3) * chance.gamma(3.0, 1 / 3, len(ts)) + 45 * choked + 25 * (up < 300)
        rssi, latency, loss = self._line(day, ts, choked, wear, chance)
        return {
            "children_online": self._children(home, up, chance),
            "rssi": np.clip(measured(rssi, chance, 0.15 + 1.2 * build.uplink, 0.1), -125, 0),
            "uptime": quantised(up, 1.0),
            "latency": np.clip(quantised(latency, 0.1), 1, 5000),
            "packet_loss": np.clip(quantised(loss, 0.1), 0, 100),
            "restarts": restarts.copy(),
            "cpu_load": np.clip(quantised(cpu, 1.0), 1, 100),
            "memory_used": np.clip(measured(memory, chance, 0.4, 0.1), 5, 100),
            "board_temp": measured(board + 0.13 * cpu, chance, 0.25, 0.1),
            "uplink": np.full(len(ts), float(build.uplink)),
        }

    def _children(self, home: Floats, up: Floats, chance: np.random.Generator) -> Floats:
        """What is built in, less what just sleeps, and one and a half phones and tablets for each person."""
        count = len(up)
        asleep = chance.binomial(self._build.fixed, 0.04, count)
        phones = np.round(1.5 * self._people.people * np.clip(home, 0, 3) + 0.3 * chance.standard_normal(count))
        online = np.clip(self._build.fixed - asleep + phones, 0, 250)
        return np.where(up < 240, np.floor(0.6 * online), online)

    def _line(
        self, day: Day, ts: Instants, choked: Floats, wear: Wear, chance: np.random.Generator
    ) -> tuple[Floats, Floats, Floats]:
        """Strength (dBm), round trip (ms) and loss (%) of the uplink; everybody streams in the evening."""
        build, weak, place = self._build, 1.0 - wear.knob("line", ts), wear.knob("place", ts)
        evening = np.exp(-0.5 * ((day.hour(ts) - 20.5) / 1.7) ** 2)
        air = smooth_noise(build.air, ts, 7 * HOUR_MS)
        rssi = build.rssi * place + build.rssi_elsewhere * (1 - place) + (0.2 + 2.5 * build.uplink) * air - 11.0 * weak
        jitter = np.exp(0.13 * chance.standard_normal(len(ts)))
        spike = 30 * (chance.random(len(ts)) < 0.006) * chance.gamma(2.0, 1.0, len(ts))
        latency = build.latency * (1 + 0.25 * evening) * jitter * (1 + 4 * weak**2 + 6 * choked) + spike
        bursts = (chance.random(len(ts)) < 0.03 + 0.6 * weak) * chance.exponential(0.25, len(ts))
        return rssi, latency, bursts * (1 + 20 * weak) + 2 * choked
