"""What differs between the servers: how readings are asked for, counted and removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from ingest.reading import ReadingBatch, device_no, signal_no

Wanted = dict[int, list[int]]  # device number -> its signal numbers

DEVICES_AT_ONCE = 100  # in one question; more: questions of many kilobytes, fewer: more round trips


class Dialect(Protocol):
    """The questions that `InfluxStore` asks. Errors as those of `Transport`."""

    @property
    def rewind_ms(self) -> int:
        """As `TelemetryStore.rewind_ms`."""
        ...

    def started(self) -> str:
        """When the server started, in its own words; empty where that does not matter (`rewind_ms` is 0)."""
        ...

    def prepare(self) -> None:
        """Make the database where the server has such and lets us."""
        ...

    def read(self, wanted: Wanted, start_ms: int, end_ms: int) -> list[ReadingBatch]:
        """Readings with ``start_ms <= ts < end_ms``, in any order, whatever was acknowledged before."""
        ...

    def latest(self, wanted: Wanted) -> list[ReadingBatch]:
        """The newest reading of each series."""
        ...

    def count(self, device: int | None = None) -> int:
        """How many readings there are, of one device or all."""
        ...

    def drop_before(self, ms: int) -> int:
        """Remove readings older than `ms` where the server can; how many."""
        ...

    def size_bytes(self) -> int:
        """What the server keeps on its disk in all, 0 when it does not tell."""
        ...

    def erase(self, device: int) -> None:
        """Remove every reading of the device."""
        ...


def wanted_in_parts(series: Sequence[int]) -> Iterator[Wanted]:
    """The series grouped by device, `DEVICES_AT_ONCE` at a time."""
    part: Wanted = {}
    for number in sorted(set(map(int, series))):
        if len(part) == DEVICES_AT_ONCE and device_no(number) not in part:
            yield part
            part = {}
        part.setdefault(device_no(number), []).append(signal_no(number))
    if part:
        yield part
