"""Home Assistant's MQTT language: discovery says what states mean, states carry values, availability says who is there.

States may come on any topic, so the route says where to `listen`. They carry no time: the receive time stands in.
A device's name is the node in the discovery topic, else its first identifier, else the object; a signal's name is the
object without the device's name before it. A device with several availability topics is online when all say so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ingest.errors import Undecodable
from ingest.reading import EventKind
from ingest.wire.codecs.strict import parse
from ingest.wire.dialects.discovery import ABSENT, Availability, Discovered, Entity, discovered
from ingest.wire.dialects.naming import Naming
from ingest.wire.message import Heard, Message, Said, announcement

MOST_CONFIGS = 200_000  # discovery messages remembered; more is a flood, and what is announced last is not taken up
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ABSENT_TEXTS = {"", "none", "unknown", "unavailable", "null"}


@dataclass(frozen=True, slots=True)
class _Announced:
    """What one discovery topic last said, and the identifier of its device."""

    device: str
    what: Discovered


class HomeAssistant:
    """Hears discovery, states and availability; see the module."""

    name = "home_assistant"
    replayable = True

    def __init__(self, prefix: str = "", listen: tuple[str, ...] = (), device: str = "") -> None:
        """`prefix` of discovery, usually ``homeassistant``; `listen`: filters of the states. Raises RouteInvalid."""
        self._prefix = prefix or "homeassistant"
        self._listen = listen
        self._naming = Naming(device or "{device}", ("device",))
        self._announced: dict[str, _Announced] = {}
        self._states: dict[str, dict[str, list[Entity]]] = {}  # topic, device
        self._availability: dict[str, dict[str, Availability]] = {}  # topic, device
        self._uses: Counter[tuple[str, str]] = Counter()  # discovery messages for each topic and device of these
        self._there: dict[str, dict[str, bool]] = {}  # device, topic

    def subscriptions(self) -> tuple[str, ...]:
        return (f"{self._prefix}/+/+/config", f"{self._prefix}/+/+/+/config", *self._listen)

    def device_of(self, topic: str) -> str | None:
        devices = {*self._states.get(topic, ()), *self._availability.get(topic, ())}
        return devices.pop() if len(devices) == 1 else None

    def hear(self, topic: str, payload: bytes, received_ms: int) -> Heard:  # noqa: ARG002 - the contract
        if self._levels(topic):
            return self._config(topic, payload)
        if topic not in self._states and topic not in self._availability:
            return Heard(unannounced=(topic,))
        try:
            text = payload.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Undecodable(self.name, str(error)) from None
        reaches = [entity.reach for of in self._states.get(topic, {}).values() for entity in of]
        reaches += [one.reach for one in self._availability.get(topic, {}).values()]
        content = parse(payload, self.name) if any(reach.json for reach in reaches) else None
        return Heard(self._state(topic, text, content), self._presence(topic, text, content))

    def remember(self, announcements: Iterable[tuple[str, bytes]]) -> None:
        for topic, payload in announcements:
            try:
                self._learn(topic, payload)
            except Undecodable:
                continue

    def _levels(self, topic: str) -> list[str]:
        """The levels of a discovery topic between prefix and ``config``; none for another topic."""
        levels = topic.removeprefix(self._prefix + "/").split("/")
        own = topic.startswith(self._prefix + "/") and levels[-1] == "config" and len(levels) in {3, 4} and all(levels)
        return levels[:-1] if own else []

    def _config(self, topic: str, payload: bytes) -> Heard:
        before = self._announced.get(topic)
        announced = self._learn(topic, payload)
        device = announced.device if announced else before.device if before else ""
        said = Said(device, EventKind.ANNOUNCEMENT, announcement(topic, payload))
        return Heard(said=(said,), broken=announced.what.broken if announced else ())

    def _learn(self, topic: str, payload: bytes) -> _Announced | None:
        """Take up what a discovery message says instead of what its topic said before. Raises Undecodable."""
        levels = self._levels(topic)
        if not levels or not payload.strip():
            self._forget(topic)
            return None
        content = parse(payload, self.name)
        if not isinstance(content, dict):
            raise Undecodable(self.name, "expected an object in a discovery message")
        what = discovered(levels, content)
        device = self._naming.identifier(device=what.name)
        if device is None:
            raise Undecodable(self.name, f"'{what.name[:80]}' cannot be the identifier of a device")
        self._forget(topic)
        if len(self._announced) >= MOST_CONFIGS:
            raise Undecodable(self.name, f"more than {MOST_CONFIGS:,} discovery messages")
        announced = self._announced[topic] = _Announced(device, what)
        for entity in what.entities:
            self._states.setdefault(entity.topic, {}).setdefault(device, []).append(entity)
        for one in what.availability:
            self._availability.setdefault(one.topic, {})[device] = one
            self._uses[one.topic, device] += 1
        return announced

    def _forget(self, topic: str) -> None:
        announced = self._announced.pop(topic, None)
        if announced is None:
            return
        for entity in announced.what.entities:
            of = self._states.get(entity.topic, {})
            if entity in of.get(announced.device, []):
                of[announced.device].remove(entity)
            if not of.get(announced.device):
                of.pop(announced.device, None)
            if not of:
                self._states.pop(entity.topic, None)
        for one in announced.what.availability:
            self._uses[one.topic, announced.device] -= 1
            if not self._uses[one.topic, announced.device]:
                del self._uses[one.topic, announced.device]
                self._availability[one.topic].pop(announced.device, None)
                self._there.get(announced.device, {}).pop(one.topic, None)
                if not self._availability[one.topic]:
                    del self._availability[one.topic]

    def _state(self, topic: str, text: str, content: Any) -> tuple[Message, ...]:
        messages = []
        for device, entities in self._states.get(topic, {}).items():
            found = {entity.signal: _value(entity, entity.reach.value(text, content)) for entity in entities}
            signals = {signal: value for signal, value in found.items() if value is not ABSENT}
            if signals:
                messages.append(Message(signals=signals, clock="none", device=device))
        return tuple(messages)

    def _presence(self, topic: str, text: str, content: Any) -> tuple[Said, ...]:
        said = []
        for device, one in self._availability.get(topic, {}).items():
            value = one.reach.value(text, content)
            if not isinstance(value, str) or value not in {one.yes, one.no}:
                continue  # Home Assistant, too, passes over any other text
            there = self._there.setdefault(device, {})
            there[topic] = value == one.yes
            said.append(Said(device, EventKind.ONLINE if all(there.values()) else EventKind.OFFLINE))
        return tuple(said)


def _value(entity: Entity, value: Any) -> Any:
    """The value of a signal: switches as booleans, numbers in text as numbers, "unknown" as null."""
    if not isinstance(value, str):
        return value
    if entity.on is not None and value in {entity.on, entity.off}:
        return value == entity.on
    text = value.strip()
    if text.lower() in _ABSENT_TEXTS:
        return None
    return float(text) if _NUMBER.fullmatch(text) else value
