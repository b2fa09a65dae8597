"""Forewarn JSON: ``{"ts": 1763750000000, "signals": {"coolant_temp": 91.2}}``, or an array of these.

A broken element of an array does not drag its neighbours down, and a bare ``NaN`` (which many devices write, and
which is not JSON) costs one reading, not the payload. An object with a key twice is broken: either value is a guess.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.wire.codecs.strict import REASON_CHARS, Repeated, parse
from ingest.wire.message import Decoded, Message

_encoder = msgspec.json.Encoder()


class ForewarnJson:
    """The native payload format; see the module."""

    name = "forewarn_json"
    content_types: tuple[str, ...] = ("application/json", "application/vnd.forewarn+json")

    def encode(self, messages: list[Message]) -> bytes:
        """An object for one message, an array for any other number; fields at their default are left out."""
        plain = [_plain(message) for message in messages]
        return _encoder.encode(plain[0] if len(plain) == 1 else plain)

    def decode(self, payload: bytes) -> Decoded:
        content = parse(payload, self.name)
        messages: list[Message] = []
        broken: list[str] = []
        for element in content if isinstance(content, list) else [content]:
            repeated = element.get("signals") if isinstance(element, dict) else element
            if isinstance(repeated, Repeated):
                broken.append(repr(repeated))
                continue
            try:
                messages.append(msgspec.convert(element, Message))
            except (ValueError, OverflowError, RecursionError) as error:
                broken.append(str(error)[:REASON_CHARS])
        return Decoded(messages, tuple(broken))


def _plain(message: Message) -> dict[str, Any]:
    """The message as a JSON object. Raises ValueError for a value that is not finite: JSON has no such number."""
    fields: dict[str, Any] = {"ts": message.ts, "signals": message.signals}
    if message.seq >= 0:
        fields["seq"] = message.seq
    if message.clock != "ok":
        fields["clock"] = message.clock
    if message.historical:
        fields["historical"] = True
    if message.device is not None:
        fields["device"] = message.device
    return fields
