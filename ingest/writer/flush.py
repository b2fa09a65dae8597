"""One flush: read the log, write the store, then move ledger, quarantine and offsets in one transaction.

First the flush writes down which readings the store takes as new, then it stores them, then it books them. A crash at
any point loses nothing and books nothing twice or wrongly: the same entries are read again, and what had been written
down says what was new. Each transaction is fenced by the writer's lease, the last one by the offsets themselves too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest import ledger, metrics, offsets, quarantine
from ingest.errors import FrameCorrupt
from ingest.log.frames import decode
from ingest.log.protocol import PartitionLog
from ingest.offsets import Position
from ingest.reading import ReadingBatch
from ingest.registry import clocks
from ingest.registry.devices import by_identifiers, by_numbers
from ingest.store.protocol import TelemetryStore
from ingest.wire.device_types import DEVICE_TYPES
from ingest.writer import account, clock, intent, seen, source
from ingest.writer.account import Account, Taken
from ingest.writer.clock import Judgement
from ingest.writer.fleet import Facts, Fleet
from ingest.writer.intent import Intent
from ingest.writer.seen import Seen
from ingest.writer.source import Stretch
from ingest.writer.sure import Sure
from kit import leases
from kit.db import transaction
from kit.leases import Lease
from kit.logs import get

READER = "writer"
LATENESS_S = 30  # the catalogue's usual bound

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
        self._declared: Intent | None = None
        self._sure = Sure(store.rewind_ms, log.partitions)
        self._fleet = Fleet(self._facts)
        self._registered: set[str] = set()

    def flush(self, lease: Lease) -> int:
        """Take over what the log holds, up to the bound; how many readings that were.

        Raises StoreError, LogUnavailable, LeaseLost, OffsetMoved or SQLAlchemyError; nothing is booked then, and the
        same entries are taken again next time.
        """
        started = time.perf_counter()
        try:
            old = self._resume()
            before = self._declared if self._declared and self._declared.starts_at(old) else None
            stretch = source.take(self._log, old, self._bounds.readings, before.new if before else None)
            if stretch.new == old:
                return 0
            taken = Taken.of(stretch.frames)
            fresh = self._keep(lease, taken.batch, old, stretch.new, before)
            self._book(lease, taken, fresh, stretch, old)
        except BaseException:
            self._positions = None  # what is in the database counts
            raise
        self._positions = stretch.new
        metrics.flush_seconds.observe(time.perf_counter() - started)
        metrics.readings_stored.inc(int(fresh.sum()))
        return len(taken.batch)

    def _resume(self) -> list[Position]:
        """Where the writer stands; after a start or an error as the database says."""
        if self._positions is None:
            with transaction(self._engine) as session:
                positions = offsets.positions(session, READER, self._log.partitions)
                self._declared = intent.load(session, READER)
                sure = self._sure.load(session, positions)
            source.restore(self._log, self._store, sure, positions, self._bounds.readings)
            self._positions = positions
        return self._positions

    def _keep(
        self, lease: Lease, batch: ReadingBatch, old: list[Position], new: list[Position], before: Intent | None
    ) -> NDArray[np.bool_]:
        """Store what is new of the batch; marks it, as the flush before did when that one died half way."""
        fresh = self._store.fresh(batch) if len(batch) else np.zeros(0, np.bool_)
        if before is not None and len(before.fresh) == len(batch):
            marked = before.fresh
        else:
            marked = fresh
            with transaction(self._engine) as session:
                leases.fence(session, lease)
                intent.declare(session, READER, Intent(_offsets(old), _offsets(new), fresh))
        if fresh.any():
            self._store.write(batch if fresh.all() else batch.take(fresh))
        return marked

    def _book(
        self, lease: Lease, taken: Taken, fresh: NDArray[np.bool_], stretch: Stretch, old: list[Position]
    ) -> None:
        self._look_up({r.device for frame in taken.frames for r in frame.refusals if r.reason not in account.NOBODYS})
        found = account.reckon(taken, fresh, self._fleet, self._registered, stretch.lost)
        received_ms = max((frame.received_ms for frame in taken.frames), default=0)
        judged = clock.judge(found, self._fleet, received_ms)
        refused = [(frame.received_ms, refusal) for frame in taken.frames for refusal in frame.refusals]
        try:
            with transaction(self._engine) as session:
                leases.fence(session, lease)
                for partition, (before, after) in enumerate(zip(old, stretch.new, strict=True)):
                    if before != after:
                        offsets.advance(session, READER, partition, before, after)
                self._sure.booked(session, stretch.new)
                ledger.book(session, self._tenant, found.entries)
                quarantine.keep(session, self._tenant, refused, self._bounds.quarantine)
                self._remember(session, found, judged, received_ms)
        except BaseException:
            self._fleet.forget()  # whether the commit went through, only the database knows
            raise
        self._fleet.memory = found.memory
        for slot, decision in judged.decisions.items():
            self._fleet.offsets[slot] = (decision, *self._fleet.offsets[slot])[: clocks.KEPT]
        if found.differing:
            metrics.readings_unaccounted.inc(found.differing)
            _log.error("the ledger does not balance", readings=found.differing, see="forewarn ledger --unbalanced")

    def _remember(self, session: Session, found: Account, judged: Judgement, received_ms: int) -> None:
        """Write down what was heard of each device, which of its gaps closed, and what its clock is worth."""
        fleet, memory = self._fleet, found.memory
        rows = [
            (fleet.numbers[slot], Seen(newest, received_ms, seq, judged.skew_ms.get(slot)))
            for slot, newest, seq in zip(
                found.spoke.tolist(),
                memory.newest_ms[found.spoke].tolist(),
                memory.newest_seq[found.spoke].tolist(),
                strict=True,
            )
            if fleet.names[slot]
        ]
        seen.heard(session, rows)
        for slot in np.flatnonzero(found.found.filled).tolist():
            ledger.fill_back(session, self._tenant, fleet.names[slot], int(found.found.filled[slot]))
        for slot, decision in judged.decisions.items():
            clocks.decide(session, fleet.numbers[slot], decision)
            metrics.clocks_decided.inc()
            _log.warning("a device's clock is off", device=fleet.names[slot], ahead_s=decision.offset_ms // 1000)

    def _facts(self, numbers: list[int]) -> Mapping[int, Facts]:
        with transaction(self._engine) as session:
            devices = by_numbers(session, numbers)
            heard = seen.of_devices(session, numbers)
            decided = clocks.of_devices(session, numbers)
        return {
            number: Facts(
                devices[number].identifier if number in devices else ledger.NO_DEVICE,
                _lateness_ms(devices[number].type if number in devices else ""),
                heard.get(number, Seen()),
                decided.get(number, ()),
            )
            for number in numbers
        }

    def _look_up(self, names: set[str]) -> None:
        unknown = names - self._registered
        if unknown:
            with transaction(self._engine) as session:
                found = by_identifiers(session, self._tenant, unknown)
            self._registered |= {device.identifier for device in found}


def _lateness_ms(type_name: str) -> int:
    """How far behind a device of this type may come; as most types for one whose plug-in is gone."""
    return 1000 * (DEVICE_TYPES.get(type_name).lateness_s if type_name in DEVICE_TYPES else LATENESS_S)


def _offsets(positions: list[Position]) -> tuple[int, ...]:
    return tuple(position.offset for position in positions)


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
