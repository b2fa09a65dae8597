"""Which rows of a batch are new: the duplicate check that every store shares, on whole columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ingest.reading import SIGNAL_BITS, ReadingBatch

NEVER = np.iinfo(np.int64).min
MOST_MS = 9_214_646_400_000  # 1 January 2262: servers count nanoseconds in 64 bits
_TYPES = tuple(map(np.dtype, ("int64", "int64", "float64", "uint8", "int64")))


def check_contract(batch: ReadingBatch) -> None:
    """Raises ValueError when the batch breaks the contract of `ReadingBatch`; a store must not keep nonsense."""
    columns = (batch.series, batch.ts, batch.value, batch.quality, batch.seq)
    if len({len(column) for column in columns}) != 1:
        raise ValueError("the columns of a batch have different lengths")
    if tuple(column.dtype for column in columns) != _TYPES:
        raise ValueError("the columns of a batch have other types than `ReadingBatch` says")
    if not len(batch):
        return
    if batch.series.min() < 0:
        raise ValueError("a series number is negative")
    if batch.ts.min() <= 0 or batch.ts.max() >= MOST_MS:  # servers take 0 for "now"
        raise ValueError("an event time is outside the years 1970 to 2261")
    if not np.isfinite(batch.value).all():
        raise ValueError("a value is not finite")


def sort_order(batch: ReadingBatch) -> NDArray[np.int64]:
    """Positions that sort the batch by (series, ts); rows with one (series, ts) stay in arrival order."""
    return np.lexsort((batch.ts, batch.series))


def first_of_each(batch: ReadingBatch, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Marks the first row in arrival order of each (series, ts); `order` as from `sort_order`."""
    series, ts = batch.series[order], batch.ts[order]
    first = np.ones(len(batch), np.bool_)
    first[order[1:]] = (series[1:] != series[:-1]) | (ts[1:] != ts[:-1])
    return first


class Newest:
    """For each series seen, a time that no stored reading of it is newer than.

    A row above it is new without asking the store. Too high only costs a look-up, too low would store a duplicate:
    so it is advanced before a write. An unknown series is at `NEVER`, and means nothing: ask the store.
    """

    def __init__(self) -> None:
        self._series: NDArray[np.int64] = np.empty(0, np.int64)
        self._ts: NDArray[np.int64] = np.empty(0, np.int64)

    def of(self, series: NDArray[np.int64]) -> NDArray[np.int64]:
        """The newest time of each of `series`, `NEVER` where unknown."""
        if not len(self._series):
            return np.full(len(series), NEVER)
        place = np.searchsorted(self._series, series).clip(max=len(self._series) - 1)
        return np.where(self._series[place] == series, self._ts[place], NEVER)

    def advance(self, series: NDArray[np.int64], ts: NDArray[np.int64]) -> None:
        """Take in stored readings, or readings about to be stored, in any order."""
        if not len(series):
            return
        both = np.concatenate([self._series, series])
        times = np.concatenate([self._ts, ts])
        order = np.lexsort((times, both))
        both, times = both[order], times[order]
        last = np.append(both[1:] != both[:-1], True)
        self._series, self._ts = both[last], times[last]

    def forget(self, device_no: int) -> None:
        """Make every series of the device unknown."""
        keep = self._series >> SIGNAL_BITS != device_no
        self._series, self._ts = self._series[keep], self._ts[keep]
