"""What a payload carries, whichever codec wrote it: some signals of one device at one time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

ClockState = Literal["ok", "none"]


class Message(msgspec.Struct, gc=False, kw_only=True):
    """One device's signals at one time, as decoded and not yet checked against the catalogue.

    `ts` is the event time: epoch milliseconds or RFC 3339 text; None only when `clock` is ``none`` (the device has
    no clock, the receive time stands in). `seq` is the device's own count, `historical` says that it kept the
    readings while offline. `device`, where given, must be the device of the topic.
    """

    ts: int | float | str | None = None
    signals: dict[str, Any]
    seq: int = -1
    clock: ClockState = "ok"
    historical: bool = False
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Decoded:
    """The messages of one payload in order, and for each broken element of its array a reason."""

    messages: list[Message]
    broken: tuple[str, ...] = ()


class Codec(Protocol):
    """A payload format. Both directions are pure and keep no state."""

    name: str

    def encode(self, messages: list[Message]) -> bytes:
        """The payload that carries `messages`."""
        ...

    def decode(self, payload: bytes) -> Decoded:
        """Read a payload from an untrusted device. Raises Undecodable, and nothing else, whatever the bytes are."""
        ...
