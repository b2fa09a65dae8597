"""The contract of a telemetry store: what every store promises, whatever keeps the readings underneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.reading import ReadingBatch
from kit.settings import Settings

MOST_BUCKETS = 10_000  # of one picture: more than any screen is wide


@dataclass(frozen=True, slots=True)
class Stats:
    """How much a store holds; what a server does not tell is 0.

    `bytes` on disk in so many `files`; event times from `first_ms` to `last_ms`, both included, over so many `days`
    (UTC) that have readings; `set_aside`: damaged files that are no longer part of the store.
    """

    readings: int
    bytes: int
    files: int
    days: int
    first_ms: int
    last_ms: int
    set_aside: int


class TelemetryStore(Protocol):
    """Keeps readings by (series, event time). One process writes at a time, any number read meanwhile.

    Every method raises StoreUnavailable while the store cannot be reached, and can be called again later.
    """

    @property
    def rewind_ms(self) -> int:
        """How long the store itself may forget what it acknowledged when it crashes; 0 for a store that never does.

        After `StoreUnavailable` and at its start the writer stores again what it stored in that time before, as far as
        `fresh` marks it, without booking it.
        """
        ...

    def fresh(self, batch: ReadingBatch) -> NDArray[np.bool_]:
        """Marks the rows to be stored: the first of each (series, ts) in the batch, where none is stored yet.

        All others are duplicates. Nothing is stored or remembered. Only for the process that writes.
        Raises ValueError when the batch breaks the contract of `ReadingBatch` (a value that is not finite, a time
        outside the years 1970 to 2261): that is a bug of the caller.
        """
        ...

    def write(self, rows: ReadingBatch) -> None:
        """Store readings that `fresh` marked since the last write; durable when this returns. Order does not matter.

        After an error any part of the rows may be stored, never part of a reading: ask `fresh` for them again, and
        write those that it marks.
        Raises StoreFull when there is no room, StoreRefused when a server does not accept the readings as it is
        set up, and ValueError as `fresh` does.
        """
        ...

    def read(self, series: Sequence[int], start_ms: int, end_ms: int) -> ReadingBatch:
        """The readings of `series` with ``start_ms <= ts < end_ms``, sorted by (series, ts), each (series, ts) once."""
        ...

    def read_minmax(self, series: Sequence[int], start_ms: int, end_ms: int, buckets: int) -> ReadingBatch:
        """Of each series and each of `buckets` equal parts of the span: a lowest and a highest reading.

        For charts: a line through them covers the same pixels as a line through all. At most `MOST_BUCKETS` parts.
        Sorted as by `read`.
        """
        ...

    def latest(self, series: Sequence[int]) -> ReadingBatch:
        """The newest reading of each of `series` that has one, sorted by series."""
        ...

    def erase(self, device_no: int) -> int:
        """Remove every reading of the device for good; how many there were. Only for the process that writes."""
        ...

    def drop_before(self, ms: int) -> int:
        """Remove readings older than `ms`; how many. Only for the process that writes.

        A store may keep them up to a day longer, and a server that drops by settings of its own keeps to these.
        """
        ...

    def count(self) -> int:
        """How many readings are stored."""
        ...

    def stats(self) -> Stats:
        """How much is stored."""
        ...

    def damaged(self) -> list[str]:
        """Files whose bytes are no longer those that were written; reads everything there is.

        Empty for a server: it looks after its own files.
        """
        ...

    def close(self) -> None:
        """Give back files and connections. The store cannot be used afterwards; closing twice does nothing."""
        ...


class StoreFactory(Protocol):
    """What `STORES` holds: opens one store.

    With `read_only` nothing is made, repaired or locked, and `write` and `erase` raise StoreUnavailable: for every
    process but the writer.
    """

    def __call__(self, settings: Settings, *, read_only: bool = False) -> TelemetryStore: ...


def bounded(buckets: int) -> int:
    """`buckets` of `read_minmax` if it is from 1 to `MOST_BUCKETS`. Raises ValueError for any other."""
    if not 1 <= buckets <= MOST_BUCKETS:
        raise ValueError(f"a picture has 1 to {MOST_BUCKETS} parts, not {buckets}")
    return buckets


def keep(store: TelemetryStore, batch: ReadingBatch) -> NDArray[np.bool_]:
    """Store what is not stored yet of the batch; marks the rows that were. Errors as those of `fresh` and `write`."""
    fresh = store.fresh(batch)
    store.write(batch.take(fresh))
    return fresh
