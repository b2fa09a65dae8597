"""Readings as columns: the one form in which telemetry moves from the gateway to the detectors and the stores."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import overload

import numpy as np
from numpy.typing import NDArray

SIGNAL_BITS = 8  # a device type has at most 256 signals; more would need a new log format


class Quality(IntFlag):
    """What is known against a reading; 0 is good. Bits are stored, never renumbered."""

    GOOD = 0
    HISTORICAL = 1  # the device says that it kept this while it was offline
    NO_CLOCK = 2  # the device has no clock: the receive time stands in for its own
    CLOCK_OFF = 4  # the device's clock is off by more than the tolerated skew
    CORRECTED = 8  # the event time was put right by the device's measured offset


@dataclass(frozen=True, slots=True)
class ReadingBatch:
    """Many readings as columns of one length, in arrival order.

    series   int64: ``device number << 8 | signal number`` (see `series_id`)
    ts       int64: event time, milliseconds since the epoch, UTC
    value    float64, finite: numbers as they are, booleans 0/1, states by index, trouble codes by `wire.codes`
    quality  uint8: `Quality` bits
    seq      int64: the device's own sequence number, -1 where it sends none
    """

    series: NDArray[np.int64]
    ts: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    seq: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.series)

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_] | slice) -> ReadingBatch:
        """The readings at `index` as a new batch: positions, a mask, or a slice, which copies nothing."""
        return ReadingBatch(self.series[index], self.ts[index], self.value[index], self.quality[index], self.seq[index])

    def cut(self, start: int, end: int) -> ReadingBatch:
        """The readings from `start` to before `end`, as views."""
        part = slice(start, end)
        return ReadingBatch(self.series[part], self.ts[part], self.value[part], self.quality[part], self.seq[part])

    @staticmethod
    def empty() -> ReadingBatch:
        """A batch of no readings."""
        return ReadingBatch.of([], [], [])

    @staticmethod
    def of(
        series: list[int], ts: list[int], value: list[float], quality: int = 0, seq: list[int] | None = None
    ) -> ReadingBatch:
        """A batch out of plain lists; for tests and for the few places that are not hot."""
        return ReadingBatch(
            np.array(series, np.int64),
            np.array(ts, np.int64),
            np.array(value, np.float64),
            np.full(len(series), quality, np.uint8),
            np.array(seq if seq is not None else [-1] * len(series), np.int64),
        )

    @staticmethod
    def of_columns(
        series: list[int], ts: list[int], value: list[float], quality: list[int], seq: list[int]
    ) -> ReadingBatch:
        """A batch out of five lists of one length."""
        return ReadingBatch(
            np.array(series, np.int64),
            np.array(ts, np.int64),
            np.array(value, np.float64),
            np.array(quality, np.uint8),
            np.array(seq, np.int64),
        )

    @staticmethod
    def concat(batches: list[ReadingBatch]) -> ReadingBatch:
        """All readings of `batches`, one after the other."""
        if not batches:
            return ReadingBatch.empty()
        return ReadingBatch(
            np.concatenate([batch.series for batch in batches]),
            np.concatenate([batch.ts for batch in batches]),
            np.concatenate([batch.value for batch in batches]),
            np.concatenate([batch.quality for batch in batches]),
            np.concatenate([batch.seq for batch in batches]),
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Readings of one payload that were not taken, with the reason and a bounded sample of the payload.

    `device` is the identifier in the topic, which may be unknown; `reason` is a key of ``gateway.judge.REASONS``;
    `count` is how many readings this covers (a payload that cannot be decoded, or that was throttled, counts as one).
    `topic` and a `whole` sample let the payload be judged again after a mapping or the registry was mended.
    """

    device: str
    reason: str
    detail: str
    count: int
    sample: bytes
    topic: str = ""
    whole: bool = False


class EventKind(StrEnum):
    """What a device can say that is no reading. Values are stored, never renamed."""

    ONLINE = "online"
    OFFLINE = "offline"  # by itself, or by its last will
    HELP = "help"  # a person at the device asks for help
    EVENT = "event"
    COMMAND_ANSWER = "command_answer"
    ANNOUNCEMENT = "announcement"  # a foreign dialect's self-description, kept for the next start of the gateway


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """Something a registered device said that is no reading.

    `device` is its identifier, `at_ms` the event time (the receive time where the device gave none), `body` what it
    sent, bounded by the gateway's payload limit; an announcement's body begins with its topic and a line feed.
    """

    device: str
    kind: EventKind
    at_ms: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """What one append to the partition log carries.

    `received_ms` is the gateway's clock at the append and the log's own time; an empty frame is a heartbeat: it
    says that the gateway was connected and that silence is the devices', not ours.
    `received` is how many readings came in, counted where payloads are opened and before anything is judged, so
    that the ledger can hold it against readings and refusals; -1 in frames that nobody counted.
    """

    received_ms: int
    readings: ReadingBatch
    refusals: tuple[Refusal, ...] = ()
    events: tuple[DeviceEvent, ...] = ()
    received: int = -1


def series_id(device_no: int, signal_no: int) -> int:
    """The number of one signal of one device, stable for ever."""
    return device_no << SIGNAL_BITS | signal_no


@overload
def device_no(series: int) -> int: ...
@overload
def device_no(series: NDArray[np.int64]) -> NDArray[np.int64]: ...
def device_no(series: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
    """The device number in a series number, or in each of an array of them."""
    return series >> SIGNAL_BITS


@overload
def signal_no(series: int) -> int: ...
@overload
def signal_no(series: NDArray[np.int64]) -> NDArray[np.int64]: ...
def signal_no(series: int | NDArray[np.int64]) -> int | NDArray[np.int64]:
    """The signal number in a series number, or in each of an array of them."""
    return series & (1 << SIGNAL_BITS) - 1
