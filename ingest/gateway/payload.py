"""One payload at a time, in Python: every topic and format that the fast way does not know, and every odd payload."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from ingest import metrics
from ingest.config import Config
from ingest.gateway import contain
from ingest.gateway.gather import Columns
from ingest.gateway.judge import Refused, event_time
from ingest.gateway.known import Known, KnownDevices
from ingest.gateway.message import AHEAD_MS, MessageReader
from ingest.gateway.routes import Router, Way
from ingest.log.protocol import partition_of
from ingest.reading import DeviceEvent
from ingest.wire import topics
from ingest.wire.message import Heard, Message, Said

MOST_READINGS = 100_000  # in one payload; fewer cuts long backfills, more lets one payload fill a flush
MOST_REPLIES = 1000  # waiting to be published, the newest; a dialect asks again for what did not fit

ColumnsOf = Callable[[int], Columns]
"""Gives what is being gathered for a partition."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the gateway takes."""

    payload_bytes: int
    history_ms: int


def limits_of(config: Config) -> Limits:
    """The limits of an installation."""
    return Limits(config.max_payload_kb * 1024, config.history_days * 86_400_000)


@dataclass(frozen=True, slots=True)
class _Payload:
    """What is being read, and where it goes."""

    topic: str
    content: bytes
    received_ms: int
    columns_of: ColumnsOf


class PayloadReader:
    """Opens payloads of every known format. One thread: it and the dialects remember what devices said before.

    `replies` are what dialects want published, ``(topic, payload)``; whoever publishes takes them off its left end.
    """

    def __init__(self, router: Router, known: KnownDevices, limits: Limits, partitions: int) -> None:
        self.router = router
        self._known = known
        self.limits = limits
        self._partitions = partitions
        self._messages = MessageReader(limits.history_ms)
        self.replies: deque[tuple[str, bytes]] = deque(maxlen=MOST_REPLIES)

    def read(self, topic: str, payload: bytes, received_ms: int, columns_of: ColumnsOf) -> None:
        """Take one payload: each of its readings ends in a column or in a refusal. Never raises for bad input."""
        at = _Payload(topic, payload, received_ms, columns_of)
        way = self.router.find(topic)
        named = way.device if way else None
        try:
            heard = self._hear(at, way)
        except Refused as no:
            self._refuse(at, named, [(no.reason, no.detail, 1)])
        else:
            self._take(at, named, heard)

    def _hear(self, at: _Payload, way: Way | None) -> Heard:
        """What the payload means. Raises Refused when it cannot be read at all."""
        if way is None:
            raise Refused("bad_topic", at.topic)
        if len(at.content) > self.limits.payload_bytes:
            raise Refused("too_large", f"{len(at.content):,} bytes")
        return contain.hear(way, at.topic, at.content, at.received_ms)

    def _take(self, at: _Payload, named: str | None, heard: Heard) -> None:
        at.columns_of(self._partition(named or ""))  # an empty payload, too, is heard: its frame says so
        metrics.messages_missed.inc(heard.missed)
        self.replies.extend(heard.replies)
        many = sum(max(len(message.signals), 1) for message in heard.messages)
        refused = []
        if heard.broken:
            refused.append(("undecodable", heard.broken[0], len(heard.broken)))
        if heard.unannounced:
            refused.append(("unannounced", heard.unannounced[0], len(heard.unannounced)))
        if many > MOST_READINGS:
            refused.append(("too_many", f"{many:,} readings", many))
        if refused:
            self._refuse(at, named, refused)
        if many <= MOST_READINGS:
            for name, messages in groupby(heard.messages, lambda message: named or message.device or ""):
                self._read_messages(at, name, list(messages))
        for said in heard.said:
            self._read_event(at, said)

    def _refuse(self, at: _Payload, name: str | None, reasons: list[tuple[str, str, int]]) -> None:
        """Refuse ``(reason, detail, count)`` of a payload without looking at its readings."""
        into = at.columns_of(self._partition(name or ""))
        for reason, detail, count in reasons:
            into.received += count
            into.refuse(reason, detail, count)
        into.end_payload(name or "", at.topic, at.content)

    def _read_messages(self, at: _Payload, name: str, messages: list[Message]) -> None:
        """Take the messages of one device of a payload."""
        known = self._find(name)
        into = at.columns_of(self._partition(name))
        if known is not None and not known.revoked:
            self._messages.take_all(known, messages, at.received_ms, into)
        else:
            count = sum(max(len(message.signals), 1) for message in messages)
            into.received += count
            into.refuse(_stranger(known), name, count)
        into.end_payload(name, at.topic, at.content)

    def _read_event(self, at: _Payload, said: Said) -> None:
        known = self._find(said.device)
        if known is None or known.revoked:
            if at.topic.startswith(topics.PREFIX):  # a foreign node that comes or goes need be no device of ours
                self._refuse(at, said.device, [(_stranger(known), said.device, 1)])
            return
        event = DeviceEvent(said.device, said.kind, self._event_ms(said, at.received_ms), said.body)
        at.columns_of(self._partition(said.device)).events.append(event)

    def _event_ms(self, said: Said, received_ms: int) -> int:
        """The device's own time where it gave a possible one."""
        if said.ts is None:
            return received_ms
        try:
            ts = event_time(said.ts)
        except Refused:
            return received_ms
        return ts if received_ms - self.limits.history_ms <= ts <= received_ms + AHEAD_MS else received_ms

    def _find(self, name: str) -> Known | None:
        known = self._known.get(name)
        if known is None and name:
            self._known.look_up((name,))  # asks at most once a second for each name
            known = self._known.get(name)
        return known

    def _partition(self, name: str) -> int:
        known = self._known.get(name)
        return known.partition if known else partition_of(self.router.tenant, name, self._partitions)


def _stranger(known: Known | None) -> str:
    """The reason for which nothing is taken from a device."""
    return "unknown_device" if known is None else "revoked"
