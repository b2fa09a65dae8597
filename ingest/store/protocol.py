"""The contract of a telemetry store: what every store promises, whatever keeps the readings underneath."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.reading import ReadingBatch
from kit.settings import Settings


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch: ``stored + duplicate`` is its length, `fresh` marks the rows that were stored."""

    stored: int
    duplicate: int
    fresh: NDArray[np.bool_]


class TelemetryStore(Protocol):
    """Keeps readings by (series, event time). One process writes at a time, any number read meanwhile.

    Every method raises StoreUnavailable while the store cannot be reached, and can be called again later.
    """

    def write(self, batch: ReadingBatch) -> Written:
        """Store the readings whose (series, ts) is not stored yet; durable when this returns.

        Of several rows with one (series, ts), in the batch or over time, the first wins and the others count as
        duplicate. After an error any part of the batch may be stored, never part of a reading: write the same batch
        again. Order does not matter.
        Raises StoreFull when there is no room, StoreRefused when a server does not accept the readings as it is
        set up, and ValueError when the batch breaks the contract of `ReadingBatch` (a value that is not finite, a
        time outside the years 1970 to 2261): that is a bug of the caller.
        """
        ...

    def read(self, series: Sequence[int], start_ms: int, end_ms: int) -> ReadingBatch:
        """The readings of `series` with ``start_ms <= ts < end_ms``, sorted by (series, ts), each (series, ts) once."""
        ...

    def latest(self, series: Sequence[int]) -> ReadingBatch:
        """The newest reading of each of `series` that has one, sorted by series."""
        ...

    def erase(self, device_no: int) -> int:
        """Remove every reading of the device for good; how many there were. Only for the process that writes."""
        ...

    def count(self) -> int:
        """How many readings are stored."""
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
