"""Trimming the log: what every reader has taken over goes when it is old enough, or at once when room is short."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ingest import metrics, offsets
from ingest.log.frames import claimed
from ingest.log.protocol import PartitionLog
from ingest.offsets import Position
from ingest.tables import LogOffsetRow
from kit.clock import Clock
from kit.db import transaction
from kit.logs import get

CHUNK = 16  # entries a trim; more keeps appends waiting, fewer makes many transactions
PRESSED = 0.8  # of the bound: above it, entries that all have read go whatever their age; higher leaves no room for
# a burst, lower keeps less to learn anew from

_log = get("log.trim")


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long entries that every reader has taken over are kept, and the log's bound in bytes."""

    keep_ms: int
    bound_bytes: int


class Trimmer:
    """Trims and measures the log; `step` is for `kit.supervise`."""

    def __init__(self, engine: Engine, log: PartitionLog, keeping: Keeping, clock: Clock) -> None:
        self._engine = engine
        self._log = log
        self._keeping = keeping
        self._clock = clock

    def step(self) -> bool:
        """Drop what may go; False: the next look can wait. Raises LogUnavailable or SQLAlchemyError."""
        with transaction(self._engine) as session:
            slowest = taken_by_all(session, self._log.partitions)
        now_ms = self._clock.now_ms()
        self._measure(now_ms)
        dropped = sum(self._trim(n, position, now_ms) for n, position in enumerate(slowest))
        if dropped:
            metrics.entries_trimmed.inc(dropped)
            _log.debug("log trimmed", entries=dropped, bytes=self._log.size_bytes())
        return False

    def _trim(self, partition: int, taken: Position, now_ms: int) -> int:
        """Drop this partition's entries, the oldest first, while they may go; how many went."""
        first = self._log.bounds(partition)[0]
        old = first_since(self._log, partition, taken.offset, now_ms - self._keeping.keep_ms) - 1
        dropped = 0
        while first <= taken.offset and (first <= old or self._pressed()):
            through = min(first + CHUNK - 1, taken.offset, old if first <= old else taken.offset)
            dropped += self._log.trim(partition, through)
            first = through + 1
        return dropped

    def _pressed(self) -> bool:
        return self._log.size_bytes() > PRESSED * self._keeping.bound_bytes

    def _measure(self, now_ms: int) -> None:
        metrics.log_bytes.set(self._log.size_bytes())
        metrics.log_oldest_seconds.set(oldest_ms(self._log, now_ms) / 1000)
        with transaction(self._engine) as session:
            for reader, lag in lags_ms(session, self._log, now_ms).items():
                metrics.reader_lag_seconds.labels(reader).set(lag / 1000)


def taken_by_all(session: Session, partitions: int) -> list[Position]:
    """How far every reader that has ever read has come in each partition; a reader that has not begun holds it all."""
    known = readers(session)
    if not known:
        return [Position()] * partitions
    by_reader = [offsets.positions(session, reader, partitions) for reader in known]
    return [min((of[n] for of in by_reader), key=lambda position: position.offset) for n in range(partitions)]


def readers(session: Session) -> list[str]:
    """Every reader that has taken anything over, by name."""
    return list(session.scalars(select(LogOffsetRow.reader).distinct().order_by(LogOffsetRow.reader)))


def lags_ms(session: Session, log: PartitionLog, now_ms: int) -> dict[str, int]:
    """How long the oldest entry that each reader has not taken over has been waiting; 0 when it has all."""
    found: dict[str, int] = {}
    for reader in readers(session):
        positions = offsets.positions(session, reader, log.partitions)
        found[reader] = max((_waits_ms(log, n, at.offset, now_ms) for n, at in enumerate(positions)), default=0)
    return found


def oldest_ms(log: PartitionLog, now_ms: int) -> int:
    """The age of the oldest entry of the log, 0 for an empty one."""
    return max((_waits_ms(log, n, 0, now_ms) for n in range(log.partitions)), default=0)


def first_since(log: PartitionLog, partition: int, last: int, since_ms: int) -> int:
    """The first offset whose entry was received at `since_ms` or later; ``last + 1`` when none up to `last` was."""
    low, high = log.bounds(partition)[0], last + 1
    while low < high:
        middle = (low + high) // 2
        rows = log.read(partition, middle - 1, 1)
        if rows and claimed(rows[0][1])[0] < since_ms:
            low = middle + 1
        else:
            high = middle
    return low


def _waits_ms(log: PartitionLog, partition: int, after: int, now_ms: int) -> int:
    rows = log.read(partition, after, 1)
    received_ms = claimed(rows[0][1])[0] if rows else 0
    return max(now_ms - received_ms, 0) if received_ms else 0
