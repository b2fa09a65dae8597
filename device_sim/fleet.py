"""A fleet at work: sends windows of its life as MQTT messages, first the past as fast as it may, then the present."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from device_sim.config import Config
from device_sim.errors import DeliveryIncomplete
from device_sim.models.machine import HOUR_MS
from device_sim.payload import packets
from device_sim.scenarios.scenario import Scenario
from device_sim.stream import DeviceStream, life
from device_sim.transport import Links
from ingest.wire.topics import telemetry
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
    """How history is cut and how fast it goes: `speed` times real time, None for as fast as it is acknowledged."""

    rows_each: int
    chunk_ms: int
    ack_timeout_s: float
    speed: float | None = None


class Fleet:
    """Every device of a scenario over its connections; `checkpoints` continue lives that were begun before."""

    def __init__(
        self,
        scenario: Scenario,
        links: Links,
        tenant: str,
        *,
        pace: Pace,
        clock: Clock,
        sent_ms: int,
        checkpoints: dict[str, dict[str, Any]] | None = None,
    ) -> None:
        birth, kept = scenario.birth, checkpoints or {}
        self._streams: Sequence[DeviceStream] = [
            DeviceStream(spec, birth.seed, birth.start_ms, scenario.truth, kept.get(spec.id))
            for spec in scenario.devices
        ]
        self._types = {spec.id: spec.type for spec in scenario.devices}
        self._links, self._tenant, self._pace, self._clock = links, tenant, pace, clock
        self.sent = Sent(sent_ms)

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
            self.send(end)
            on_progress(self.sent)
        return False

    def live(self, stop: Stop, on_progress: Callable[[Sent], None], until_ms: int | None = None) -> None:
        """Send the present as it comes, until `stop` or `until_ms`. Raises DeliveryIncomplete."""
        while not stop.wait(BEAT_S):
            now = self._clock.now_ms()
            self.send(now, rows_each=1)
            on_progress(self.sent)
            if until_ms is not None and now >= until_ms:
                return

    def send(self, end_ms: int, rows_each: int | None = None) -> None:
        """Send everything before `end_ms` that is not sent yet and wait until the broker acknowledged it.

        Raises DeliveryIncomplete; then nothing of this window counts as sent, and a repeat is harmless.
        """
        start, each = self.sent.until_ms, rows_each or self._pace.rows_each
        old = self._clock.now_ms() - HISTORICAL_AFTER_MS
        ready = [
            packet
            for device, rows in life(self._streams, start, end_ms)
            for packet in packets(device, self._types[device], rows, each, old)
        ]
        timeout = self._pace.ack_timeout_s
        for packet in sorted(ready, key=lambda packet: packet.at_ms):
            topic = telemetry(self._tenant, packet.device)
            self._links.of(packet.device).publish(topic, packet.payload, packet.readings, timeout)
        self._links.drain(timeout)
        if (delivered := self._links.delivered()).refused:
            raise DeliveryIncomplete(delivered.refused, f"the broker refused them ({delivered.reason})")
        self.sent.until_ms = end_ms
        self.sent.messages += len(ready)
        self.sent.readings += sum(packet.readings for packet in ready)

    def _step_ms(self) -> int:
        """History goes in chunks; at a given speed in steps of about a second, so that it flows."""
        if self._pace.speed is None:
            return self._pace.chunk_ms
        return max(1000, min(self._pace.chunk_ms, round(1000 * self._pace.speed)))


def pace_of(config: Config, speed: float | None = None) -> Pace:
    """The pace of the settings, at `speed` times real time or as fast as it may."""
    return Pace(config.rows_per_message, round(config.chunk_hours * HOUR_MS), config.ack_timeout_s, speed)


def connect(settings: Settings, scenario: Scenario, stop: Stop) -> Links:
    """The connections of a scenario's devices as the settings want them. Raises BrokerUnreachable."""
    config = settings.of(Config)
    return Links(
        settings.of(Broker),
        settings.of(Core).tenant,
        [spec.id for spec in scenario.devices],
        each=config.connection_per_device,
        window=config.in_flight,
        stop=stop,
    )
