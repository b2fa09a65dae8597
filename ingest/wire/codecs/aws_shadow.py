"""AWS IoT device shadow: the reported state of an ``update``, an ``update/accepted`` or an ``update/documents``.

``{"state": {"reported": {"temp": 21.5, "fan": {"rpm": 900}}}, "timestamp": 1763750000}`` holds the signals ``temp`` and
``fan.rpm``. A value's own time in ``metadata`` beats the document's `timestamp` (both are seconds); without any the
receive time stands in. Null removes a value from a shadow: it is no reading. What is desired is not what is, and is
passed over.
"""

from __future__ import annotations

import json
from typing import Any

from ingest.errors import Undecodable
from ingest.wire.codecs.strict import Repeated, flattened, parse, shown
from ingest.wire.message import Decoded, Message


class AwsShadow:
    """Reads the reported state of shadow documents."""

    name = "aws_shadow"
    content_types: tuple[str, ...] = ()

    def encode(self, messages: list[Message]) -> bytes:
        """One update document, the time of each value in its metadata; the format holds each signal once."""
        state: dict[str, Any] = {}
        metadata: dict[str, Any] = {}
        for message in messages:
            state |= message.signals
            if message.clock == "ok" and isinstance(message.ts, int | float):
                metadata |= {name: {"timestamp": message.ts / 1000} for name in message.signals}
        document = {"state": {"reported": state}, "metadata": {"reported": metadata}}
        return json.dumps(document, allow_nan=False).encode()

    def decode(self, payload: bytes) -> Decoded:
        content = parse(payload, self.name)
        current = content.get("current", content) if isinstance(content, dict) else None
        state = current.get("state") if isinstance(current, dict) else None
        if not isinstance(current, dict) or not isinstance(state, dict):
            raise Undecodable(self.name, f"expected a document with a state, got {shown(content)}")
        reported = state.get("reported", {})
        if isinstance(reported, Repeated) or not isinstance(reported, dict | None):
            raise Undecodable(self.name, f"reported is {shown(reported)}, not an object")
        overall = current.get("timestamp", content.get("timestamp"))
        times = _times(current.get("metadata"))
        messages: dict[Any, Message] = {}
        for name, value in flattened(reported or {}):
            if value is None:
                continue
            at = times.get(name, overall)
            key = shown(at)
            if key not in messages:
                messages[key] = _message(at)
            messages[key].signals[name] = value
        return Decoded(list(messages.values()))


def _times(metadata: Any) -> dict[str, Any]:
    """The time of each value by its path, as far as the metadata says."""
    reported = metadata.get("reported") if isinstance(metadata, dict) else None
    if not isinstance(reported, dict):
        return {}
    ends = ".timestamp"
    return {path.removesuffix(ends): at for path, at in flattened(reported) if path.endswith(ends)}


def _message(seconds: Any) -> Message:
    if seconds is None:
        return Message(signals={}, clock="none")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return Message(ts=shown(seconds), signals={})
    return Message(ts=seconds * 1000, signals={})
