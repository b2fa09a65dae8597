"""Sparkplug B (Eclipse Sparkplug 3.0): ``spBv1.0/<group>/<message type>/<edge node>[/<device>]``, protobuf payloads.

A birth (NBIRTH, DBIRTH) names every metric, with a number (alias) that data messages may use instead; it is announced,
so that the next start of the gateway knows it. Every message of a node counts up to 255 and around: where a number is
left out, messages are missing, and the node is asked to be born again (NCMD ``Node Control/Rebirth``), at most every
`ASK_AGAIN_MS`. A number that stands behind is a repetition and changes nothing but its readings. A death (NDEATH)
counts only with the bdSeq of the last birth: the broker may send an old last will late.

A node's own metrics belong to the identifier of the node, those of a device to the device's: by the template
``{node}.{device}``, of which the node's own is ``{node}``. Control metrics (``Node Control/…``, ``Device Control/…``,
``bdSeq``) are no signals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ingest.errors import Undecodable
from ingest.reading import EventKind
from ingest.wire.dialects.naming import Naming
from ingest.wire.dialects.sparkplug_proto import VALUE, build, parse
from ingest.wire.message import Heard, Message, Said, announcement

ASK_AGAIN_MS = 10_000  # sooner floods a node that is being born already, later leaves its data unread for long
MOST_NODES = 100_000  # remembered; the longest unheard is forgotten, and asked for its birth when it speaks again
REBIRTH = "Node Control/Rebirth"
_BIRTHS = {"NBIRTH", "DBIRTH"}
_DATA = {"NDATA", "DDATA"}
_DEATHS = {"NDEATH", "DDEATH"}
_SIGNED_BITS = {1: 8, 2: 16, 3: 32, 4: 64}  # data types Int8 to Int64, sent as unsigned
_CONTROL = ("Node Control/", "Device Control/")
_BD_SEQ = "bdSeq"


@dataclass(frozen=True, slots=True)
class _Place:
    """What a topic names; `device` is "" for the node itself."""

    group: str
    kind: str
    node: str
    device: str


@dataclass(frozen=True, slots=True)
class _Metric:
    """What a birth said about an alias."""

    device: str
    name: str
    datatype: int


@dataclass(slots=True)
class _Node:
    """What is known of an edge node."""

    aliases: dict[int, _Metric] = field(default_factory=dict)
    types: dict[tuple[str, str], int] = field(default_factory=dict)
    devices: set[str] = field(default_factory=set)
    born: bool = False
    bd_seq: int | None = None
    seq: int | None = None
    asked_ms: int = -ASK_AGAIN_MS


class SparkplugB:
    """Hears Sparkplug B; see the module."""

    name = "sparkplug_b"
    replayable = False  # an alias means what the last birth before the message said

    def __init__(self, prefix: str = "", listen: tuple[str, ...] = (), device: str = "") -> None:
        """`prefix` is the namespace, usually ``spBv1.0``; `listen` may narrow what is heard. Raises RouteInvalid."""
        self._prefix = prefix or "spBv1.0"
        self._filters = listen or tuple(
            f"{self._prefix}/+/{kind}/{'+' if kind[0] == 'N' else '+/+'}" for kind in sorted(_BIRTHS | _DATA | _DEATHS)
        )
        self._naming = Naming(device or "{node}.{device}", ("group", "node", "device"))
        self._nodes: dict[tuple[str, str], _Node] = {}

    def subscriptions(self) -> tuple[str, ...]:
        return self._filters

    def device_of(self, topic: str) -> str | None:
        place = self._place(topic)
        return self._identifier(place) if place else None

    def hear(self, topic: str, payload: bytes, received_ms: int) -> Heard:
        place = self._place(topic)
        if place is None:
            raise Undecodable(self.name, "the topic is none of Sparkplug's telemetry")
        try:
            content = parse(payload)
        except ValueError as error:
            raise Undecodable(self.name, str(error)) from None
        node = self._node(place)
        if place.kind == "NDEATH":
            return self._node_death(place, node, content)
        first = place.kind == "NBIRTH"
        missed = 0 if first else _missed(node, content)
        unborn = not first and not node.born
        _count(place, node, content)
        if place.kind == "DDEATH":
            node.devices.discard(place.device)
            heard = Heard(said=self._said(place.node, place.group, [place.device], EventKind.OFFLINE))
        elif place.kind in _BIRTHS:
            heard = self._birth(topic, payload, place, node, content)
        else:
            heard = self._data(place, node, content)
        ask = bool(missed or heard.unannounced or unborn)
        replies = self._ask(place, node, received_ms) if ask else ()
        return Heard(heard.messages, heard.said, replies, heard.broken, heard.unannounced, missed)

    def remember(self, announcements: Iterable[tuple[str, bytes]]) -> None:
        places = [(self._place(topic), payload) for topic, payload in announcements]
        for place, payload in sorted(
            ((place, payload) for place, payload in places if place), key=lambda pair: pair[0].kind, reverse=True
        ):  # NBIRTH before DBIRTH: a node's birth forgets its devices'
            try:
                content = parse(payload)
            except ValueError:
                continue
            if place.kind in _BIRTHS:
                self._learn(place, self._node(place), content)

    def _place(self, topic: str) -> _Place | None:
        parts = topic.removeprefix(self._prefix + "/").split("/")
        if not topic.startswith(self._prefix + "/") or not 3 <= len(parts) <= 4 or not all(parts):
            return None
        group, kind, node = parts[:3]
        device = parts[3] if len(parts) == 4 else ""
        if kind not in _BIRTHS | _DATA | _DEATHS or (kind[0] == "D") != bool(device):
            return None
        return _Place(group, kind, node, device)

    def _identifier(self, place: _Place) -> str | None:
        return self._naming.identifier(group=place.group, node=place.node, device=place.device)

    def _node(self, place: _Place) -> _Node:
        """The state of the node, which is now the one heard last."""
        key = (place.group, place.node)
        node = self._nodes.pop(key, None) or _Node()
        self._nodes[key] = node
        if len(self._nodes) > MOST_NODES:
            del self._nodes[next(iter(self._nodes))]
        return node

    def _learn(self, place: _Place, node: _Node, content: Any) -> None:
        """Take up what a birth says; a device's says that its node was born, even if that was not remembered."""
        node.born = True
        if place.kind == "NBIRTH":
            node.aliases.clear()
            node.types.clear()
            node.devices.clear()
            node.bd_seq = _bd_seq(content)
        else:
            node.devices.add(place.device)
            node.aliases = {a: metric for a, metric in node.aliases.items() if metric.device != place.device}
        for metric in content.metrics:
            if metric.HasField("name"):
                node.types[place.device, metric.name] = metric.datatype
                if metric.HasField("alias"):
                    node.aliases[metric.alias] = _Metric(place.device, metric.name, metric.datatype)

    def _birth(self, topic: str, payload: bytes, place: _Place, node: _Node, content: Any) -> Heard:
        self._learn(place, node, content)
        heard = self._data(place, node, content)
        identifier = self._identifier(place) or ""
        online = self._said(place.node, place.group, [place.device], EventKind.ONLINE)
        announced = Said(identifier, EventKind.ANNOUNCEMENT, announcement(topic, payload))
        return Heard(heard.messages, (announced, *online), (), heard.broken, heard.unannounced)

    def _data(self, place: _Place, node: _Node, content: Any) -> Heard:
        """The readings of a message, one `Message` for each time; a name that comes twice at one time gets its own."""
        device = self._identifier(place) or ""
        overall = content.timestamp if content.HasField("timestamp") else None
        messages: dict[tuple[int | None, bool], Message] = {}
        spare: list[Message] = []
        unannounced: list[str] = []
        for metric in content.metrics:
            known = node.aliases.get(metric.alias) if metric.HasField("alias") else None
            name = metric.name or (known.name if known and known.device == place.device else "")
            if not name:
                unannounced.append(f"alias {metric.alias} of {place.node}")
                continue
            if name == _BD_SEQ or name.startswith(_CONTROL):
                continue
            datatype = metric.datatype or (known.datatype if known else node.types.get((place.device, name), 0))
            key = metric.timestamp if metric.HasField("timestamp") else overall, metric.is_historical
            at = messages.get(key)
            if at is None:
                at = messages[key] = _message(device, *key)
            elif name in at.signals:
                at = _message(device, *key)
                spare.append(at)
            at.signals[name] = _value(metric, datatype)
        return Heard((*messages.values(), *spare), unannounced=tuple(unannounced))

    def _node_death(self, place: _Place, node: _Node, content: Any) -> Heard:
        number = _bd_seq(content)
        if number is not None and node.bd_seq is not None and number != node.bd_seq:
            return Heard()  # the last will of an earlier connection
        gone = ["", *sorted(node.devices)]
        node.devices.clear()
        node.born = False
        return Heard(said=self._said(place.node, place.group, gone, EventKind.OFFLINE))

    def _said(self, node: str, group: str, devices: list[str], kind: EventKind) -> tuple[Said, ...]:
        named = (self._naming.identifier(group=group, node=node, device=device) for device in devices)
        return tuple(Said(identifier, kind) for identifier in named if identifier)

    def _ask(self, place: _Place, node: _Node, received_ms: int) -> tuple[tuple[str, bytes], ...]:
        if received_ms - node.asked_ms < ASK_AGAIN_MS:
            return ()
        node.asked_ms = received_ms
        wish = {"name": REBIRTH, "timestamp": received_ms, "datatype": 11, "boolean_value": True}
        return ((f"{self._prefix}/{place.group}/NCMD/{place.node}", build(received_ms, None, [wish])),)


