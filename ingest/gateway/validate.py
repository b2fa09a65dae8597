"""From packets to frames: what is good as columns, what is not as refusals, by partition."""

from __future__ import annotations

from ingest.gateway.gather import Columns
from ingest.gateway.known import KnownDevices
from ingest.gateway.packets import Packets
from ingest.gateway.payload import PayloadReader
from ingest.log.protocol import partition_of
from ingest.reading import Frame
from ingest.wire import topics


class Validator:
    """Turns packets into frames, one for each partition that has any."""

    def __init__(self, tenant: str, reader: PayloadReader, known: KnownDevices, partitions: int) -> None:
        self._tenant = tenant
        self._reader = reader
        self._known = known
        self._partitions = partitions

    def frames(self, packets: Packets, received_ms: int) -> dict[int, Frame]:
        """The frames of `packets` by partition, readings in the order of arrival."""
        pairs = [(topic.decode("utf-8", "replace"), payload) for topic, payload in packets.pairs()]
        taken = [(topics.device_of(topic, self._tenant), topic, payload) for topic, payload in pairs]
        self._known.look_up(name for name, _topic, _payload in taken if name is not None)
        columns: dict[int, Columns] = {}
        for name, topic, payload in taken:
            known = self._known.get(name) if name is not None else None
            at = known.partition if known else partition_of(self._tenant, name or "", self._partitions)
            into = columns.get(at)
            if into is None:
                into = columns[at] = Columns()
            if name is None:
                into.received += 1
                into.refuse("bad_topic", topic)
            else:
                self._reader.read(name, known, payload, received_ms, into)
            into.end_payload(name or "", topic, payload)
        return {at: found.frame(received_ms) for at, found in columns.items()}
