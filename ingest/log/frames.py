"""Frames as bytes: what one entry of the partition log holds.

Layout, little-endian: magic ``FW``, version, flags, received time (i64 ms), number of readings (u32), how many were
received (i32), length of the rest (u32); then the columns series, ts, value, quality and seq; the rest, refusals and
events as MessagePack; a CRC-32 of all of it. The flags leave out what most frames do not need: series and times (as
distance to the received time) in 32 bits where they fit, quality and seq not at all where they are 0 and -1
throughout: 16 bytes a reading, 20 with a seq that fits, instead of 33.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.errors import FrameCorrupt
from ingest.reading import DeviceEvent, EventKind, Frame, ReadingBatch, Refusal

_HEADER = struct.Struct("<2sBBqIiI")
_CRC = struct.Struct("<I")
_MAGIC = b"FW"
_VERSION = 2
_LEAST_BYTES = 16  # of one reading
_SHORT_SERIES, _SHORT_TS, _HAS_QUALITY, _HAS_SEQ, _SHORT_SEQ = 1, 2, 4, 8, 16


class _Rest(msgspec.Struct, array_like=True, gc=False):
    """What a frame holds beside readings."""

    refusals: list[tuple[str, str, str, int, bytes, str, bool]]
    events: list[tuple[str, str, int, bytes]]


_rest = msgspec.msgpack.Decoder(_Rest)


def encode(frame: Frame) -> bytes:
    """The frame as bytes; `decode` gives an equal frame back."""
    batch = frame.readings
    flags = 0
    columns: list[NDArray[Any]] = []
    age = batch.ts - frame.received_ms
    if _fits(batch.series, np.uint32):
        flags |= _SHORT_SERIES
    columns.append(batch.series.astype("<u4" if flags & _SHORT_SERIES else "<i8"))
    if _fits(age, np.int32):
        flags |= _SHORT_TS
    columns.append(age.astype("<i4") if flags & _SHORT_TS else batch.ts.astype("<i8"))
    columns.append(batch.value.astype("<f8"))
    if batch.quality.any():
        flags |= _HAS_QUALITY
        columns.append(batch.quality.astype("u1"))
    if (batch.seq != -1).any():
        short = _fits(batch.seq, np.int32)
        flags |= _HAS_SEQ | (_SHORT_SEQ if short else 0)
        columns.append(batch.seq.astype("<i4" if short else "<i8"))
    rest = _rest_of(frame)
    header = _HEADER.pack(_MAGIC, _VERSION, flags, frame.received_ms, len(batch), frame.received, len(rest))
    body = b"".join([header, *(column.tobytes() for column in columns), rest])
    return body + _CRC.pack(zlib.crc32(body))


def decode(data: bytes) -> Frame:
    """The frame in `data`. Raises FrameCorrupt when these are not the bytes of a whole frame."""
    if len(data) < _HEADER.size + _CRC.size:
        raise FrameCorrupt("it is too short")
    if zlib.crc32(memoryview(data)[: -_CRC.size]) != _CRC.unpack_from(data, len(data) - _CRC.size)[0]:
        raise FrameCorrupt("its checksum is wrong")
    magic, version, flags, received_ms, count, received, rest_bytes = _HEADER.unpack_from(data)
    if magic != _MAGIC or version != _VERSION:
        raise FrameCorrupt(f"it is of another kind or version ({magic!r}, {version})")
    if len(data) != _length(flags, count, rest_bytes):
        raise FrameCorrupt("its length is wrong")
    refusals, events = _others(data, rest_bytes)
    return Frame(received_ms, _readings(data, flags, received_ms, count), refusals, events, received)


def decode_events(data: bytes) -> tuple[int, tuple[DeviceEvent, ...]]:
    """Receive time and events of a frame, cheaply when it has none. Raises FrameCorrupt when it must be decoded."""
    if len(data) >= _HEADER.size:
        magic, version, _flags, received_ms, _count, _received, rest_bytes = _HEADER.unpack_from(data)
        if magic == _MAGIC and version == _VERSION and not rest_bytes:
            return received_ms, ()
    frame = decode(data)
    return frame.received_ms, frame.events


def claimed(data: bytes) -> tuple[int, int]:
    """Receive time and number of readings that a damaged entry seems to have had: 0 where its header says nothing."""
    if len(data) < _HEADER.size:
        return 0, 0
    magic, _version, _flags, received_ms, count, received, _rest_bytes = _HEADER.unpack_from(data)
    most = len(data) // _LEAST_BYTES + 1
    if magic != _MAGIC or not 0 <= count <= most:
        return 0, 0
    return received_ms, min(max(count, received), most)


def _fits(column: NDArray[np.int64], kind: type[np.integer[Any]]) -> bool:
    limits = np.iinfo(kind)
    return len(column) == 0 or bool(column.min() >= limits.min and column.max() <= limits.max)


def _length(flags: int, count: int, rest_bytes: int) -> int:
    width = 8 + (4 if flags & _SHORT_SERIES else 8) + (4 if flags & _SHORT_TS else 8)
    width += bool(flags & _HAS_QUALITY) + (4 if flags & _SHORT_SEQ else 8) * bool(flags & _HAS_SEQ)
    return _HEADER.size + count * width + rest_bytes + _CRC.size


def _readings(data: bytes, flags: int, received_ms: int, count: int) -> ReadingBatch:
    at = _HEADER.size

    def column(kind: str) -> NDArray[Any]:
        nonlocal at
        found: NDArray[Any] = np.frombuffer(data, kind, count, at)
        at += found.nbytes
        return found

    series = column("<u4" if flags & _SHORT_SERIES else "<i8").astype(np.int64)
    short_ts = bool(flags & _SHORT_TS)
    ts = column("<i4" if short_ts else "<i8").astype(np.int64) + (received_ms if short_ts else 0)
    value = column("<f8").astype(np.float64)
    quality = column("u1").astype(np.uint8) if flags & _HAS_QUALITY else np.zeros(count, np.uint8)
    kind = "<i4" if flags & _SHORT_SEQ else "<i8"
    seq = column(kind).astype(np.int64) if flags & _HAS_SEQ else np.full(count, -1, np.int64)
    return ReadingBatch(series, ts, value, quality, seq)


def _rest_of(frame: Frame) -> bytes:
    if not frame.refusals and not frame.events:
        return b""
    refusals = [(r.device, r.reason, r.detail, r.count, r.sample, r.topic, r.whole) for r in frame.refusals]
    return msgspec.msgpack.encode(_Rest(refusals, [(e.device, e.kind, e.at_ms, e.body) for e in frame.events]))


def _others(data: bytes, length: int) -> tuple[tuple[Refusal, ...], tuple[DeviceEvent, ...]]:
    if not length:
        return (), ()
    try:
        rest = _rest.decode(data[-_CRC.size - length : -_CRC.size])
        events = tuple(DeviceEvent(device, EventKind(kind), at, body) for device, kind, at, body in rest.events)
    except ValueError as error:
        raise FrameCorrupt(f"its refusals and events cannot be read ({error})") from None
    return tuple(Refusal(*row) for row in rest.refusals), events
