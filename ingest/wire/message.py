"""What a payload carries, whichever codec wrote it, and what a codec and a dialect are.

A *codec* reads one payload and remembers nothing. A *dialect* is a whole foreign language over MQTT: it knows which
topics belong to it and which device each names, and it may remember what devices said about themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

from ingest.reading import EventKind

ClockState = Literal["ok", "none", "relative"]


class Message(msgspec.Struct, gc=False, kw_only=True):
    """One device's signals at one time, as decoded and not yet checked against the catalogue.

    `ts` is the event time: epoch milliseconds or RFC 3339 text; None only when `clock` is ``none`` (the device has
    no clock, the receive time stands in). With `clock` ``relative`` it is milliseconds before (negative) or after
    the receive time. `seq` is the device's own count, `historical` says that it kept the readings while offline.
    `device`, where given by a codec, must be the device of the topic; a dialect always gives it.
    """

    ts: int | float | str | None = None
    signals: dict[str, Any]
    seq: int = -1
    clock: ClockState = "ok"
    historical: bool = False
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """The messages of one payload in order, and for each broken part of it a reason."""

    messages: list[Message]
    broken: tuple[str, ...] = ()


class Codec(Protocol):
    """A payload format. Both directions are pure and keep no state.

    `content_types` are the media types that mean this format over HTTP; none where the format has none of its own.
    """

    name: str
    content_types: tuple[str, ...]

    def encode(self, messages: list[Message]) -> bytes:
        """The payload that carries `messages`, as far as the format can say what they hold."""
        ...

    def decode(self, payload: bytes) -> Decoded:
        """Read a payload from an untrusted device. Raises Undecodable, and nothing else, whatever the bytes are."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a device said and that is no reading; without `ts` the receive time is its time."""

    device: str
    kind: EventKind
    body: bytes = b""
    ts: int | float | str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What one MQTT message means.

    messages     readings, each with its device set
    said         online, offline and announcements (`announcement` below makes their body)
    replies      ``(topic, payload)`` to publish, such as a request to announce itself again
    broken       for each part that cannot be read, a reason
    unannounced  for each value that refers to an announcement which was never heard, what it refers to
    missed       messages that by the dialect's own count were sent and did not come
    """

    messages: tuple[Message, ...] = ()
    said: tuple[Said, ...] = ()
    replies: tuple[tuple[str, bytes], ...] = ()
    broken: tuple[str, ...] = ()
    unannounced: tuple[str, ...] = ()
    missed: int = 0


class Dialect(Protocol):
    """A foreign language over MQTT. One instance hears one gateway's messages in order of arrival, in one thread.

    `replayable` says that a message means the same whenever it is heard, so that it may be judged again later.
    """

    name: str
    replayable: bool

    def subscriptions(self) -> tuple[str, ...]:
        """Topic filters of everything that it wants to hear."""
        ...

    def device_of(self, topic: str) -> str | None:
        """The device that a topic names, where the topic alone says so: throttling and look-ups go by it."""
        ...

    def hear(self, topic: str, payload: bytes, received_ms: int) -> Heard:
        """What a message means. Raises Undecodable, and nothing else, whatever topic and bytes are."""
        ...

    def remember(self, announcements: Iterable[tuple[str, bytes]]) -> None:
        """Take up ``(topic, payload)`` that was announced before this process started; broken ones are passed over."""
        ...


def announcement(topic: str, payload: bytes) -> bytes:
    """The body of an event of kind announcement: the topic, a line feed, the payload."""
    return topic.encode() + b"\n" + payload
