"""Any other JSON, by a mapping: where the event time stands, and which signal stands where.

Paths are JSON pointers (RFC 6901): ``/sensors/0/temp``. Without a mapping every value is a signal under its own path,
joined by dots: ``{"ts": 1763750000, "engine": {"rpm": 2100}}`` holds the signal ``engine.rpm``. An array holds one
message in each element. A time is RFC 3339 text or a number: below 100,000,000,000 seconds, else milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as Dictionary
from typing import Any

from ingest.errors import RouteInvalid
from ingest.wire.codecs.strict import flattened, parse, shown
from ingest.wire.message import Decoded, Message

TIME = "/ts"
_SECONDS_BELOW = 1e11  # as seconds that is the year 5138, as milliseconds the year 1973
_ABSENT = object()


class Mapping:
    """Reads JSON of any shape; see the module. One instance for each mapping."""

    name = "mapping"
    content_types: tuple[str, ...] = ()

    def __init__(self, time: str = "", values: Dictionary[str, str] | None = None) -> None:
        """`time` is the path of the event time, `values` the path of each signal; empty: ``/ts`` and all values."""
        self._time = _steps(time or TIME)
        self._values = {name: _steps(path) for name, path in (values or {}).items()}

    def encode(self, messages: list[Message]) -> bytes:
        """Objects with the time and the values in their places."""
        written = [self._written(message) for message in messages]
        return json.dumps(written[0] if len(written) == 1 else written, allow_nan=False).encode()

    def decode(self, payload: bytes) -> Decoded:
        content = parse(payload, self.name)
        messages: list[Message] = []
        broken: list[str] = []
        for element in content if isinstance(content, list) else [content]:
            if isinstance(element, dict):
                messages.append(self._message(element))
            else:
                broken.append(f"expected an object, got {shown(element)}")
        return Decoded(messages, tuple(broken))

    def _message(self, element: dict[str, Any]) -> Message:
        ts = _at(element, self._time)
        if self._values:
            found = {name: _at(element, steps) for name, steps in self._values.items()}
            signals = {name: value for name, value in found.items() if value is not _ABSENT}
        else:
            time_name = ".".join(self._time)
            signals = {name: value for name, value in flattened(element) if name != time_name}
        if ts is _ABSENT or ts is None:
            return Message(signals=signals, clock="none")
        return Message(ts=_milliseconds(ts), signals=signals)

    def _written(self, message: Message) -> dict[str, Any]:
        document: dict[str, Any] = {}
        if message.clock == "ok":
            _put(document, self._time, message.ts)
        for name, value in message.signals.items():
            _put(document, self._values.get(name, (name,)), value)
        return document


def _steps(pointer: str) -> tuple[str, ...]:
    """The keys of a JSON pointer. Raises RouteInvalid for another form."""
    if not pointer.startswith("/"):
        raise RouteInvalid(pointer, f"'{pointer}' is no path", "Write it as in /sensors/0/temp.")
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/"))


def _at(content: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        if isinstance(content, dict):
            content = content.get(step, _ABSENT)
        elif isinstance(content, list) and step.isdecimal() and len(step) < 10 and int(step) < len(content):
            content = content[int(step)]
        else:
            return _ABSENT
    return content


def _put(document: dict[str, Any], steps: tuple[str, ...], value: Any) -> None:
    for step in steps[:-1]:
        document = document.setdefault(step, {})
    document[steps[-1]] = value


def _milliseconds(ts: Any) -> float | str | None:
    if isinstance(ts, bool) or not isinstance(ts, int | float | str):
        return str(ts)[:60]
    return ts * 1000 if not isinstance(ts, str) and abs(ts) < _SECONDS_BELOW else ts
