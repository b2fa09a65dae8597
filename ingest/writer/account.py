"""What one flush adds to the ledger: pure arithmetic over columns, no clock and no database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ingest.ledger import HOUR_MS, NO_DEVICE, Counts
from ingest.reading import Frame, Quality, ReadingBatch, device_no

LATE_MS = 30_000  # behind the device's newest event time; the bound inside which detectors reorder
_OF_NO_DEVICE = {"unknown_device", "bad_topic"}

Entries = dict[tuple[str, int], Counts]


@dataclass(frozen=True, slots=True)
class Taken:
    """The readings of some frames as one batch, with the receive time of each."""

    batch: ReadingBatch
    received_ms: NDArray[np.int64]

    @staticmethod
    def of(frames: list[Frame]) -> Taken:
        """All readings of `frames`, in order."""
        times = np.array([frame.received_ms for frame in frames], np.int64)
        lengths = [len(frame.readings) for frame in frames]
        return Taken(ReadingBatch.concat([frame.readings for frame in frames]), np.repeat(times, lengths))


@dataclass(frozen=True, slots=True)
class Lateness:
    """Which readings came late, and the newest event time of each device afterwards."""

    late: NDArray[np.bool_]
    newest: dict[int, int]


def lateness(taken: Taken, newest: Mapping[int, int]) -> Lateness:
    """Measure each reading against its device's newest event time among all that came before it.

    `newest` holds what was known before by device number. An event time in the future counts as the receive time:
    a clock that runs ahead must not make the rest of the day late. Historical readings are never late.
    """
    devices = device_no(taken.batch.series)
    late = np.zeros(len(devices), np.bool_)
    after: dict[int, int] = {}
    order = np.argsort(devices, kind="stable")
    starts = np.flatnonzero(np.diff(devices[order], prepend=-1))
    for rows in np.split(order, starts[1:]) if len(order) else []:
        device = int(devices[rows[0]])
        ts = taken.batch.ts[rows]
        seen = np.maximum.accumulate(np.minimum(ts, taken.received_ms[rows]))
        known = newest.get(device, 0)
        before = np.maximum(np.concatenate(([known], seen[:-1])), known)
        late[rows] = before - ts > LATE_MS
        after[device] = max(known, int(seen[-1]))
    late &= taken.batch.quality & Quality.HISTORICAL == 0
    return Lateness(late, after)


def entries(
    taken: Taken, fresh: NDArray[np.bool_], late: NDArray[np.bool_], frames: list[Frame], name: Callable[[int], str]
) -> Entries:
    """The ledger's entries of one flush by (device, hour of receiving).

    `fresh` marks what the store took as new; `name` gives the identifier of a device number.
    """
    found: Entries = defaultdict(Counts)
    for frame in frames:
        for refusal in frame.refusals:
            device = NO_DEVICE if refusal.reason in _OF_NO_DEVICE else refusal.device
            counts = found[device, frame.received_ms // HOUR_MS]
            counts.received += refusal.count
            counts.quarantined += refusal.count
    if not len(taken.batch):
        return found
    devices, device_at = np.unique(device_no(taken.batch.series), return_inverse=True)
    hours, hour_at = np.unique(taken.received_ms // HOUR_MS, return_inverse=True)
    groups = device_at * len(hours) + hour_at
    historical = taken.batch.quality & Quality.HISTORICAL != 0

    def sums(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(groups[mask], minlength=len(devices) * len(hours))

    received, stored = sums(np.ones(len(groups), np.bool_)), sums(fresh)
    late_sums, historical_sums = sums(fresh & late), sums(fresh & historical)
    for group in np.flatnonzero(received):
        counts = found[name(int(devices[group // len(hours)])), int(hours[group % len(hours)])]
        counts.received += int(received[group])
        counts.stored += int(stored[group])
        counts.duplicate += int(received[group] - stored[group])
        counts.late += int(late_sums[group])
        counts.historical += int(historical_sums[group])
    return found
