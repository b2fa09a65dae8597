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

    data         uint8: the bytes that hold every topic and payload, packet headers and other bytes between them
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
