"""ThingsBoard's gateway API: one connection speaks for many devices, which the payload names.

``<prefix>/telemetry`` holds ``{"device": [{"ts": …, "values": {…}}, …], …}``; ``<prefix>/connect`` and
``<prefix>/disconnect`` hold ``{"device": "name"}``. The broker must let only that gateway publish there.
"""

from __future__ import annotations

from collections.abc import Iterable

from ingest.errors import Undecodable
from ingest.reading import EventKind
from ingest.wire.codecs.strict import parse, shown
from ingest.wire.codecs.thingsboard import from_content
from ingest.wire.dialects.naming import Naming
from ingest.wire.message import Heard, Message, Said

_PRESENCE = {"connect": EventKind.ONLINE, "disconnect": EventKind.OFFLINE}


class ThingsboardGateway:
    """Hears a ThingsBoard gateway; see the module."""

    name = "thingsboard_gateway"
    replayable = True

    def __init__(self, prefix: str = "", listen: tuple[str, ...] = (), device: str = "") -> None:
        """`prefix` is usually ``v1/gateway``. Raises RouteInvalid."""
        self._prefix = prefix or "v1/gateway"
        self._listen = listen
        self._naming = Naming(device or "{device}", ("device",))

    def subscriptions(self) -> tuple[str, ...]:
        return (*(f"{self._prefix}/{channel}" for channel in ("telemetry", *_PRESENCE)), *self._listen)

    def device_of(self, topic: str) -> str | None:  # noqa: ARG002 - the contract: here the payload says it
        return None

    def hear(self, topic: str, payload: bytes, received_ms: int) -> Heard:  # noqa: ARG002 - the contract
        channel = topic.removeprefix(self._prefix + "/")
        content = parse(payload, self.name)
        if not isinstance(content, dict):
            raise Undecodable(self.name, f"expected an object, got {shown(content)}")
        if channel in _PRESENCE:
            device = self._naming.identifier(device=str(content.get("device", "")))
            if device is None:
                raise Undecodable(self.name, f"the device {shown(content.get('device'))} cannot be an identifier")
            return Heard(said=(Said(device, _PRESENCE[channel]),))
        messages: list[Message] = []
        broken: list[str] = []
        for name, telemetry in content.items():
            device = self._naming.identifier(device=name)
            decoded = from_content(telemetry, device)
            if device is None:
                count = sum(len(message.signals) for message in decoded.messages) + len(decoded.broken)
                broken.extend([f"the device {shown(name)} cannot be an identifier"] * max(count, 1))
            else:
                messages.extend(decoded.messages)
                broken.extend(decoded.broken)
        return Heard(tuple(messages), broken=tuple(broken))

    def remember(self, announcements: Iterable[tuple[str, bytes]]) -> None:
        """Nothing is announced here."""
