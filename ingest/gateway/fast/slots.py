"""Devices by slot: columns of what the kernel must know, and a hash table from the bytes of a topic to the slot.

A slot is a device's place in these columns for the life of the process, so that what is remembered about a device
by slot outlives a new reading of the registry. Topics are compared byte for byte; the hash only says where to look.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.gateway.fast.machine import kernel, part
from ingest.wire import topics

UNKNOWN = -1
READINGS, CODED_READINGS, OTHER = range(3)
"""Channels of a device: its telemetry, its telemetry in a named codec, anything else of its own."""

_SLASH = ord("/")
_TELEMETRY = np.frombuffer(topics.TELEMETRY.encode(), np.uint8)

Slots = namedtuple(  # noqa: PYI024 - what Numba takes
    "Slots", ["prefix", "cell", "text", "name_at", "name_len", "base", "partition", "type_no"]
)
"""prefix    uint8: what the topics of the tenant begin with
cell      int32: hash table, -1 or a slot; a power of two long
text      uint8: the names; name_at, name_len  int64: by slot, where in `text`
base      int64: the device's number shifted into series numbers · partition  int64: of the log, -1: nobody's slot
type_no   int64: of the `Schema`, -1: a device that is read the slow way
"""

Located = namedtuple("Located", ["slot", "channel", "name_at", "name_len"])  # noqa: PYI024
"""By packet, int64: the device (or `UNKNOWN`), the channel, and where its name stands in the packets' bytes."""


def slots_of(tenant: str, slot_of: Mapping[str, int], rows: Sequence[tuple[str, int, int, int]]) -> Any:
    """The `Slots` of devices, each given by its name, base, partition and type number (-1 for the slow way).

    `slot_of` gives every name its slot, and may know more names than there are devices.
    """
    count = max(slot_of.values(), default=-1) + 1
    name_at, name_len, base = (np.zeros(count, np.int64) for _ in range(3))
    partition, type_no = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    text = b"".join(name.encode() for name, *_rest in rows)
    at = 0
    for name, device_base, device_partition, device_type in rows:
        slot = slot_of[name]
        name_at[slot], name_len[slot] = at, len(name.encode())
        base[slot], partition[slot], type_no[slot] = device_base, device_partition, device_type
        at += len(name.encode())
    cell = np.full(1 << max(2 * count, 2).bit_length(), -1, np.int32)
    blob = np.frombuffer(text + b"\0", np.uint8)
    _enter(cell, blob, name_at, name_len, partition)
    prefix = np.frombuffer(f"{topics.PREFIX}/{tenant}/".encode(), np.uint8)
    return Slots(prefix, cell, blob, name_at, name_len, base, partition, type_no)


@kernel
def _enter(cell, text, name_at, name_len, partition):  # type: ignore[no-untyped-def]
    for slot in range(len(name_at)):
        if partition[slot] < 0:
            continue
        mixed = np.uint64(0)
        for at in range(name_at[slot], name_at[slot] + name_len[slot]):
            mixed = _mix(mixed, text[at])
        at = _place(mixed, len(cell))
        while cell[at] >= 0:
            at = (at + 1) & (len(cell) - 1)
        cell[at] = slot


@part
def _mix(mixed, byte):  # type: ignore[no-untyped-def]
    return (mixed ^ np.uint64(byte)) * np.uint64(0x9E3779B97F4A7C15)


@part
def _place(mixed, size):  # type: ignore[no-untyped-def]
    return np.int64((mixed ^ mixed >> np.uint64(32)) & np.uint64(size - 1))


@part
def _slot(slots, mixed, data, at, length):  # type: ignore[no-untyped-def]
    """The device whose name stands at `at`, or `UNKNOWN`."""
    size = len(slots.cell)
    place = _place(mixed, size)
    while slots.cell[place] >= 0:
        slot = np.int64(slots.cell[place])
        if slots.name_len[slot] == length:
            start, n = slots.name_at[slot], 0
            while n < length and data[at + n] == slots.text[start + n]:
                n += 1
            if n == length:
                return slot
        place = (place + 1) & (size - 1)
    return np.int64(UNKNOWN)


@part
def _begins(data, at, end, text):  # type: ignore[no-untyped-def]
    if end - at < len(text):
        return False
    n = 0
    while n < len(text) and data[at + n] == text[n]:
        n += 1
    return n == len(text)


@part
def _channel(data, at, end):  # type: ignore[no-untyped-def]
    if not _begins(data, at, end, _TELEMETRY):
        return OTHER
    at += len(_TELEMETRY)
    if at == end:
        return READINGS
    return CODED_READINGS if data[at] == _SLASH else OTHER


@kernel
def _locate(slots, data, topic_at, topic_len, found):  # type: ignore[no-untyped-def]
    for packet in range(len(topic_at)):
        at = topic_at[packet]
        end = at + topic_len[packet]
        found.slot[packet] = UNKNOWN
        found.channel[packet] = OTHER
        if not _begins(data, at, end, slots.prefix):
            continue
        at += len(slots.prefix)
        start, mixed = at, np.uint64(0)
        while at < end and data[at] != _SLASH:
            mixed = _mix(mixed, data[at])
            at += 1
        if at == end:
            continue
        found.slot[packet] = _slot(slots, mixed, data, start, at - start)
        found.channel[packet] = _channel(data, at + 1, end)
        found.name_at[packet] = start
        found.name_len[packet] = at - start


def locate(slots: Any, data: NDArray[np.uint8], topic_at: NDArray[np.int64], topic_len: NDArray[np.int64]) -> Any:
    """Whose topics these are: a `Located`."""
    found = Located(*(np.empty(len(topic_at), np.int64) for _ in Located._fields))
    _locate(slots, data, topic_at, topic_len, found)
    return found
