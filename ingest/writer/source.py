"""What a flush takes from the log: whole frames in order, and an honest count of what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ingest import metrics
from ingest.errors import FrameCorrupt
from ingest.ledger import HOUR_MS, NO_DEVICE, Counts
from ingest.log.frames import claimed, decode
from ingest.log.protocol import PartitionLog
from ingest.offsets import Position
from ingest.reading import Frame, ReadingBatch
from ingest.store.protocol import TelemetryStore, keep
from kit.logs import get

READ_ITEMS = 256  # entries a read; fewer makes many queries while catching up, more holds more memory at once
FIRST_ITEMS = 8  # of the first read, when entries may hold anything; more reads many in vain when they are large
CLOCK_SLIP_MS = 86_400_000  # a damaged entry's time further off than this from its neighbour's is part of the damage

_log = get("writer")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames after some positions, the positions after them, and the account of entries that were damaged or gone."""

    frames: list[Frame]
    new: list[Position]
    lost: dict[tuple[str, int], Counts]

    def readings(self) -> int:
        """How many readings the frames hold."""
        return sum(len(frame.readings) for frame in self.frames)


def take(log: PartitionLog, old: Sequence[Position], most: int, until: Sequence[int] | None = None) -> Stretch:
    """Frames after `old` with `most` readings, one frame more at most; with `until` exactly those up to there.

    One partition after the other, the one that is furthest behind first: none starves, a flush holds many readings of
    few devices, and the order depends on `old` alone, so that a crashed flush finds its readings in the same order.
    Raises LogUnavailable.
    """
    stretch = Stretch([], list(old), {})
    room = most
    for partition in sorted(range(len(old)), key=lambda n: old[n].received_ms):
        while wanted := _wanted(stretch, most - room, room, partition, until):
            rows = _rows(log, partition, stretch, wanted)
            for offset, data in rows:
                if room <= 0 and until is None:
                    break
                room -= _add(stretch, partition, offset, data)
            if len(rows) < wanted:
                break
    return stretch


def _wanted(stretch: Stretch, taken: int, room: int, partition: int, until: Sequence[int] | None) -> int:
    """How many entries of the partition to read next: those up to `until`, else as many as seem to fill the room.

    What is read beyond it is read for nothing; `taken` is how many readings the frames hold so far.
    """
    if until is not None:
        return max(min(READ_ITEMS, until[partition] - stretch.new[partition].offset), 0)
    if room <= 0:
        return 0
    if not stretch.frames:
        return FIRST_ITEMS
    return min(READ_ITEMS, 1 + room * len(stretch.frames) // max(taken, 1))


def _rows(log: PartitionLog, partition: int, stretch: Stretch, wanted: int) -> list[tuple[int, bytes]]:
    """The next entries of a partition; where there are none, a look whether there should be."""
    at = stretch.new[partition]
    rows = log.read(partition, at.offset, wanted)
    if not rows:
        first, last = log.bounds(partition)
        if last < at.offset:
            _log.error("the log is not the one that was read before", partition=partition, stood=at.offset, ends=last)
            _lose(stretch, at.received_ms, 1)
            stretch.new[partition] = Position(first - 1, at.received_ms)
        elif first > last > at.offset:
            _gone(stretch, partition, last)
    return rows


def _gone(stretch: Stretch, partition: int, through: int) -> None:
    """Entries up to `through` are in the log no more and were never taken: each held one reading at the least."""
    at = stretch.new[partition]
    _log.error("log entries are gone before they were stored", partition=partition, entries=through - at.offset)
    _lose(stretch, at.received_ms, through - at.offset)
    stretch.new[partition] = Position(through, at.received_ms)


def _add(stretch: Stretch, partition: int, offset: int, data: bytes) -> int:
    """Take one entry in; how many readings it held."""
    if offset > stretch.new[partition].offset + 1:
        _gone(stretch, partition, offset - 1)
    at = stretch.new[partition]
    try:
        frame = decode(data)
    except FrameCorrupt as error:
        said_ms, count = claimed(data)
        received_ms = said_ms if abs(said_ms - at.received_ms) < CLOCK_SLIP_MS else at.received_ms
        _log.error("a log entry is damaged and skipped", partition=partition, offset=offset, reason=error.problem)
        metrics.frames_damaged.inc()
        _lose(stretch, received_ms, max(count, 1))
        stretch.new[partition] = Position(offset, at.received_ms)
        return 0
    stretch.frames.append(frame)
    stretch.new[partition] = Position(offset, frame.received_ms)
    return len(frame.readings)


def _lose(stretch: Stretch, received_ms: int, readings: int) -> None:
    """Book readings as received and nothing else: their hour does not balance, and is seen."""
    stretch.lost.setdefault((NO_DEVICE, received_ms // HOUR_MS), Counts()).received += readings


def restore(
    log: PartitionLog, store: TelemetryStore, sure: Sequence[Position], booked: Sequence[Position], most: int
) -> None:
    """Store again what a store may have forgotten in a crash of its own: from `sure` on, up to what is `booked`.

    Nothing is booked: it was. Raises StoreError or LogUnavailable.
    """
    until = [position.offset for position in booked]
    at = [
        Position(max(here.offset, min(log.bounds(n)[0] - 1, until[n])), here.received_ms) for n, here in enumerate(sure)
    ]
    while any(here.offset < end for here, end in zip(at, until, strict=True)):
        stretch = take(log, at, most, [min(here.offset + READ_ITEMS, end) for here, end in zip(at, until, strict=True)])
        if stretch.new == at:
            return
        batch = ReadingBatch.concat([frame.readings for frame in stretch.frames])
        if len(batch):
            keep(store, batch)
        at = stretch.new
