"""The simplest dialect: devices publish payloads of one codec on topics that name the device."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingest.errors import RouteInvalid, Undecodable
from ingest.wire.message import Codec, Heard
from ingest.wire.topics import is_identifier

PLACE = "{device}"


class Templated:
    """`codec` on `topic`, which has ``{device}`` as one level or as a part of one, and ``+`` and ``#`` as usual."""

    replayable = True

    def __init__(self, codec: Codec, topic: str, device: str = "") -> None:
        """`device` makes the identifier out of the name in the topic. Raises RouteInvalid."""
        if topic.count(PLACE) != 1 or (device and device.count(PLACE) != 1):
            raise RouteInvalid(topic, f"it needs {PLACE} once", f"Write the topic as in sensors/{PLACE}/data.")
        self.name = codec.name
        self._codec = codec
        self._device = device or PLACE
        self._filter = "/".join("+" if PLACE in level else level for level in topic.split("/"))
        self._pattern = re.compile(_pattern(topic))

    def subscriptions(self) -> tuple[str, ...]:
        return (self._filter,)

    def device_of(self, topic: str) -> str | None:
        match = self._pattern.fullmatch(topic)
        device = self._device.replace(PLACE, match["device"]) if match else ""
        return device if is_identifier(device) else None

    def hear(self, topic: str, payload: bytes, received_ms: int) -> Heard:  # noqa: ARG002 - the contract
        if self.device_of(topic) is None:
            raise Undecodable(self.name, f"no identifier can be made of the topic {topic}")
        decoded = self._codec.decode(payload)
        return Heard(tuple(decoded.messages), broken=decoded.broken)

    def remember(self, announcements: Iterable[tuple[str, bytes]]) -> None:
        """Nothing is announced here."""


def _pattern(topic: str) -> str:
    levels = []
    for level in topic.split("/"):
        if level == "#":
            levels.append(".*")
        elif level == "+":
            levels.append("[^/]*")
        else:
            before, place, after = level.partition(PLACE)
            named = "(?P<device>[^/]+)" if place else ""
            levels.append(f"{re.escape(before)}{named}{re.escape(after)}")
    return "/".join(levels)
