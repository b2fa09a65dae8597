"""A partition log in memory: what one process hands on to itself needs no disk.

It keeps every promise of `ingest.log.protocol.PartitionLog` but one: its entries end with the process.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence


class MemoryLog:
    """Safe to share between threads; `read` does not wait."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._entries: list[list[bytes]] = [[] for _ in range(partitions)]
        self._dropped = [0] * partitions
        self._known: list[dict[str, int]] = [{} for _ in range(partitions)]
        self._bytes = 0
        self._lock = threading.Lock()

    def append(self, partition: int, data: bytes, entry_id: str) -> int:
        return self.append_many([(partition, data, entry_id)])[0]

    def append_many(self, entries: Sequence[tuple[int, bytes, str]]) -> list[int]:
        for partition, _data, _id in entries:
            self._check(partition)
        with self._lock:
            return [self._append(*entry) for entry in entries]

    def read(self, partition: int, after: int, max_items: int, wait_s: float = 0.0) -> list[tuple[int, bytes]]:  # noqa: ARG002 - the protocol's
        self._check(partition)
        with self._lock:
            dropped, entries = self._dropped[partition], self._entries[partition]
            first = max(after - dropped, 0)
            return list(enumerate(entries[first : first + max_items], dropped + first + 1))

    def bounds(self, partition: int) -> tuple[int, int]:
        self._check(partition)
        with self._lock:
            dropped = self._dropped[partition]
            return dropped + 1, dropped + len(self._entries[partition])

    def trim(self, partition: int, through: int) -> int:
        self._check(partition)
        with self._lock:
            entries, dropped = self._entries[partition], self._dropped[partition]
            count = min(max(through - dropped, 0), len(entries))
            self._bytes -= sum(map(len, entries[:count]))
            del entries[:count]
            self._dropped[partition] = dropped + count
            known = self._known[partition]
            self._known[partition] = {name: at for name, at in known.items() if at > dropped + count}
            return count

    def size_bytes(self) -> int:
        return self._bytes

    def close(self) -> None:
        """There is nothing to give up."""

    def _append(self, partition: int, data: bytes, entry_id: str) -> int:
        known = self._known[partition]
        if entry_id in known:
            return known[entry_id]
        self._entries[partition].append(data)
        self._bytes += len(data)
        known[entry_id] = self._dropped[partition] + len(self._entries[partition])
        return known[entry_id]

    def _check(self, partition: int) -> None:
        if not 0 <= partition < self.partitions:
            raise ValueError(f"there is no partition {partition}: the log has {self.partitions}")
