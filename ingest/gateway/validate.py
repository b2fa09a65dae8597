"""From packets to frames: what is good as columns, what is not as refusals, by partition.

Two ways lead there and give the same: `fast`, compiled, for payloads that are plainly good, which is nearly all; and
`payload`, in Python, for every other topic, format, device and payload.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest import metrics
from ingest.config import Config
from ingest.gateway.fast.batch import FastReader, Taken
from ingest.gateway.fast.message import Window
from ingest.gateway.fast.slots import CODED_READINGS, locate
from ingest.gateway.flood import Flood
from ingest.gateway.gather import Columns
from ingest.gateway.known import DeviceTable, KnownDevices
from ingest.gateway.message import AHEAD_MS, NO_CLOCK_MS, STALE_MS
from ingest.gateway.packets import Packets
from ingest.gateway.payload import MOST_READINGS, PayloadReader, limits_of
from ingest.gateway.routes import Router
from ingest.reading import Frame
from ingest.wire.codecs.forewarn_json import ForewarnJson

_NONE = np.empty(0, np.int64)


class Validator:
    """Turns packets into frames, one for each partition that has any. One thread at a time."""

    def __init__(self, reader: PayloadReader, known: KnownDevices, flood: Flood | None = None) -> None:
        """Without `flood` no device is throttled."""
        self.reader = reader
        self._known = known
        self._flood = flood
        self._fast = FastReader(reader.limits.payload_bytes, MOST_READINGS)
        self._native = reader.router.default.name == ForewarnJson.name

    def frames(self, packets: Packets, received_ms: int) -> dict[int, Frame]:
        """The frames of `packets` by partition, readings in the order of arrival."""
        packets, table = packets.plain(), self._known.table
        located = locate(table.slots, packets.data, packets.topic_at, packets.topic_len)
        self._look_up(packets, located, table)
        passed = np.ones(len(packets), np.bool_)
        if self._flood is not None:
            passed = self._flood.admit(located, len(table.names), received_ms)
        taken = self._fast.read(packets, located, passed & self._native, table, self._window(received_ms))
        gathered = _Gathered(taken)
        left = np.flatnonzero(passed & ~gathered.done(len(packets))).tolist()
        metrics.messages_slow.inc(len(left))
        for packet in left:
            self._read(packets, packet, received_ms, gathered)
        if not passed.all():
            self._throttled(packets, located, passed, table, gathered)
        return gathered.frames(received_ms)

    def _window(self, received_ms: int) -> Window:
        oldest = max(received_ms - self.reader.limits.history_ms, NO_CLOCK_MS)
        return Window(oldest, max(received_ms - STALE_MS, oldest), received_ms + AHEAD_MS)

    def _look_up(self, packets: Packets, located: Any, table: DeviceTable) -> None:
        """Ask the registry for devices that the table does not have, and give foreign topics their device's slot."""
        names = {at: self._device_of(packets.topic(at)) for at in np.flatnonzero(located.slot < 0).tolist()}
        if names:
            self._known.look_up(name for name in names.values() if name is not None)
        for packet, name in names.items():
            located.slot[packet], located.channel[packet] = table.slot(name), CODED_READINGS

    def _read(self, packets: Packets, packet: int, received_ms: int, gathered: _Gathered) -> None:
        """One packet the slow way."""
        topic = packets.topic(packet).decode("utf-8", "replace")
        self.reader.read(topic, packets.payload(packet), received_ms, lambda at: gathered.of(at, packet))

    def _throttled(
        self, packets: Packets, located: Any, passed: NDArray[np.bool_], table: DeviceTable, gathered: _Gathered
    ) -> None:
        """One refusal for each device that sent too much, with the first of its messages that did not pass."""
        refused = np.flatnonzero(~passed)
        slots, first, count = np.unique(located.slot[refused], return_index=True, return_counts=True)
        for slot, packet, messages in zip(slots.tolist(), refused[first].tolist(), count.tolist(), strict=True):
            into = gathered.of(int(table.slots.partition[slot]), packet)
            into.received += messages
            into.throttle(table.names[slot], packets.topic(packet), packets.payload(packet), messages)

    def _device_of(self, topic: bytes) -> str | None:
        return self.reader.router.device_of(topic.decode("utf-8", "replace"))


def validator_of(config: Config, tenant: str, known: KnownDevices, partitions: int) -> Validator:
    """The validator of an installation, compiled. Raises RouteInvalid or PluginError when the settings cannot work."""
    reader = PayloadReader(Router(tenant, config), known, limits_of(config), partitions)
    validator = Validator(reader, known, Flood(config.device_rate, config.device_burst))
    validator.frames(Packets.of([]), 0)  # compiling takes seconds, which no device should wait for
    return validator


class _Gathered:
    """What both ways made of one batch."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self._columns: dict[int, Columns] = {}

    def done(self, packets: int) -> NDArray[np.bool_]:
        """Which of the packets the fast way has taken."""
        done = np.zeros(packets, np.bool_)
        done[self._taken.packets[self._taken.opened > 0]] = True
        return done

    def of(self, partition: int, packet: int) -> Columns:
        """Where the slow way puts what it finds in this packet."""
        into = self._columns.get(partition)
        if into is None:
            into = self._columns[partition] = Columns()
        into.begin(packet)
        return into

    def frames(self, received_ms: int) -> dict[int, Frame]:
        """The frames, by partition."""
        taken = self._taken
        fast = np.flatnonzero(np.bincount(taken.partition, taken.opened > 0)) if len(taken.packets) else _NONE
        frames: dict[int, Frame] = {}
        for partition in sorted({*fast.tolist(), *self._columns}):
            into = self._columns.get(partition) or Columns()
            first, last = np.searchsorted(taken.partition, [partition, partition + 1]).tolist()
            start = int(taken.end[first - 1]) if first else 0
            ends = taken.end[first:last] - start
            readings = taken.readings.cut(start, start + int(ends[-1]) if len(ends) else start)
            into.received += int(taken.opened[first:last].sum())
            frames[partition] = into.frame(received_ms, readings, taken.packets[first:last], ends)
        return frames
