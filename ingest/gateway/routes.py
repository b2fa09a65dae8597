"""Which topic is read how: our own channels, and the foreign routes of the configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from ingest.config import Config
from ingest.errors import RouteInvalid, Undecodable
from ingest.gateway.config import RouteConfig
from ingest.reading import EventKind
from ingest.wire import topics
from ingest.wire.codecs import CODECS
from ingest.wire.codecs.mapping import Mapping
from ingest.wire.dialects import DIALECTS
from ingest.wire.dialects.templated import Templated
from ingest.wire.message import Codec, Dialect, Heard, Message, Said
from kit.errors import PluginError

CHANNELS = {"help": EventKind.HELP, "event": EventKind.EVENT, "cmd/ack": EventKind.COMMAND_ANSWER}
STATUS = "status"


@dataclass(frozen=True, slots=True)
class Way:
    """How the messages of one topic are read.

    `device` is the identifier that the topic names, None where only the payload says it; then each message says its
    own. `hear` gives what a payload means: ``(topic, payload, received ms)``; it raises Undecodable. `replayable`
    says that the payload may be judged again later.
    """

    device: str | None
    hear: Callable[[str, bytes, int], Heard]
    replayable: bool = True


class Router:
    """Maps topics to the way they are read. Belongs to one thread: dialects remember what they heard."""

    def __init__(self, tenant: str, config: Config) -> None:
        """Raises RouteInvalid, and PluginError for an unknown codec or dialect."""
        self.tenant = tenant
        self.default: Codec = CODECS.get(config.codec)
        self._foreign = [_Foreign(_dialect(route, tenant), route) for route in config.routes]

    def find(self, topic: str) -> Way | None:
        """The way of a topic; None when it is neither one of ours nor on a route."""
        if topic.startswith(topics.PREFIX + "/"):
            return self._own(topic)
        for foreign in self._foreign:
            if any(topics.matches(covered, topic) for covered in foreign.filters):
                return Way(foreign.dialect.device_of(topic), foreign.hear, foreign.dialect.replayable)
        return None

    def device_of(self, topic: str) -> str | None:
        """The device that a topic names, where the topic alone says so."""
        way = self.find(topic)
        return way.device if way else None

    def remember(self, announcements: Iterable[tuple[str, bytes]]) -> None:
        """Let the dialects take up what was announced before this process started."""
        heard = list(announcements)
        for foreign in self._foreign:
            foreign.dialect.remember(
                pair for pair in heard if any(topics.matches(covered, pair[0]) for covered in foreign.filters)
            )

    def _own(self, topic: str) -> Way | None:
        parts = topics.split(topic, self.tenant)
        if parts is None:
            return None
        device, channel = parts
        if channel == topics.TELEMETRY:
            return Way(device, _telemetry(self.default))
        if channel == STATUS:
            return Way(device, lambda _topic, payload, _ms: Heard(said=(_status(device, payload),)))
        if channel in CHANNELS:
            return Way(device, lambda _topic, payload, _ms: Heard(said=(_said(device, channel, payload),)))
        name = channel.removeprefix(topics.TELEMETRY + "/")
        return Way(device, _telemetry(CODECS.get(name))) if name != channel and name in CODECS else None


class _Foreign:
    """A dialect, the filters of its topics, and how its signals are called and measured here."""

    def __init__(self, dialect: Dialect, route: RouteConfig) -> None:
        self.dialect = dialect
        self.filters = dialect.subscriptions()
        self._rename = route.rename
        self._convert = route.convert

    def hear(self, topic: str, payload: bytes, received_ms: int) -> Heard:
        heard = self.dialect.hear(topic, payload, received_ms)
        if self._rename or self._convert:
            for message in heard.messages:
                self._shape(message)
        return heard

    def _shape(self, message: Message) -> None:
        shaped: dict[str, object] = {}
        for foreign, value in message.signals.items():
            name = self._rename.get(foreign, foreign)
            name = foreign if name in shaped else name
            shaped[name] = _converted(value, self._convert[name]) if name in self._convert else value
        message.signals = shaped


def subscriptions(tenant: str, config: Config) -> tuple[str, ...]:
    """The topic filters of a gateway: those of `[ingest] subscribe`, else everything of the tenant and every route.

    Raises InvalidIdentifier, RouteInvalid and PluginError.
    """
    if config.subscribe:
        return config.subscribe
    channels = (f"{topics.TELEMETRY}/#", STATUS, *CHANNELS)  # telemetry/# covers telemetry itself, too
    own = [f"{topics.PREFIX}/{topics.checked(tenant)}/+/{channel}" for channel in channels]
    foreign = [covered for route in config.routes for covered in _dialect(route, tenant).subscriptions()]
    wanted = list(dict.fromkeys([*own, *foreign]))
    # where two filters overlap, a broker may send a message twice
    return tuple(one for one in wanted if not any(topics.covers(other, one) for other in wanted if other != one))


def _dialect(route: RouteConfig, tenant: str) -> Dialect:
    """The dialect of a route. Raises PluginError and RouteInvalid."""
    dialect = _made(route)
    ours = [f"{topics.PREFIX}/{tenant}/device/{channel}" for channel in (topics.TELEMETRY, STATUS, *CHANNELS)]
    for covered in dialect.subscriptions():
        if covered.startswith(topics.PREFIX + "/") or any(topics.matches(covered, topic) for topic in ours):
            raise RouteInvalid(covered, f"'{covered}' covers topics of ours", "Name the foreign topics more closely.")
    return dialect


def _made(route: RouteConfig) -> Dialect:
    if route.format in DIALECTS:
        return DIALECTS.get(route.format)(route.topic, route.listen, route.device)
    if route.format not in CODECS:
        raise PluginError(
            f"There is no codec or dialect '{route.format}'.",
            f"Use {', '.join([*CODECS, *DIALECTS])} in [[ingest.routes]].",
        )
    if route.listen:
        raise RouteInvalid(route.topic, "a codec has no further filters", "Leave out `listen`.")
    if (route.time or route.values) and route.format != Mapping.name:
        raise RouteInvalid(route.topic, "only the codec `mapping` has `time` and `values`", "Leave them out.")
    codec = Mapping(route.time, route.values) if route.format == Mapping.name else CODECS.get(route.format)
    return Templated(codec, route.topic, route.device)


def _telemetry(codec: Codec) -> Callable[[str, bytes, int], Heard]:
    def hear(_topic: str, payload: bytes, _received_ms: int) -> Heard:
        decoded = codec.decode(payload)
        return Heard(tuple(decoded.messages), broken=decoded.broken)

    return hear


def _converted(value: object, by: tuple[float, float]) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        return value * by[0] + by[1]
    except OverflowError:  # an integer beyond all floats is out of range whatever its unit
        return value


def _status(device: str, payload: bytes) -> Said:
    """Online or offline, as plain text or as ``{"state": "online"}``.

    A last will was written when the device connected, so a time in it says nothing.
    """
    text = payload.strip().lower()
    if text not in {b"online", b"offline"}:
        state = _object(payload).get("state")
        text = state.lower().encode("utf-8", "replace") if isinstance(state, str) else b""
    if text not in {b"online", b"offline"}:
        raise Undecodable(STATUS, "expected online or offline")
    return Said(device, EventKind(text.decode()), payload)


def _said(device: str, channel: str, payload: bytes) -> Said:
    """What a device said on `channel`: any bytes, with its own time where it is a JSON object with `ts`."""
    ts = _object(payload).get("ts")
    return Said(device, CHANNELS[channel], payload, ts if isinstance(ts, int | float | str) else None)


def _object(payload: bytes) -> dict[str, object]:
    try:
        found = msgspec.json.decode(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
