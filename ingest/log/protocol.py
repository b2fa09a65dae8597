"""What every form of the partition log promises. The contract suite in tests/ingest/log runs over all of them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Protocol


def partition_of(tenant: str, identifier: str, partitions: int) -> int:
    """The partition in which a device's readings stand, for ever."""
    return zlib.crc32(f"{tenant}|{identifier}".encode()) % partitions


class PartitionLog(Protocol):
    """P ordered, durable sequences of entries. Offsets start at 1 and go up by one; 0 is "before the first".

    Any number of processes append and read; every method may be called from any thread. Methods raise LogFull
    (append), LogUnavailable, or LogDamaged, which is one; nothing is appended then, and the call may be tried again.
    """

    partitions: int

    def append(self, partition: int, data: bytes, entry_id: str) -> int:
        """Append one entry and return its offset once it is durable.

        An `entry_id` that was appended to the partition within the recent window (thousands of entries) appends
        nothing and gives the offset it got then: an append whose answer was lost can be repeated. Ids must hold
        something that changes at every start of the appending process.
        """
        ...

    def append_many(self, entries: Sequence[tuple[int, bytes, str]]) -> list[int]:
        """Append entries of ``(partition, data, entry id)`` together, all or none, and return their offsets."""
        ...

    def read(self, partition: int, after: int, max_items: int, wait_s: float = 0.0) -> list[tuple[int, bytes]]:
        """Up to `max_items` entries after offset `after`, in order; waits up to `wait_s` for the first."""
        ...

    def bounds(self, partition: int) -> tuple[int, int]:
        """The first and the last offset held; an empty partition gives ``(last + 1, last)``."""
        ...

    def trim(self, partition: int, through: int) -> int:
        """Drop entries up to offset `through` and return how many; offsets of the others stay."""
        ...

    def size_bytes(self) -> int:
        """How much of the bound is in use."""
        ...

    def close(self) -> None:
        """Give up files and connections."""
        ...
