"""Which rows of a batch are new: the duplicate check that every store shares, on whole columns."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ingest.reading import SIGNAL_BITS, ReadingBatch
from ingest.store import kernels

MOST_MS = 9_214_646_400_000  # 1 January 2262: servers count nanoseconds in 64 bits
UNKNOWN = np.iinfo(np.int64).max
FIRST_SLOTS = 1024  # grown by doubling; a larger start only costs memory
_TYPES = tuple(map(np.dtype, ("int64", "int64", "float64", "uint8", "int64")))
_FAULTS = (
    "",
    "a series number is negative",
    "an event time is outside the years 1970 to 2261",
    "a value is not finite",
)

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


def check_contract(batch: ReadingBatch) -> None:
    """Raises ValueError when the batch breaks the contract of `ReadingBatch`; a store must not keep nonsense."""
    columns = (batch.series, batch.ts, batch.value, batch.quality, batch.seq)
    if len({len(column) for column in columns}) != 1:
        raise ValueError("the columns of a batch have different lengths")
    if tuple(column.dtype for column in columns) != _TYPES:
        raise ValueError("the columns of a batch have other types than `ReadingBatch` says")
    if fault := kernels.fault(batch.series, batch.ts, batch.value, MOST_MS):  # servers take a time of 0 for "now"
        raise ValueError(_FAULTS[fault])


def sort_order(batch: ReadingBatch) -> Ints:
    """Positions that sort the batch by (series, ts); rows with one (series, ts) stay in arrival order."""
    return np.lexsort((batch.ts, batch.series))


def first_of_each(batch: ReadingBatch, order: Ints) -> Mask:
    """Marks the first row in arrival order of each (series, ts); `order` as from `sort_order`."""
    series, ts = batch.series[order], batch.ts[order]
    first = np.ones(len(batch), np.bool_)
    first[order[1:]] = (series[1:] != series[:-1]) | (ts[1:] != ts[:-1])
    return first


def lowest_and_highest(batch: ReadingBatch, start_ms: int, end_ms: int, buckets: int) -> ReadingBatch:
    """`TelemetryStore.read_minmax` out of readings in memory, sorted by (series, ts)."""
    part = (batch.ts - start_ms) * buckets // (end_ms - start_ms)
    order = np.lexsort((batch.value, part, batch.series))
    series, part = batch.series[order], part[order]
    change = (series[1:] != series[:-1]) | (part[1:] != part[:-1])
    first, last = np.append(True, change), np.append(change, True)
    return batch.take(np.unique(order[first[: len(order)] | last[: len(order)]]))


class Newest:
    """For each series, a time that no stored reading of it is newer than: what is above it is new without asking.

    Too high only costs a look-up, too low would store a duplicate: so it is advanced before a write. A series not
    seen before is at `floor`; at `UNKNOWN` until `learn` tells, and all its rows are looked up. Not thread-safe.
    """

    def __init__(self, floor: int = UNKNOWN) -> None:
        self.floor = floor
        self._count = 0
        self._ranked = 0
        self._rank: Ints = np.empty(0, np.int64)
        self._found: tuple[Ints, Ints] | None = None
        self._grow(FIRST_SLOTS)
        self._warm()

    def fresh(self, batch: ReadingBatch, stored: Callable[[ReadingBatch], Mask]) -> Mask:
        """Marks the first row of each (series, ts) that is not stored; `stored` is asked for the doubtful rows only.

        It is given rows with different (series, ts), and marks those that are stored.
        """
        slot = self._slots_of(batch.series)
        fresh = np.zeros(len(batch), np.bool_)
        messy = np.empty(len(self._names), np.bool_)
        top = np.empty(len(self._names), np.int64)
        if kernels.mark_new(slot, batch.ts, self._ts, top, fresh, messy):
            theirs = np.flatnonzero(messy[slot])
            rows = batch.take(theirs)
            first = first_of_each(rows, sort_order(rows))
            doubtful = np.flatnonzero(first & (rows.ts <= self._ts[slot[theirs]]))
            if len(doubtful):
                first[doubtful] = ~stored(rows.take(doubtful))
            fresh[theirs] = first
        return fresh

    def unknown(self, series: Ints) -> Ints:
        """Those of `series` at `UNKNOWN`, each once."""
        slot = self._slots_of(series)
        return np.unique(series[self._ts[slot] == UNKNOWN])

    def learn(self, series: Ints, ts: Ints) -> None:
        """Take over the newest stored time of each of `series`, which are different."""
        self._ts[self._slots_of(series)] = ts

    def advance(self, rows: ReadingBatch) -> None:
        """Take in readings about to be stored, in any order."""
        kernels.advance(self._slots_of(rows.series), rows.ts, self._ts)

    def order(self, rows: ReadingBatch) -> Ints:
        """Positions that sort rows, which have different (series, ts), by these."""
        slot = self._slots_of(rows.series)
        if self._ranked != self._count:
            self._rank = np.empty(self._count, np.int64)
            self._rank[np.argsort(self._names[: self._count])] = np.arange(self._count)
            self._ranked = self._count
        order = np.empty(len(rows), np.int64)
        kernels.sort_rows(slot, rows.ts, self._rank, order)
        return order

    def forget(self, device_no: int | None = None) -> None:
        """Put every series, or those of the device, back to `floor`."""
        mine = slice(None) if device_no is None else self._names >> SIGNAL_BITS == device_no
        self._ts[mine] = self.floor

    def _slots_of(self, series: Ints) -> Ints:
        """The slot of each row; remembered for the column asked for last, which a flush asks for three times."""
        if self._found and self._found[0] is series:
            return self._found[1]
        found = np.empty(len(series), np.int64)
        at = 0
        while True:
            self._count, at = kernels.slots_of(self._keys, self._slots, self._names, self._count, series, found, at)
            if at == len(series):
                self._found = series, found
                return found
            self._grow(2 * len(self._names))

    def _grow(self, size: int) -> None:
        """Make room for `size` series: a table twice that long, which keeps the ways in it short."""
        names, ts = np.full(size, kernels.EMPTY), np.full(size, self.floor)
        if self._count:
            names[: self._count], ts[: self._count] = self._names[: self._count], self._ts[: self._count]
        self._names: Ints = names
        self._ts: Ints = ts
        self._keys: Ints = np.full(2 * size, kernels.EMPTY)
        self._slots: Ints = np.zeros(2 * size, np.int64)
        kernels.rehash(self._keys, self._slots, self._names, self._count)

    def _warm(self) -> None:
        """Compile what the first batch would wait for; the machine code is kept on disk for the next process."""
        none = ReadingBatch.empty()
        check_contract(none)
        self.fresh(none, lambda rows: np.zeros(len(rows), np.bool_))
        self.advance(none)
        self.order(none)
