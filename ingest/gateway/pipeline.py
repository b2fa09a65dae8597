"""The gateway's loop: take messages, validate, append to the log, then acknowledge; a heartbeat when all is quiet."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from ingest import metrics
from ingest.errors import LogFull
from ingest.gateway.packets import Packets
from ingest.gateway.validate import Validator
from ingest.log.frames import encode
from ingest.log.protocol import PartitionLog
from ingest.reading import Frame, ReadingBatch
from kit.clock import Clock

BATCH_MESSAGES = 2_000  # more makes latency and frames large, fewer makes the log's sync the limit
BATCH_BYTES = 4_000_000
HEARTBEAT_S = 5.0  # as the setting's default
WAIT_S = 0.1  # how soon a stop is noticed


class Source(Protocol):
    """Where messages come from; `ingest.gateway.mqtt.Connection` is the one in use."""

    def take(self, most: int, most_bytes: int, wait_s: float) -> Packets: ...
    def acknowledge(self, packets: Packets) -> None: ...
    def idle(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is on its way into the log; kept until it is there."""

    packets: Packets | None
    entries: list[tuple[int, bytes, str]]


class Pipeline:
    """Moves messages from `source` to `log`. One thread calls `step`, again after every error."""

    def __init__(
        self,
        source: Source,
        validator: Validator,
        log: PartitionLog,
        clock: Clock,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._heartbeat_s = heartbeat_s
        self._source = source
        self._validator = validator
        self._log = log
        self._clock = clock
        self._boot = uuid.uuid4().hex[:12]
        self._count = itertools.count()
        self._received_ms = 0
        self._taken: Packets | None = None
        self._in_hand: _Batch | None = None
        self._next_heartbeat = time.monotonic()

    def step(self) -> bool:
        """One batch from the broker into the log, or a heartbeat. True: call again at once.

        Raises LogFull or LogUnavailable; what was taken stays in hand unacknowledged and is tried first next time.
        """
        if self._in_hand is None:
            self._in_hand = self._next_batch()
        if self._in_hand is not None:
            self._store(self._in_hand)
            self._in_hand = None
        return True

    def _next_batch(self) -> _Batch | None:
        if self._taken is None:
            if time.monotonic() >= self._next_heartbeat and self._source.idle():
                beat = Frame(self._now(), ReadingBatch.empty())
                return _Batch(None, self._entries(dict.fromkeys(range(self._log.partitions), beat)))
            packets = self._source.take(BATCH_MESSAGES, BATCH_BYTES, WAIT_S)
            if not len(packets):
                return None
            self._taken = packets
        started = time.perf_counter()
        frames = self._validator.frames(self._taken, self._now())
        batch = _Batch(self._taken, self._entries(frames))
        self._taken = None
        _measure(len(batch.packets or ()), frames.values())
        metrics.batch_seconds.observe(time.perf_counter() - started)
        return batch

    def _store(self, batch: _Batch) -> None:
        try:
            self._log.append_many(batch.entries)
        except LogFull:
            metrics.log_full.set(1)
            raise
        metrics.log_full.set(0)
        if batch.packets is not None:
            self._source.acknowledge(batch.packets)
        else:
            self._next_heartbeat = time.monotonic() + self._heartbeat_s

    def _entries(self, frames: dict[int, Frame]) -> list[tuple[int, bytes, str]]:
        number = next(self._count)
        return [(at, encode(frame), f"{self._boot}-{number}") for at, frame in frames.items()]

    def _now(self) -> int:
        """The receive time; it never goes back, even if the machine's clock does."""
        self._received_ms = max(self._received_ms, self._clock.now_ms())
        return self._received_ms


def _measure(messages: int, frames: Iterable[Frame]) -> None:
    metrics.messages_received.inc(messages)
    for frame in frames:
        metrics.readings_accepted.inc(len(frame.readings))
        for refusal in frame.refusals:
            metrics.readings_refused.labels(refusal.reason).inc(refusal.count)