def _message(device: str, ts: int | None, historical: bool) -> Message:
    return Message(ts=ts, clock="none" if ts is None else "ok", signals={}, historical=historical, device=device)


def _missed(node: _Node, content: Any) -> int:
    """How many messages the node's count says did not come before this one."""
    if node.seq is None or not content.HasField("seq"):
        return 0
    ahead = (content.seq - node.seq - 1) % 256
    return int(ahead) if ahead < 128 else 0  # further ahead is rather a repetition from behind


def _count(place: _Place, node: _Node, content: Any) -> None:
    if content.HasField("seq") and (
        place.kind == "NBIRTH" or node.seq is None or (content.seq - node.seq - 1) % 256 < 128
    ):
        node.seq = content.seq % 256


def _bd_seq(content: Any) -> int | None:
    for metric in content.metrics:
        if metric.name == _BD_SEQ:
            return int(metric.long_value or metric.int_value)
    return None


def _value(metric: Any, datatype: int) -> Any:
    """The value of a metric; None for null and for what has no value that is read here."""
    given = metric.WhichOneof(VALUE)
    if given is None or metric.is_null:
        return None
    value = getattr(metric, given)
    bits = _SIGNED_BITS.get(datatype, 0)
    if bits and given in {"int_value", "long_value"}:
        value &= (1 << bits) - 1
        return value - (1 << bits) if value >> (bits - 1) else value
    return value
