"""A fleet at work: sends windows of its life as MQTT messages, first the past as fast as it may, then the present."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from device_sim.config import Config
from device_sim.credentials import Credential
from device_sim.errors import DeliveryIncomplete
from device_sim.links import Links
from device_sim.models.machine import HOUR_MS
from device_sim.network import Counts
from device_sim.payload import Packet, packets, sent
from device_sim.scenarios.scenario import Scenario
from device_sim.stream import DeviceStream, life, stream_of
from kit.clock import Clock
from kit.settings import Broker, Core, Settings
from kit.supervise import Stop

HISTORICAL_AFTER_MS = 120_000  # older than this was kept by the device, so it says so
BEAT_S = 1.0  # how often the present is looked at


@dataclass(slots=True)
class Sent:
    """What the fleet handed over so far; `until_ms` is acknowledged up to there."""

    until_ms: int
    messages: int = 0
    readings: int = 0


@dataclass(frozen=True, slots=True)
class Pace:
    """How history is cut and how fast it goes: `speed` times real time, None for as fast as it is acknowledged.

    `rows_each` rows of history travel in one message; None: devices report as is their habit, over their lines.
    """

    rows_each: int | None
    chunk_ms: int
    ack_timeout_s: float
    speed: float | None = None


class Fleet:
    """Every device of a scenario over its connections; `checkpoints` continue lives that were begun before.

    `until_ms` of what was `sent` moves only when everything before it is acknowledged.
    """

    def __init__(
        self,
        scenario: Scenario,
        links: Links,
        *,
        pace: Pace,
        clock: Clock,
        sent_ms: int,
        checkpoints: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        birth, kept = scenario.birth, checkpoints or {}
        self._streams: Sequence[DeviceStream] = [
            stream_of(spec, birth.seed, birth.start_ms, scenario.truth, kept.get(spec.id)) for spec in scenario.devices
        ]
        self._types = {spec.id: spec.type for spec in scenario.devices}
        self._lines = scenario.lines()
        self._underway: list[tuple[int, int, Packet]] = []
        self._number = 0
        self._links, self._pace, self._clock = links, pace, clock
        self.sent = Sent(sent_ms)
        self.generation_s = 0.0

    @property
    def underway(self) -> int:
        """Packets whose arrival lies ahead."""
        return len(self._underway)

    def network(self) -> Counts:
        """What the lines did so far."""
        total = Counts()
        for line in self._lines.values():
            total.add(line.counts)
        return total

    def checkpoints(self) -> dict[str, dict[str, Any]]:
        """Where each life stands, for `FleetState`."""
        return {stream.spec.id: stream.checkpoint() for stream in self._streams}

    def catch_up(self, stop: Stop, on_progress: Callable[[Sent], None]) -> bool:
        """Send the past in chunks, devices interleaved by event time; True once the present is reached.

        `on_progress` is called when the broker has acknowledged a chunk. Raises DeliveryIncomplete.
        """
        began, first_ms = time.monotonic(), self.sent.until_ms
        while not stop.is_set():
            now = self._clock.now_ms()
            if self.sent.until_ms >= now - HISTORICAL_AFTER_MS:
                return True
            end = min(self.sent.until_ms + self._step_ms(), now)
            if self._pace.speed and stop.wait((end - first_ms) / 1000 / self._pace.speed + began - time.monotonic()):
                return False
            if self.send(end, stop, self._pace.rows_each):
                on_progress(self.sent)
        return False

    def live(self, stop: Stop, on_progress: Callable[[Sent], None], until_ms: int | None = None) -> None:
        """Send the present as it comes, until `stop` or `until_ms`. Raises DeliveryIncomplete."""
        while not stop.wait(BEAT_S):
            now = self._clock.now_ms()
            if self.send(now, stop, None):
                on_progress(self.sent)
            if until_ms is not None and now >= until_ms:
                return

    def send(self, end_ms: int, stop: Stop, rows_each: int | None) -> bool:
        """Send everything before `end_ms` that is not sent yet and wait until the broker acknowledged it.

        False when `stop` came first. Then, and when it raises DeliveryIncomplete, nothing of this window counts as
        sent, and another fleet may go on from `until_ms`; to send twice is harmless.
        """
        began = time.process_time()
        ready = self._lived(end_ms) if rows_each is None else self._bulk(end_ms, rows_each)
        self.generation_s += time.process_time() - began
        timeout = self._pace.ack_timeout_s
        for packet in ready:
            if stop.is_set():
                return False
            self._links.publish(packet.device, packet.channel, packet.payload, packet.readings, timeout)
        self._links.drain(timeout)
        if (delivered := self._links.delivered).refused:
            raise DeliveryIncomplete(delivered.refused, f"the broker refused them ({delivered.reason})")
        self.sent.until_ms = end_ms
        self.sent.messages += len(ready)
        self.sent.readings += sum(packet.readings for packet in ready)
        return True

    def _bulk(self, end_ms: int, rows_each: int) -> list[Packet]:
        """History in large messages over a perfect line, by the time of their first rows."""
        old = self._clock.now_ms() - HISTORICAL_AFTER_MS
        ready = [
            packet
            for device, rows in life(self._streams, self.sent.until_ms, end_ms)
            for packet in packets(device, self._types[device], rows, rows_each, old)
        ]
        return sorted(ready, key=attrgetter("at_ms"))

    def _lived(self, end_ms: int) -> list[Packet]:
        """What reaches the broker before `end_ms`, in that order; what comes later stays under way."""
        old = self._clock.now_ms() - HISTORICAL_AFTER_MS
        for stream in self._streams:
            for packet in sent(stream, self._lines[stream.spec.id], self.sent.until_ms, end_ms, old):
                self._number += 1
                heapq.heappush(self._underway, (packet.at_ms, self._number, packet))
        ready = []
        while self._underway and self._underway[0][0] < end_ms:
            ready.append(heapq.heappop(self._underway)[2])
        return ready

    def _step_ms(self) -> int:
        """History goes in chunks; at a given speed in steps of about a second, so that it flows."""
        if self._pace.speed is None:
            return self._pace.chunk_ms
        return max(1000, min(self._pace.chunk_ms, round(1000 * self._pace.speed)))


def bulk(config: Config) -> Pace:
    """The pace of the demonstration: its history in large messages, as fast as it is acknowledged."""
    return Pace(config.rows_per_message, round(config.chunk_hours * HOUR_MS), config.ack_timeout_s)


def lifelike(config: Config, speed: float | None) -> Pace:
    """Devices report as is their habit, at `speed` times real time or as fast as it is acknowledged."""
    return Pace(None, round(config.chunk_hours * HOUR_MS), config.ack_timeout_s, speed)


def connect(
    settings: Settings,
    scenario: Scenario,
    stop: Stop,
    *,
    each: bool | None = None,
    credentials: Mapping[str, Credential] | None = None,
) -> Links:
    """The connections of a scenario's devices, as the settings want them unless `each` says so. Raises as `Links`."""
    config = settings.of(Config)
    return Links(
        settings.of(Broker),
        settings.of(Core).tenant,
        [spec.id for spec in scenario.devices],
        each=config.connection_per_device if each is None else each,
        window=config.in_flight,
        credentials=credentials,
        stop=stop,
    )
