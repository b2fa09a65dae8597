"""What was received and not yet taken: bounded, in order of arrival, each packet with the epoch of its connection.

Between two threads: the connection's puts, the gateway's loop takes. When it is full the connection stops reading, so
that the broker and the network hold what comes in, and goes on reading when there is room again.
"""

from __future__ import annotations

import threading
import time
from collections import deque

import numpy as np

from ingest.gateway.packets import Packets

WAITING_MOST = 20_000  # messages; less stops reading in ordinary bursts, more holds memory while the log is full
WAITING_BYTES = 64_000_000
RUSH = 200  # messages in the last batch: from here on CPU counts more than latency; lower delays slow traffic
PACE_S = 0.01  # between batches in a rush: shorter pays each batch's cost for few messages, longer delays them
ENOUGH = 500  # messages that end that wait: more lets the broker's window run dry, less makes small batches


class Inbox:
    """Packets between the connection's thread and the gateway's loop."""

    def __init__(self, most: int = WAITING_MOST, linger_s: float = 0.0) -> None:
        """`linger_s`: how long `take` waits for more after the first message, where they are put one by one."""
        self._most = most
        self._linger_s = linger_s
        self._waiting: deque[Packets] = deque()
        self._loose: list[tuple[bytes, bytes]] = []
        self._loose_mids: list[int] = []
        self._count = 0
        self._bytes = 0
        self._changed = threading.Condition()
        self._rush = False
        self._next_at = 0.0
        self.epoch = 0

    def new_connection(self) -> None:
        """What is put from now on came by another connection; what waits keeps the epoch of its own."""
        with self._changed:
            self._gather()
            self.epoch += 1

    def put(self, packets: Packets) -> None:
        """Add packets of the present connection."""
        if not len(packets):
            return
        with self._changed:
            self._gather()
            self._waiting.append(packets)
            self._grew(len(packets), packets.size)

    def put_one(self, topic: bytes, payload: bytes, mid: int) -> None:
        """Add one message of the present connection."""
        with self._changed:
            self._loose.append((topic, payload))
            self._loose_mids.append(mid)
            self._grew(1, len(topic) + len(payload))

    def wait_for_room(self, wait_s: float) -> bool:
        """Whether more may be put; waits up to `wait_s` for that."""
        with self._changed:
            return self._has_room() or self._changed.wait_for(self._has_room, wait_s)

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return self._count == 0

    def take(self, most: int, most_bytes: int, wait_s: float) -> Packets:
        """Packets of one connection in order of arrival, up to `most` or just over `most_bytes`.

        Waits up to `wait_s` for the first; none when there is none by then.
        """
        self._await(most, wait_s)
        parts: list[Packets] = []
        taken = 0
        with self._changed:
            self._gather()
            while self._waiting and taken < most and most_bytes > 0:
                if parts and parts[0].epoch != self._waiting[0].epoch:
                    break
                part = self._cut(most - taken, most_bytes)
                taken, most_bytes = taken + len(part), most_bytes - part.size
                parts.append(part)
            self._count -= taken
            self._bytes -= sum(part.size for part in parts)
            self._changed.notify_all()
        self._rush = taken >= RUSH
        return Packets.join(parts) if parts else Packets.of([])

    def _await(self, most: int, wait_s: float) -> None:
        """Wait for the first packet, and in a rush, or where they come one by one, a moment for more."""
        with self._changed:
            if not self._count:
                self._changed.wait(wait_s)
            few = 0 < self._count < most
            if few and self._rush:
                self._changed.wait_for(lambda: self._count >= ENOUGH, self._next_at - time.monotonic())
        if few and self._linger_s:
            time.sleep(self._linger_s)
        self._next_at = time.monotonic() + PACE_S

    def _cut(self, most: int, most_bytes: int) -> Packets:
        """The first waiting packets within these bounds, at least one; the rest of its chunk stays."""
        first = self._waiting.popleft()
        if len(first) <= most and first.size <= most_bytes:
            return first
        within = int(np.searchsorted(np.cumsum(first.topic_len + first.payload_len), most_bytes)) + 1
        stop = min(len(first), most, within)
        if stop < len(first):
            self._waiting.appendleft(first.part(stop, len(first)))
        return first.part(0, stop)

    def _gather(self) -> None:
        if self._loose:
            self._waiting.append(Packets.of(self._loose, self._loose_mids, self.epoch))
            self._loose, self._loose_mids = [], []

    def _grew(self, count: int, size: int) -> None:
        self._count += count
        self._bytes += size
        self._changed.notify_all()

    def _has_room(self) -> bool:
        return self._count < self._most and self._bytes < WAITING_BYTES
