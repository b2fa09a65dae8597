"""What a fleet sends, a day at a time, made here or in a second process that runs ahead.

Which days were lived when a repair was ordered decides when it can begin. So days are asked for in one fixed order,
two ahead of the one at work, and both ways give the same bytes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from operator import attrgetter
from typing import Protocol, cast

import numpy as np

from device_sim.models.machine import Instants
from device_sim.payload import Packet, sent
from device_sim.scenarios.scenario import Scenario
from device_sim.scorecard.run.cost import peak_mb
from ingest.gateway.packets import Packets
from ingest.wire import topics
from kit.errors import ForewarnError, ServiceError

AHEAD = 2  # days; fewer lets the main process wait, more takes memory and delays repairs


@dataclass(frozen=True, slots=True)
class Mend:
    """A repair: every occurrence of `fault` on the device ends at `at_ms`."""

    device: str
    fault: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Order:
    """A day to be lived: what is measured in [start, end), after these repairs."""

    start_ms: int
    end_ms: int
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What reaches the broker in one day, by arrival `at_ms`.

    `mends` are the repairs that were ordered with it, each with the instant from which it holds. `counts` is what the
    network did so far, `peak_mb` the memory of the process that made it where that is another.
    """

    at_ms: Instants
    packets: Packets
    mends: tuple[Mend, ...]
    counts: dict[str, int]
    peak_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why the other process cannot make days: an error's words, because not every error travels."""

    problem: str
    fix: str


class Source(Protocol):
    """Makes the days that are ordered, and hands them over in that order."""

    def order(self, order: Order) -> None: ...
    def next(self) -> Delivery: ...
    def close(self) -> None: ...


class Maker:
    """Lives the devices of a scenario; `make` is called for one day after the other."""

    def __init__(self, scenario: Scenario, tenant: str) -> None:
        self._tenant = tenant
        self._streams = {stream.spec.id: stream for stream in scenario.streams()}
        self._lines = scenario.lines()
        self._under_way: list[Packet] = []

    def make(self, order: Order) -> Delivery:
        """The day's packets; those that arrive later come with a later day."""
        mends = tuple(self._mended(mend) for mend in order.mends)
        packets = self._under_way
        for name, stream in self._streams.items():
            packets += sent(stream, self._lines[name], order.start_ms, order.end_ms)
        packets.sort(key=attrgetter("at_ms"))
        at_ms = np.array([packet.at_ms for packet in packets], np.int64)
        due = int(np.searchsorted(at_ms, order.end_ms))
        self._under_way = packets[due:]
        return Delivery(at_ms[:due], on_wire(self._tenant, packets[:due]), mends, self._counts())

    def _mended(self, mend: Mend) -> Mend:
        """The repair as it can be: what was lived already cannot be mended."""
        stream = self._streams[mend.device]
        at_ms = max(mend.at_ms, stream.lived_until_ms)
        stream.mend(mend.fault, at_ms)
        return Mend(mend.device, mend.fault, at_ms)

    def _counts(self) -> dict[str, int]:
        total: Counter[str] = Counter()
        for line in self._lines.values():
            total.update(asdict(line.counts))
        return dict(total)


class Here:
    """Makes days in this process, when they are ordered."""

    def __init__(self, scenario: Scenario, tenant: str) -> None:
        self._maker = Maker(scenario, tenant)
        self._made: deque[Delivery] = deque()

    def order(self, order: Order) -> None:
        self._made.append(self._maker.make(order))

    def next(self) -> Delivery:
        return self._made.popleft()

    def close(self) -> None:
        """There is nothing to give back."""


class Beside:
    """Makes days in a second process, which ends with this one."""

    def __init__(self, scenario: Scenario, tenant: str) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._end, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, scenario, tenant), daemon=True)
        self._process.start()
        theirs.close()

    def order(self, order: Order) -> None:
        with contextlib.suppress(ConnectionError):  # `next` says why it ended
            self._end.send(order)

    def next(self) -> Delivery:
        """The next day. Raises ServiceError when the other process could not make it."""
        try:
            made = self._end.recv()
        except (EOFError, ConnectionError):
            raise ServiceError(
                "The process that makes the fleet's days has ended.", "See its error above, or use one process."
            ) from None
        if isinstance(made, _Failed):
            raise ServiceError(made.problem, made.fix)
        return cast("Delivery", made)

    def close(self) -> None:
        self._end.close()
        self._process.terminate()
        self._process.join()


def source_of(scenario: Scenario, tenant: str, processes: int) -> Source:
    """Where the days of the scenario come from."""
    return Beside(scenario, tenant) if processes > 1 else Here(scenario, tenant)


def on_wire(tenant: str, packets: Sequence[Packet]) -> Packets:
    """Packets as the gateway has them from its socket."""
    known: dict[tuple[str, str], bytes] = {}
    pairs = []
    for packet in packets:
        key = (packet.device, packet.channel)
        topic = known.get(key)
        if topic is None:
            topic = known[key] = f"{topics.PREFIX}/{tenant}/{packet.device}/{packet.channel}".encode()
        pairs.append((topic, packet.payload))
    return Packets.of(pairs)


def _serve(end: Connection, scenario: Scenario, tenant: str) -> None:
    """The second process: one delivery for each order, until nobody orders any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the first process, which ends this one
    with contextlib.suppress(EOFError, ConnectionError):
        try:
            maker = Maker(scenario, tenant)
            while True:
                made = maker.make(end.recv())
                end.send(replace(made, peak_mb=peak_mb()))
        except ForewarnError as error:
            end.send(_Failed(error.problem, error.fix))
