"""From packets to frames: what is good as columns, what is not as refusals, by partition."""

from __future__ import annotations

from collections import defaultdict

from ingest.gateway.gather import Columns
from ingest.gateway.known import KnownDevices
from ingest.gateway.packets import Packets
from ingest.gateway.payload import PayloadReader
from ingest.reading import Frame


class Validator:
    """Turns packets into frames, one for each partition that has any."""

    def __init__(self, tenant: str, reader: PayloadReader, known: KnownDevices, partitions: int) -> None:
        self._tenant = tenant
        self._partitions = partitions
        self._reader = reader
        self._known = known

    def frames(self, packets: Packets, received_ms: int) -> dict[int, Frame]:
        """The frames of `packets` by partition, readings in the order of arrival."""
        pairs = [(topic.decode("utf-8", "replace"), payload) for topic, payload in packets.pairs()]
        named = (self._reader.router.device_of(topic) for topic, _payload in pairs)
        self._known.look_up(name for name in named if name is not None)
        columns: defaultdict[int, Columns] = defaultdict(Columns)
        for topic, payload in pairs:
            self._reader.read(topic, payload, received_ms, columns.__getitem__)
        return {at: found.frame(received_ms) for at, found in columns.items()}
