"""ThingsBoard telemetry: ``{"temp": 21.5}``, ``{"ts": 1763750000000, "values": {"temp": 21.5}}``, or arrays of these.

Without a time the receive time stands in, as in ThingsBoard itself. Nested values stay what they are, and no signal
takes them.
"""

from __future__ import annotations

import json
from typing import Any

from ingest.wire.codecs.strict import parse, shown
from ingest.wire.message import Decoded, Message


class Thingsboard:
    """What a device sends to ``v1/devices/me/telemetry``."""

    name = "thingsboard"
    content_types: tuple[str, ...] = ()

    def encode(self, messages: list[Message]) -> bytes:
        """With times where there are any; sequence numbers and marks have no place here."""
        written = [m.signals if m.clock == "none" else {"ts": m.ts, "values": m.signals} for m in messages]
        return json.dumps(written[0] if len(written) == 1 else written, allow_nan=False).encode()

    def decode(self, payload: bytes) -> Decoded:
        return from_content(parse(payload, self.name))


def from_content(content: Any, device: str | None = None) -> Decoded:
    """The messages of parsed telemetry, of `device` where it is given."""
    messages: list[Message] = []
    broken: list[str] = []
    for element in content if isinstance(content, list) else [content]:
        if not isinstance(element, dict):
            broken.append(f"expected an object, got {shown(element)}")
        elif "values" not in element or "ts" not in element:
            messages.append(Message(signals=element, clock="none", device=device))
        elif not isinstance(element["values"], dict):
            broken.append(f"values is {shown(element['values'])}, not an object")
        else:
            ts = element["ts"]
            taken = isinstance(ts, int | float) and not isinstance(ts, bool)
            messages.append(Message(ts=ts if taken else shown(ts), signals=element["values"], device=device))
    return Decoded(messages, tuple(broken))
