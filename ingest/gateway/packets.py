"""Received messages as offsets into the bytes they came in: no Python object for each message on the hot path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_INTS = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Packets:
    """PUBLISH packets of one connection in order of arrival; columns of one length.

    data         uint8: the bytes that hold every topic and payload, packet headers and other bytes between them;
                 each topic begins behind the payload before it
    topic_at, topic_len, payload_at, payload_len   int64: where in `data`
    mid          int64: the packet id for the acknowledgement, 0 for QoS 0, which needs none
    epoch        which connection they came by: an acknowledgement of an older one means another message by now
    """

    data: NDArray[np.uint8]
    topic_at: _INTS
    topic_len: _INTS
    payload_at: _INTS
    payload_len: _INTS
    mid: _INTS
    epoch: int = 0

    def __len__(self) -> int:
        return len(self.mid)

    def topic(self, index: int) -> bytes:
        """The topic of one packet, as it came: not necessarily UTF-8."""
        return self.data[self.topic_at[index] : self.topic_at[index] + self.topic_len[index]].tobytes()

    def payload(self, index: int) -> bytes:
        """The payload of one packet."""
        return self.data[self.payload_at[index] : self.payload_at[index] + self.payload_len[index]].tobytes()

    def plain(self) -> Packets:
        """The same packets in contiguous columns over bytes that may only be read: what kernels are compiled for."""
        data = np.ascontiguousarray(self.data).view()
        data.flags.writeable = False
        topics = (np.ascontiguousarray(self.topic_at), np.ascontiguousarray(self.topic_len))
        payloads = (np.ascontiguousarray(self.payload_at), np.ascontiguousarray(self.payload_len))
        return Packets(data, *topics, *payloads, self.mid, self.epoch)

    @property
    def size(self) -> int:
        """Bytes of all topics and payloads."""
        return int(self.topic_len.sum() + self.payload_len.sum())

    def part(self, start: int, stop: int) -> Packets:
        """The packets from `start` up to `stop`, on the same bytes; the ones before and after may be let go."""
        if start >= stop:
            return Packets.of([], epoch=self.epoch)
        low, high = int(self.topic_at[start]), int(self.payload_at[stop - 1] + self.payload_len[stop - 1])
        at = slice(start, stop)
        return Packets(
            self.data[low:high],
            self.topic_at[at] - low,
            self.topic_len[at],
            self.payload_at[at] - low,
            self.payload_len[at],
            self.mid[at],
            self.epoch,
        )

    @staticmethod
    def join(parts: Sequence[Packets]) -> Packets:
        """All packets of `parts`, which are of one connection, one after the other."""
        if len(parts) == 1:
            return parts[0]
        ends = np.cumsum([len(part.data) for part in parts], dtype=np.int64)
        starts = [0, *ends[:-1].tolist()]
        return Packets(
            np.concatenate([part.data for part in parts]),
            np.concatenate([part.topic_at + start for part, start in zip(parts, starts, strict=True)]),
            np.concatenate([part.topic_len for part in parts]),
            np.concatenate([part.payload_at + start for part, start in zip(parts, starts, strict=True)]),
            np.concatenate([part.payload_len for part in parts]),
            np.concatenate([part.mid for part in parts]),
            parts[0].epoch,
        )

    def pairs(self) -> Iterator[tuple[bytes, bytes]]:
        """``(topic, payload)`` of each; for what is not hot."""
        return ((self.topic(index), self.payload(index)) for index in range(len(self)))

    @staticmethod
    def of(pairs: Sequence[tuple[bytes, bytes]], mids: Sequence[int] | None = None, epoch: int = 0) -> Packets:
        """Packets out of ``(topic, payload)`` pairs: for what comes one by one (HTTP, the plain receiver, tests)."""
        lengths = np.array([len(part) for pair in pairs for part in pair], np.int64).reshape(-1, 2)
        starts = (np.cumsum(lengths) - lengths.ravel()).reshape(-1, 2)
        data = np.frombuffer(b"".join(part for pair in pairs for part in pair), np.uint8)
        mid = np.array(mids, np.int64) if mids is not None else np.zeros(len(pairs), np.int64)
        return Packets(data, starts[:, 0], lengths[:, 0], starts[:, 1], lengths[:, 1], mid, epoch)
