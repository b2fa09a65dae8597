"""Compiled passes over the columns of a batch: which slot a series has, which rows are surely new, in which order."""

from __future__ import annotations

import numpy as np
from numba import njit

EMPTY = -1  # a free place of the table; series numbers are not negative
_SPREAD = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio (Knuth, TAOCP 3, 6.4): neighbours land far apart


@njit(cache=True, nogil=True)
def place_of(keys, series):  # type: ignore[no-untyped-def]
    """Where `series` is in the table, or the free place where it belongs; the table is never full."""
    at = (np.uint64(series) * np.uint64(_SPREAD)) >> np.uint64(20) & np.uint64(len(keys) - 1)
    while keys[at] != EMPTY and keys[at] != series:
        at = (at + np.uint64(1)) & np.uint64(len(keys) - 1)
    return at


@njit(cache=True, nogil=True)
def slots_of(keys, slots, names, count, series, found, start):  # type: ignore[no-untyped-def]  # noqa: PLR0917 - a kernel sees columns
    """Fill `found` from `start` on with the slot of each series; a series not seen before gets the next one.

    Returns how many slots there are and up to where `found` is filled: short of its end when `names` is full.
    """
    for i in range(start, len(series)):
        at = place_of(keys, series[i])
        if keys[at] == EMPTY:
            if count == len(names):
                return count, i
            keys[at], slots[at], names[count] = series[i], count, series[i]
            count += 1
        found[i] = slots[at]
    return count, len(series)


@njit(cache=True, nogil=True)
def rehash(keys, slots, names, count):  # type: ignore[no-untyped-def]
    """Enter all names into an empty, larger table."""
    for slot in range(count):
        at = place_of(keys, names[slot])
        keys[at], slots[at] = names[slot], slot


@njit(cache=True, nogil=True)
def mark_new(slot, ts, newest, top, fresh, messy):  # type: ignore[no-untyped-def]  # noqa: PLR0917 - a kernel sees columns
    """Mark in `fresh` the rows newer than all before them, stored or in the batch; flag the slots of others `messy`.

    `top` is working space, one for each slot. Returns how many rows are not marked.
    """
    for i in range(len(slot)):
        top[slot[i]] = newest[slot[i]]
        messy[slot[i]] = False
    left = 0
    for i in range(len(slot)):
        if ts[i] > top[slot[i]]:
            fresh[i] = True
            top[slot[i]] = ts[i]
        else:
            messy[slot[i]] = True
            left += 1
    return left


@njit(cache=True, nogil=True)
def advance(slot, ts, newest):  # type: ignore[no-untyped-def]
    """Raise the newest time of each slot to those of the rows."""
    for i in range(len(slot)):
        newest[slot[i]] = max(newest[slot[i]], ts[i])


@njit(cache=True, nogil=True)
def sort_rows(slot, ts, rank, order):  # type: ignore[no-untyped-def]
    """Fill `order` with positions that sort the rows by (rank of the slot, ts): a counting sort by series."""
    starts = np.zeros(len(rank) + 1, np.int64)
    for i in range(len(slot)):
        starts[rank[slot[i]] + 1] += 1
    for r in range(len(rank)):
        starts[r + 1] += starts[r]
    for i in range(len(slot)):
        r = rank[slot[i]]
        order[starts[r]] = i
        starts[r] += 1  # each start ends up where the next series begins
    begin = 0
    for r in range(len(rank)):
        end = starts[r]
        for k in range(begin + 1, end):
            if ts[order[k]] < ts[order[k - 1]]:
                rows = order[begin:end].copy()
                order[begin:end] = rows[np.argsort(ts[rows], kind="mergesort")]
                break
        begin = end


@njit(cache=True, nogil=True)
def fault(series, ts, value, most):  # type: ignore[no-untyped-def]
    """What is wrong with a batch: 1 a negative series, 2 a time outside ``0 < ts < most``, 3 a value; 0 nothing."""
    for i in range(len(series)):
        if series[i] < 0:
            return 1
        if ts[i] <= 0 or ts[i] >= most:
            return 2
        if not np.isfinite(value[i]):
            return 3
    return 0
