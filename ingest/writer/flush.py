"""One flush: read the log, write the store, then move ledger, quarantine and offsets in one transaction.

The store comes first and its writes can be repeated, so a crash in between loses nothing: the same frames are read
and written again. The transaction is fenced by the writer's lease and by the offsets themselves.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest import ledger, metrics, offsets, quarantine
from ingest.errors import FrameCorrupt
from ingest.ledger import NO_DEVICE
from ingest.log.frames import decode
from ingest.log.protocol import PartitionLog
from ingest.offsets import Position
from ingest.reading import Frame, device_no
from ingest.registry.devices import by_numbers
from ingest.store.protocol import TelemetryStore, keep
from ingest.writer import account, seen
from ingest.writer.account import Taken
from kit import leases
from kit.db import transaction
from kit.leases import Lease
from kit.logs import get

READER = "writer"
READ_ITEMS = 256  # entries a read; fewer makes many queries while catching up, more holds more memory at once

_log = get("writer")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one flush takes, and how much the quarantine keeps."""

    readings: int
    quarantine: quarantine.Bounds


class Flusher:
    """Takes frames from the log into the store. One thread calls `flush`, again after every error."""

    def __init__(self, engine: Engine, log: PartitionLog, store: TelemetryStore, tenant: str, bounds: Bounds) -> None:
        self._engine = engine
        self._log = log
        self._store = store
        self._tenant = tenant
        self._bounds = bounds
        self._positions: list[Position] | None = None
        self._newest: dict[int, int] = {}
        self._names: dict[int, str] = {}

    def flush(self, lease: Lease) -> int:
        """Take over what the log holds, up to the bound; how many readings that were.

        Raises StoreError, LogUnavailable, LeaseLost, OffsetMoved or SQLAlchemyError; nothing is booked then, and the
        same entries are taken again next time.
        """
        started = time.perf_counter()
        try:
            old = self._load_positions()
            frames, new = self._read(old)
            if new == old:
                return 0
            self._take(lease, frames, old, new)
        except BaseException:
            self._positions = None  # what is in the database counts
            self._newest.clear()
            raise
        self._positions = new
        metrics.flush_seconds.observe(time.perf_counter() - started)
        return sum(len(frame.readings) for frame in frames)

    def _take(self, lease: Lease, frames: list[Frame], old: list[Position], new: list[Position]) -> None:
        taken = Taken.of(frames)
        self._load_devices(set(np.unique(device_no(taken.batch.series)).tolist()))
        fresh = keep(self._store, taken.batch) if len(taken.batch) else np.zeros(0, np.bool_)
        lateness = account.lateness(taken, self._newest)
        entries = account.entries(taken, fresh, lateness.late, frames, self._name)
        refused = [(frame.received_ms, refusal) for frame in frames for refusal in frame.refusals]
        with transaction(self._engine) as session:
            leases.fence(session, lease)
            for partition, (before, after) in enumerate(zip(old, new, strict=True)):
                if before != after:
                    offsets.advance(session, READER, partition, before, after)
            ledger.book(session, self._tenant, entries)
            quarantine.keep(session, self._tenant, refused, self._bounds.quarantine)
            seen.heard(session, lateness.newest, max((frame.received_ms for frame in frames), default=0))
        self._newest.update(lateness.newest)
        metrics.readings_stored.inc(int(fresh.sum()))

    def _load_positions(self) -> list[Position]:
        if self._positions is None:
            with transaction(self._engine) as session:
                self._positions = offsets.positions(session, READER, self._log.partitions)
        return self._positions

    def _read(self, old: list[Position]) -> tuple[list[Frame], list[Position]]:
        """Frames after `old`, one frame over the bound at most, and where the reader then stands."""
        frames: list[Frame] = []
        new = list(old)
        room = self._bounds.readings
        more = set(range(self._log.partitions))
        while more and room > 0:
            for partition in sorted(more):
                rows = self._log.read(partition, new[partition].offset, READ_ITEMS)
                if len(rows) < READ_ITEMS:
                    more.discard(partition)
                for offset, data in rows:
                    if room <= 0:
                        break
                    frame = _decoded(partition, offset, data)
                    new[partition] = Position(offset, frame.received_ms if frame else new[partition].received_ms)
                    if frame:
                        frames.append(frame)
                        room -= len(frame.readings)
        return frames, new

    def _load_devices(self, numbers: Iterable[int]) -> None:
        unknown = [number for number in numbers if number not in self._names or number not in self._newest]
        if not unknown:
            return
        with transaction(self._engine) as session:
            self._names |= {number: device.identifier for number, device in by_numbers(session, unknown).items()}
            self._newest |= dict.fromkeys(unknown, 0) | seen.newest(session, unknown)

    def _name(self, number: int) -> str:
        return self._names.get(number, NO_DEVICE)


def _decoded(partition: int, offset: int, data: bytes) -> Frame | None:
    """The frame, or None for a damaged one: it is logged, counted and passed over."""
    try:
        return decode(data)
    except FrameCorrupt as error:
        metrics.frames_damaged.inc()
        _log.error("a log entry is damaged and skipped", partition=partition, offset=offset, reason=error.problem)
        return None


def lag_ms(session: Session, log: PartitionLog, now_ms: int) -> int:
    """How long the oldest entry that the writer has not booked yet has been waiting; 0 when it has booked all."""
    waiting = [0]
    for partition, position in enumerate(offsets.positions(session, READER, log.partitions)):
        for _offset, data in log.read(partition, position.offset, 1):
            try:
                waiting.append(now_ms - decode(data).received_ms)
            except FrameCorrupt:
                continue
    return max(waiting)
