"""SenML (RFC 8428), what its JSON and CBOR forms have in common: records with base values, resolved into messages.

A record's name is base name + name. What follows the last ``:`` or ``/`` of it is the signal, what stands before it
names the device, without a leading ``urn:dev:…:`` (RFC 9039): ``urn:dev:mac:0024befffe804ff1:temperature`` is the
signal ``temperature`` of ``0024befffe804ff1``. A sum is the signal ``<name>.sum``. Times are seconds; below 2**28 they
are relative to now, so a pack without times means "now". A data value becomes bytes, which no signal takes. A field
that must be understood (its name ends with ``_``) and a version above 10 make the pack unreadable, as the RFC wants.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ingest.errors import Undecodable
from ingest.wire.codecs.strict import shown
from ingest.wire.message import Decoded, Message

VERSION = 10
RELATIVE_BELOW = 1 << 28  # seconds, RFC 8428 section 4.5.3
SUM = ".sum"
_URN = re.compile(r"\Aurn:dev:[a-z0-9]+:", re.ASCII | re.IGNORECASE)
_FIELDS = {"bver", "bn", "bt", "bu", "bv", "bs", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"}


class _Broken(Exception):
    """A record that cannot be read; its neighbours can."""


@dataclass(slots=True)
class _Base:
    """The base values in force; each record may set them for itself and all that follow."""

    name: str = ""
    time: float = 0
    value: float | None = None
    sum: float | None = None
    names: dict[str, tuple[str | None, str]] = field(default_factory=dict)  # device and signal of names met so far


def resolved(records: Any, codec: str) -> Decoded:
    """The messages of a pack of records with JSON field names. Raises Undecodable."""
    if not isinstance(records, list):
        raise Undecodable(codec, f"expected an array of records, got a {type(records).__name__}")
    base = _Base()
    messages: list[Message] = []
    broken: list[str] = []
    for record in records:
        if not isinstance(record, dict):
            broken.append(f"expected a record, got {shown(record)}")
            continue
        _check_understood(record, codec)
        try:
            _set_base(base, record)
            for name, value in _values(base, record):
                _add(messages, base, record, name, value)
        except _Broken as problem:
            broken.append(str(problem))
    return Decoded(messages, tuple(broken))


def records(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """The records that carry `messages`, with JSON field names."""
    found: list[dict[str, Any]] = []
    for message in messages:
        first = {"bn": f"{message.device}:" if message.device else "", "bt": _seconds(message)}
        for name, value in message.signals.items():
            found.append(first | {"n": name, _field(value): value})
            first = {}
    return found


def _field(value: Any) -> str:
    if isinstance(value, bool):
        return "vb"
    return "vs" if isinstance(value, str) else "v"


def _seconds(message: Message) -> float:
    if message.clock == "none" or not isinstance(message.ts, int | float):
        return 0
    return message.ts // 1000 if message.ts % 1000 == 0 else message.ts / 1000


def _check_understood(record: dict[Any, Any], codec: str) -> None:
    for key in record.keys() - _FIELDS:
        if isinstance(key, str) and key.endswith("_"):
            raise Undecodable(codec, f"the field {shown(key)} must be understood, and is not")
    if "bver" not in record:
        return
    version = record["bver"]
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version <= VERSION:
        raise Undecodable(codec, f"version {shown(version)} is none that is read here")


def _set_base(base: _Base, record: dict[Any, Any]) -> None:
    if "bn" in record:
        base.name = _text(record, "bn")
    if "bt" in record:
        base.time = _number(record, "bt")
    if "bv" in record:
        base.value = _number(record, "bv")
    if "bs" in record:
        base.sum = _number(record, "bs")


def _values(base: _Base, record: dict[Any, Any]) -> list[tuple[str, Any]]:
    """Signal suffix and value of what the record holds; nothing for one that sets base values only."""
    given = [field for field in ("v", "vs", "vb", "vd") if field in record]
    if len(given) > 1:
        raise _Broken(f"a record with {given[0]} and {given[1]}")
    found: list[tuple[str, Any]] = []
    if given:
        found.append(("", _value(base, record, given[0])))
    if "s" in record or "bs" in record or (base.sum is not None and not given):
        found.append((SUM, (base.sum or 0) + (_number(record, "s") if "s" in record else 0)))
    if not found and base.value is not None and {"n", "t"} & record.keys():
        found.append(("", base.value))
    if not found and {"n", "t", "u", "ut"} & record.keys():
        raise _Broken(f"the record {shown(_text(record, 'n'))} has no value")
    return found


def _value(base: _Base, record: dict[Any, Any], field: str) -> Any:
    value = record[field]
    if field == "v":
        number = _number(record, "v")
        return number if base.value is None else base.value + number
    if field == "vb" and not isinstance(value, bool):
        raise _Broken(f"vb is {shown(value)}, not true or false")
    if field == "vs" and not isinstance(value, str):
        raise _Broken(f"vs is {shown(value)}, not text")
    return value if field != "vd" else bytes(str(value), "utf-8", "replace")


def _add(messages: list[Message], base: _Base, record: dict[Any, Any], suffix: str, value: Any) -> None:
    """Put a value into the message at hand, or into a new one where device or time differ or the signal is there."""
    full = base.name + _text(record, "n")
    if full not in base.names:
        base.names[full] = _split(full)
    device, signal = base.names[full]
    signal += suffix
    new = Message(device=device, signals={signal: value}, clock="none")
    if seconds := base.time + (_number(record, "t") if "t" in record else 0):
        new.clock = "relative" if abs(seconds) < RELATIVE_BELOW else "ok"
        ms = seconds * 1000
        new.ts = round(ms) if math.isfinite(ms) else ms
    last = messages[-1] if messages else new
    if last is not new and (last.device, last.ts) == (new.device, new.ts) and signal not in last.signals:
        last.signals[signal] = value
    else:
        messages.append(new)


def _split(full: str) -> tuple[str | None, str]:
    """Device and signal of a full name."""
    cut = max(full.rfind(":"), full.rfind("/")) + 1
    if not full[cut:]:
        raise _Broken(f"the name {shown(full)} names no signal")
    return _URN.sub("", full[:cut]).rstrip(":/") or None, full[cut:]


def _text(record: dict[Any, Any], field: str) -> str:
    value = record.get(field, "")
    if not isinstance(value, str):
        raise _Broken(f"{field} is {shown(value)}, not text")
    return value


def _number(record: dict[Any, Any], field: str) -> float:
    """A number, which may be NaN or infinite: values are judged later. Integers beyond 64 bits become floats."""
    value = record[field]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Broken(f"{field} is {shown(value)}, not a number")
    if isinstance(value, int) and abs(value) >= 1 << 63:
        return float(value) if abs(value) < 1 << 1000 else math.inf
    return value
