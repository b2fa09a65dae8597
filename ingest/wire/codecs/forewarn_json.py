"""Forewarn JSON: ``{"ts": 1763750000000, "signals": {"coolant_temp": 91.2}}``, or an array of these.

The fast way is msgspec's typed decoder. What it refuses is looked at again, slowly: a broken element of an array
must not drag its neighbours down, and a bare ``NaN`` (which many devices write, and which is not JSON) must cost
one reading, not the payload.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ingest.errors import Undecodable
from ingest.wire.message import Decoded, Message

_encoder = msgspec.json.Encoder()
_one = msgspec.json.Decoder(Message)
_many = msgspec.json.Decoder(list[Message])


class ForewarnJson:
    """The native payload format; see the module."""

    name = "forewarn_json"

    def encode(self, messages: list[Message]) -> bytes:
        """An object for one message, an array for any other number; fields at their default are left out."""
        plain = [_plain(message) for message in messages]
        return _encoder.encode(plain[0] if len(plain) == 1 else plain)

    def decode(self, payload: bytes) -> Decoded:
        try:
            if payload[:1] == b"[":
                return Decoded(_many.decode(payload))
            return Decoded([_one.decode(payload)])
        except (ValueError, RecursionError):  # msgspec's own errors, and text that is not UTF-8
            return _decode_slowly(payload)


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


def _decode_slowly(payload: bytes) -> Decoded:
    """Element by element through the tolerant standard parser."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Undecodable(ForewarnJson.name, _short(error)) from None
    elements = content if isinstance(content, list) else [content]
    messages: list[Message] = []
    broken: list[str] = []
    for element in elements:
        try:
            messages.append(msgspec.convert(element, Message))
        except (ValueError, OverflowError, RecursionError) as error:
            broken.append(_short(error))
    return Decoded(messages, tuple(broken))


def _short(error: Exception) -> str:
    return str(error)[:200]
