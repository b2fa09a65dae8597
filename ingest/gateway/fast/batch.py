"""A batch of payloads into one set of columns, in the order of partition and arrival."""

# ruff: noqa: PLR0917 - a kernel sees columns

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.gateway.fast.machine import SOURCES, kernel
from ingest.gateway.fast.message import OPENED, Desk, Rows, Sender, Window, payload
from ingest.gateway.fast.schema import SIGNALS, new_memory
from ingest.gateway.fast.slots import READINGS
from ingest.gateway.packets import Packets
from ingest.reading import ReadingBatch

_LEAST_BYTES = 6  # of one reading in JSON, as in "a":1,


@dataclass(frozen=True, slots=True)
class Taken:
    """What the fast way made of a batch.

    packets    int64: the packets that it tried, by partition and then in order of arrival
    partition  int64: of each of these
    end        int64: of each, where its readings end in `readings`; nothing was taken where that is where they began
    opened     int64: of each, how many readings its payload held, counted as they were met
    readings   all of them
    """

    packets: NDArray[np.int64]
    partition: NDArray[np.int64]
    end: NDArray[np.int64]
    opened: NDArray[np.int64]
    readings: ReadingBatch


class FastReader:
    """Reads the payloads that are plainly good. Remembers nothing but its own working memory."""

    def __init__(self, payload_bytes: int, readings: int) -> None:
        """Payloads of more bytes or readings go the slow way, which refuses them."""
        self._most = (payload_bytes, readings)
        self._schema: Any = None
        self._desk: Any = None
        self._messages = 0

    def read(self, packets: Packets, located: Any, passed: NDArray[np.bool_], table: Any, window: Window) -> Taken:
        """Read the `passed` ones among `packets` that are telemetry of devices in `table`; `located` says whose.

        `table` has the `slots` and the `schema`; `window` the event times that need no second look.
        """
        tried, partition = _in_order(located, passed, table.slots)
        room = int(packets.payload_len[tried].sum()) // _LEAST_BYTES + 1
        out = Rows(
            np.empty(room, np.int64),
            np.empty(room, np.int64),
            np.empty(room, np.float64),
            np.empty(room, np.uint8),
            np.empty(room, np.int64),
        )
        end, opened = np.empty(len(tried), np.int64), np.zeros(len(tried), np.int64)
        where = (tried, packets.payload_at, packets.payload_len, self._most)
        desk = self._desk_for(table.schema)
        stamp = self._messages + 1
        made = (out, end, opened)
        count, stamp = _read(packets.data, where, located, table.slots, table.schema, window, desk, stamp, made)
        self._messages = stamp
        return Taken(tried, partition, end, opened, ReadingBatch(*(column[:count] for column in out)))

    def _desk_for(self, schema: Any) -> Any:
        """The working memory; what was learnt about messages holds for one schema."""
        if schema is not self._schema:
            self._schema = schema
            self._desk = Desk(np.zeros(OPENED + 1, np.int64), np.zeros(SIGNALS, np.int64), new_memory(schema))
        return self._desk


def _in_order(located: Any, passed: NDArray[np.bool_], slots: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The packets that the fast way may try, by partition, and their partitions."""
    chosen = np.flatnonzero(passed & (located.channel == READINGS) & (located.slot >= 0))
    chosen = chosen[slots.type_no[located.slot[chosen]] >= 0]
    partition = slots.partition[located.slot[chosen]]
    order = np.argsort(partition.astype(np.int16), kind="stable")
    return chosen[order], partition[order]


def _compiled(sources: int) -> Any:
    """The kernel, of these sources."""

    @kernel
    def read(data, where, located, slots, schema, window, desk, stamp, made):  # type: ignore[no-untyped-def]
        """Read payloads one after the other; ``(number of rows, next stamp)``."""
        sources  # noqa: B018 - in the closure
        packets, payload_at, payload_len, (most_bytes, most_readings) = where
        out, end, opened = made
        row = 0
        for n in range(len(packets)):
            packet = packets[n]
            slot = located.slot[packet]
            start, length = payload_at[packet], payload_len[packet]
            end[n] = row
            if length > most_bytes:
                continue
            sender = Sender(slots.base[slot], slots.type_no[slot], located.name_at[packet], located.name_len[packet])
            desk.head[OPENED] = 0
            after, stamp = payload(schema, sender, window, desk, stamp, data, start, start + length, out, row)
            if row < after <= row + most_readings:
                opened[n] = desk.head[OPENED]
                end[n] = row = after
        return row, stamp

    return read


_read = _compiled(SOURCES)
