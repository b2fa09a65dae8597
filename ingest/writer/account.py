"""What one flush adds to the ledger: pure arithmetic over columns, no clock and no database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.ledger import HOUR_MS, NO_DEVICE, Counts
from ingest.reading import Frame, ReadingBatch, device_no
from ingest.writer import fold
from ingest.writer.fleet import Fleet, Memory
from ingest.writer.fold import Found

NOBODYS = {"unknown_device", "bad_topic"}
"""Reasons whose refusals belong to no registered device, whatever name they carry."""

_OF_MANY = {"throttled"}  # reasons that count messages; the others count readings of one message, or one payload

Entries = dict[tuple[str, int], Counts]


@dataclass(frozen=True, slots=True)
class Taken:
    """The readings of some frames as one batch; those of frame n are rows ``starts[n]`` to ``starts[n + 1]``."""

    frames: Sequence[Frame]
    batch: ReadingBatch
    starts: NDArray[np.int64]

    @staticmethod
    def of(frames: Sequence[Frame]) -> Taken:
        """All readings of `frames`, in order."""
        lengths = [0, *(len(frame.readings) for frame in frames)]
        batch = ReadingBatch.concat([frame.readings for frame in frames])
        return Taken(frames, batch, np.cumsum(lengths, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Account:
    """What a flush books.

    `entries` by (device, hour of receiving) · `memory` is what the fleet remembers once this is committed · `spoke`
    the slots that were heard · `found` what the pass over the readings saw, by slot · `differing` readings that came
    in and are in no column, or are in one and never came in: each is a fault of ours, and leaves its hour unbalanced.
    """

    entries: Entries
    memory: Memory
    spoke: NDArray[np.int64]
    found: Found
    differing: int


def reckon(taken: Taken, fresh: NDArray[np.bool_], fleet: Fleet, registered: set[str], lost: Entries) -> Account:
    """The account of one flush.

    `fresh` marks the rows that are stored as new. Refusals under a name that is not `registered` are booked under no
    device. `lost` is what damaged log entries held.
    """
    entries: Entries = defaultdict(Counts)
    for key, counts in lost.items():
        entries[key].received += counts.received
    differing = sum(counts.received for counts in lost.values())
    for frame in taken.frames:
        differing += _refusals(frame, entries, registered)
    hours, hour_at = np.unique([frame.received_ms // HOUR_MS for frame in taken.frames], return_inverse=True)
    slots = fleet.slots(device_no(taken.batch.series))
    memory = fleet.memory.copy()
    _excuse(taken.frames, fleet, memory)
    batch = taken.batch
    received_ms = np.array([frame.received_ms for frame in taken.frames], np.int64)
    found = fold.fold(
        fold.Readings(slots, batch.ts, batch.quality, batch.seq, fresh),
        fold.Spans(taken.starts, received_ms, hour_at.astype(np.int64)),
        fleet.lateness_ms,
        memory,
    )
    _readings(found, hours, fleet, entries)
    spoke = np.flatnonzero(found.counts[:, :, fold.RECEIVED].sum(axis=0))
    _forgive(taken.frames, fleet, memory, spoke)
    return Account(dict(entries), memory, spoke, found, differing)


def _refusals(frame: Frame, entries: Entries, registered: set[str]) -> int:
    """Book a frame's refusals; how many readings came in that are neither taken nor refused, or the reverse."""
    hour = frame.received_ms // HOUR_MS
    refused = 0
    for refusal in frame.refusals:
        mine = refusal.reason not in NOBODYS and refusal.device in registered
        counts = entries[refusal.device if mine else NO_DEVICE, hour]
        counts.received += refusal.count
        if refusal.reason == "throttled":
            counts.throttled += refusal.count
        else:
            counts.quarantined += refusal.count
        refused += refusal.count
    if frame.received < 0:
        return 0
    difference = frame.received - refused - len(frame.readings)
    if difference:
        entries[NO_DEVICE, hour].received += difference
    return abs(difference)


def _readings(found: Found, hours: NDArray[np.int64], fleet: Fleet, entries: Entries) -> None:
    for at, hour in enumerate(hours.tolist()):
        rows = found.counts[at]
        for slot in np.flatnonzero(rows[:, fold.RECEIVED]).tolist():
            row, counts = rows[slot].tolist(), entries[fleet.names[slot], hour]
            counts.received += row[fold.RECEIVED]
            counts.stored += row[fold.STORED]
            counts.duplicate += row[fold.DUPLICATE]
            counts.late += row[fold.LATE]
            counts.historical += row[fold.HISTORICAL]
            counts.missing += row[fold.MISSING]


def _refused_messages(frames: Sequence[Frame]) -> Counter[str]:
    """How many messages of each device were refused, as far as can be told."""
    found: Counter[str] = Counter()
    for frame in frames:
        for refusal in frame.refusals:
            found[refusal.device] += refusal.count if refusal.reason in _OF_MANY else 1
    return found


def _excuse(frames: Sequence[Frame], fleet: Fleet, memory: Memory) -> None:
    for name, count in _refused_messages(frames).items():
        slot = fleet.slot_of(name)
        if slot is not None:
            memory.excused[slot] += count


def _forgive(frames: Sequence[Frame], fleet: Fleet, memory: Memory, spoke: NDArray[np.int64]) -> None:
    """Whoever spoke and had nothing refused has had its gap: old refusals excuse no later one."""
    refused = {fleet.slot_of(name) for name in _refused_messages(frames)}
    calm = [slot for slot in spoke[memory.excused[spoke] > 0].tolist() if slot not in refused]
    memory.excused[calm] = 0
