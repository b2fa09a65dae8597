"""Many PUBLISH packets taken apart at once: from the bytes of a connection to columns of offsets (MQTT 3.1.1).

Compiled to machine code and free of the interpreter lock. The scan stops at whatever is not a PUBLISH of QoS 0 or 1
and says why; nothing is copied and no object is made for a packet.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ingest.gateway.packets import Packets

_PUBLISH = 3  # the packet type, upper half of the first byte
_PUBACK = 0x40


class Stop(IntEnum):
    """Why a scan ended."""

    PARTIAL = 0  # the next packet is not complete, or there is none; its size is 0 while it is not known
    OTHER = 1  # the next packet is complete and no PUBLISH
    MALFORMED = 2  # what follows is no MQTT, or a PUBLISH that a broker may not send us
    FULL = 3  # the columns are full: take them and go on


class Found(NamedTuple):
    """Where `packets` packets end, and the `size` of what comes next there, `body` bytes of it behind the header."""

    packets: int
    at: int
    stop: Stop
    size: int
    body: int


def columns(most: int) -> NDArray[np.int64]:
    """Room for the offsets of `most` packets, for `scan` to fill again and again."""
    return np.empty((5, most), np.int64)


def scan(data: NDArray[np.uint8], start: int, end: int, into: NDArray[np.int64]) -> Found:
    """Fill `into` with the PUBLISH packets of ``data[start:end]``, offsets counted from `start`."""
    count, at, stop, size, body = _scan(data, start, end, into)
    return Found(count, at, Stop(stop), size, body)


def taken(data: NDArray[np.uint8], start: int, found: Found, into: NDArray[np.int64], epoch: int) -> Packets:
    """What `scan` found, with bytes of its own: `data` and `into` may be filled again."""
    topic_at, topic_len, payload_at, payload_len, mid = into[:, : found.packets].copy()
    return Packets(data[start : found.at].copy(), topic_at, topic_len, payload_at, payload_len, mid, epoch)


def pubacks(mid: NDArray[np.int64]) -> bytes:
    """The acknowledgements of these packet ids in their order, ready to be sent; 0 needs none."""
    mid = mid[mid > 0]
    packets = np.empty((len(mid), 4), np.uint8)
    packets[:, 0] = _PUBACK
    packets[:, 1] = 2
    packets[:, 2] = mid >> 8
    packets[:, 3] = mid & 0xFF
    return packets.tobytes()


def warm() -> None:
    """Compile, or load what an earlier process compiled: seconds that must not pass while a broker is waiting."""
    scan(np.zeros(1, np.uint8), 0, 0, columns(1))


@njit(cache=True, nogil=True)
def _scan(data, start, end, into):  # type: ignore[no-untyped-def]
    """See `scan`; returns the fields of `Found` as integers."""
    count, at, stop = 0, start, 0
    while True:
        header, body = _header(data, at, end)
        size = header + body if header > 0 else 0
        if header <= 0:
            stop = 2 if header < 0 else 0
            break
        if data[at] >> 4 != _PUBLISH:
            stop = 1 if at + size <= end else 0
            break
        if at + size > end:
            break
        if count == into.shape[1]:
            stop = 3
            break
        if not _publish(data, at, header, size, into[:, count]):
            stop = 2
            break
        into[0, count] -= start
        into[2, count] -= start
        count += 1
        at += size
    return count, at, stop, size, body


@njit(cache=True, nogil=True)
def _header(data, at, end):  # type: ignore[no-untyped-def]
    """Length of the fixed header at `at` and of what follows it; 0 when it is not complete, -1 when it is none."""
    body, header = 0, 1
    while at + header < end:
        byte = data[at + header]
        body |= (byte & 127) << (7 * (header - 1))
        header += 1
        if byte & 128 == 0:
            return header, body
        if header == 5:
            return -1, 0
    return 0, 0


@njit(cache=True, nogil=True)
def _publish(data, at, header, size, into):  # type: ignore[no-untyped-def]
    """Take the complete PUBLISH at `at` apart into one column of offsets; False when it is malformed."""
    qos = data[at] >> 1 & 3
    fixed = 4 if qos else 2  # bytes of topic length and packet id
    if qos > 1 or size - header <= fixed:
        return False
    topic_at = at + header + 2
    topic_len = data[topic_at - 2] << 8 | data[topic_at - 1]
    payload_at = topic_at + topic_len + fixed - 2
    if topic_len == 0 or payload_at > at + size:
        return False
    mid = data[payload_at - 2] << 8 | data[payload_at - 1] if qos else 0
    into[0] = topic_at
    into[1] = topic_len
    into[2] = payload_at
    into[3] = at + size - payload_at
    into[4] = mid
    return qos == 0 or mid > 0
