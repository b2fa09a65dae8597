"""Plays a recording to the broker as one device, at a pace relative to the recorded time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from device_sim.clients import Publisher
from device_sim.errors import DeliveryIncomplete, RecordingUnusable
from device_sim.fleet import HISTORICAL_AFTER_MS
from device_sim.payload import encode
from device_sim.replay.mapping import Base, Mapping
from device_sim.replay.reader import Reader, Tally
from device_sim.replay.recording import Recording
from ingest.wire.message import Message
from ingest.wire.topics import telemetry
from kit.clock import Clock, from_ms
from kit.supervise import Stop

DAY_MS = 86_400_000
FUTURE_MS = 60_000  # event times may run ahead of the clock by this much; the gateway refuses five minutes


@dataclass(frozen=True, slots=True)
class Options:
    """How to play.

    `speed` is relative to the recorded pace, None for as fast as the broker acknowledges; `start_ms` is the event time
    of the first row instead of the mapping's time base; `limit` is how many rows to play.
    """

    speed: float | None = None
    start_ms: int | None = None
    limit: int | None = None
    rows_each: int = 50
    ack_timeout_s: float = 60.0


class Player:
    """One recording on its way to one device's topic. Raises RecordingUnusable, InvalidIdentifier."""

    def __init__(
        self, recording: Recording, mapping: Mapping, tenant: str, device: str, options: Options, *, clock: Clock
    ) -> None:
        self._recording, self._mapping, self._options, self._clock = recording, mapping, options, clock
        self._topic = telemetry(tenant, device)
        self._device = device
        self._reader = Reader(recording, mapping, options.limit)
        self._first, self._last = self._reader.bounds()
        self._shift = self._shift_of(clock.now_ms())
        self.tally = Tally()
        self._sent_rows = self._sent_readings = self._sent_messages = 0

    @property
    def span_ms(self) -> int:
        """Recorded time from the first to the last row."""
        return self._last - self._first

    def play(self, publisher: Publisher, stop: Stop, on_progress: Callable[[int], None]) -> dict[str, Any]:
        """Send every row, wait for the broker, and return the account. `on_progress` gets the recorded time so far.

        Raises DeliveryIncomplete when the broker does not acknowledge, or refuses.
        """
        began, waiting = time.monotonic(), list[Message]()
        for ts, signals in self._reader.rows(self.tally):
            if waiting and (len(waiting) >= self._options.rows_each or self._due(ts, began) > 0):
                self._send(publisher, waiting)
                on_progress(ts - self._first)
            if stop.wait(self._due(ts, began)) if self._options.speed else stop.is_set():
                break
            if signals:
                event = ts + self._shift
                old = event < self._clock.now_ms() - HISTORICAL_AFTER_MS
                waiting.append(Message(ts=event, signals=signals, historical=old))
            else:
                self.tally.skipped_rows["no_value"] += 1
        if waiting:
            self._send(publisher, waiting)
        publisher.drain(self._options.ack_timeout_s)
        if publisher.delivered.refused:
            raise DeliveryIncomplete(
                publisher.delivered.refused, f"the broker refused them ({publisher.delivered.reason})"
            )
        on_progress(self.span_ms)
        return self._account(publisher, time.monotonic() - began, stop)

    def _due(self, ts: int, began: float) -> float:
        """Seconds until the row's turn, never negative."""
        if self._options.speed is None:
            return 0.0
        return max(0.0, (ts - self._first) / 1000 / self._options.speed + began - time.monotonic())

    def _send(self, publisher: Publisher, waiting: list[Message]) -> None:
        readings = sum(len(message.signals) for message in waiting)
        publisher.publish(self._topic, encode(waiting), readings, self._options.ack_timeout_s)
        self._sent_rows += len(waiting)
        self._sent_readings += readings
        self._sent_messages += 1
        waiting.clear()

    def _shift_of(self, now_ms: int) -> int:
        """Milliseconds to add to recorded times. Raises RecordingUnusable when rows would come from the future."""
        base = self._mapping.time.base
        if self._options.start_ms is not None:
            shift = self._options.start_ms - self._first
        elif base is Base.ORIGINAL:
            shift = 0
        elif base is Base.WHOLE_DAYS:
            shift = (now_ms - self._last) // DAY_MS * DAY_MS
        else:
            shift = now_ms - (self._last if base is Base.END_AT_NOW else self._first)
        takes = self.span_ms / self._options.speed if self._options.speed else 0.0
        if self._last + shift > now_ms + takes + FUTURE_MS:
            raise RecordingUnusable(
                self._recording.path,
                f"its last row would lie in the future, at {from_ms(self._last + shift):%Y-%m-%d %H:%M} UTC.",
                "Give an earlier --start, a lower --speed (1 for real time), or another [time] base in the mapping.",
            )
        return shift

    def _account(self, publisher: Publisher, seconds: float, stop: Stop) -> dict[str, Any]:
        return {
            "recording": str(self._recording.path),
            "mapping": self._mapping.name,
            "device": self._device,
            "device_type": self._mapping.device_type,
            "first_event": from_ms(self._first + self._shift).isoformat(),
            "last_event": from_ms(self._last + self._shift).isoformat(),
            "rows": self.tally.rows,
            "rows_sent": self._sent_rows,
            "messages_sent": self._sent_messages,
            "messages_acknowledged": publisher.delivered.messages,
            "readings_sent": self._sent_readings,
            "readings_acknowledged": publisher.delivered.readings,
            "skipped_rows": dict(self.tally.skipped_rows),
            "skipped_cells": dict(self.tally.skipped_cells),
            "damage": self._recording.damage,
            "interrupted": stop.is_set(),
            "seconds": round(seconds, 2),
        }
