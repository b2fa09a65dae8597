"""One pass over the readings of a flush: what the account of each device and hour grows by, and what is remembered."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ingest.reading import Quality
from ingest.writer.fleet import Ints, Memory

RECEIVED, STORED, DUPLICATE, LATE, HISTORICAL, MISSING = range(6)
FIELDS = 6
NEW_COUNT = 100_000  # a larger jump of a sequence number is a new count; smaller hides a long outage, larger counts
# devices that send a time for a number as gaps
TURNED_BACK = 1_000  # so far back a number that came with no usable time is a new count; smaller mistakes reordering
NO_SKEW = -(1 << 62)

_UNCLEAR = int(Quality.HISTORICAL | Quality.NO_CLOCK | Quality.CLOCK_OFF)
_NOT_LIVE = int(Quality.HISTORICAL | Quality.NO_CLOCK)
_HISTORICAL = int(Quality.HISTORICAL)
_CORRECTED = int(Quality.CORRECTED)


class Readings(NamedTuple):
    """The readings of some frames as columns, with the device slot of each and whether the store takes it as new."""

    slot: Ints
    ts: Ints
    quality: NDArray[np.uint8]
    seq: Ints
    fresh: NDArray[np.bool_]


class Spans(NamedTuple):
    """The frames: readings ``starts[n]`` to ``starts[n + 1]``, their receive time, the place of their hour."""

    starts: Ints
    received_ms: Ints
    hour: Ints


class Found(NamedTuple):
    """What the pass finds, by slot.

    counts     (hours, slots, FIELDS)
    filled     messages that filled a gap which an earlier flush had booked
    back       the last message that came out of order, -1 for none; so that its readings count once
    skew_ms    the greatest distance of event time to receive time among live readings, `NO_SKEW` for none
    skew_ts    the event time of that reading
    corrected  whether that reading's time had been put right
    """

    counts: Ints
    filled: Ints
    back: Ints
    skew_ms: Ints
    skew_ts: Ints
    corrected: NDArray[np.bool_]

    @staticmethod
    def blank(hours: int, slots: int) -> Found:
        """Nothing found yet."""
        return Found(
            np.zeros((hours, slots, FIELDS), np.int64),
            np.zeros(slots, np.int64),
            np.full(slots, -1, np.int64),
            np.full(slots, NO_SKEW, np.int64),
            np.zeros(slots, np.int64),
            np.zeros(slots, np.bool_),
        )


def fold(readings: Readings, spans: Spans, lateness_ms: Ints, memory: Memory) -> Found:
    """Go over the readings in order of arrival. `memory` is moved on."""
    found = Found.blank(int(spans.hour.max()) + 1 if len(spans.hour) else 0, len(lateness_ms))
    _fold(readings, spans, lateness_ms, memory, found)
    return found


@njit(cache=True, nogil=True)
def _fold(readings, spans, lateness_ms, memory, found):  # type: ignore[no-untyped-def]
    counts = found.counts
    for frame in range(len(spans.received_ms)):
        received_ms, hour = spans.received_ms[frame], spans.hour[frame]
        for n in range(spans.starts[frame], spans.starts[frame + 1]):
            slot, ts, quality = readings.slot[n], readings.ts[n], readings.quality[n]
            fresh = readings.fresh[n]
            counts[hour, slot, RECEIVED] += 1
            if fresh:
                counts[hour, slot, STORED] += 1
                counts[hour, slot, HISTORICAL] += quality & _HISTORICAL != 0
                late = memory.newest_ms[slot] - ts > lateness_ms[slot] and quality & _HISTORICAL == 0
                counts[hour, slot, LATE] += late
            else:
                counts[hour, slot, DUPLICATE] += 1
            if readings.seq[n] >= 0 and readings.seq[n] != memory.newest_seq[slot]:
                _sequence(readings.seq[n], ts, quality, slot, fresh, counts[hour, slot], memory, found)
            seen = min(ts, received_ms)
            memory.newest_ms[slot] = max(memory.newest_ms[slot], seen)
            if quality & _NOT_LIVE == 0 and ts - received_ms > found.skew_ms[slot]:
                found.skew_ms[slot], found.skew_ts[slot] = ts - received_ms, ts
                found.corrected[slot] = quality & _CORRECTED != 0


@njit(cache=True, nogil=True)
def _sequence(seq, ts, quality, slot, fresh, counts, memory, found):  # type: ignore[no-untyped-def]  # noqa: PLR0917
    """A message whose number is not that of the one before it: a step, a gap, one out of order, or a new count."""
    newest = memory.newest_seq[slot]
    if newest < 0:
        memory.newest_seq[slot] = seq
    elif seq > newest:
        gap = seq - newest - 1
        if gap and gap <= NEW_COUNT:
            excused = min(gap, memory.excused[slot])
            memory.excused[slot] -= excused
            counts[MISSING] += gap - excused
        memory.newest_seq[slot] = seq
    elif newest - seq > TURNED_BACK if quality & _UNCLEAR else ts > memory.newest_ms[slot]:
        memory.newest_seq[slot] = seq
    elif fresh and seq != found.back[slot]:
        found.back[slot] = seq
        if counts[MISSING]:
            counts[MISSING] -= 1
        else:
            found.filled[slot] += 1
