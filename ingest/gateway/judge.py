"""Is one value, or one time, what its signal or the clock allows: pure functions, a reason for every no."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from ingest.wire import codes
from ingest.wire.catalogue import Kind, Signal

REASONS: dict[str, str] = {
    "bad_topic": "The topic is neither a channel of ours under fw/v1/<tenant>/<device>/ nor on a configured route.",
    "too_large": "The payload is larger than the gateway takes.",
    "undecodable": "The payload, or one message of it, is not what the codec reads, or has no usable time.",
    "codec_failed": "The codec itself failed on the payload; the fault is in the codec, not in the device.",
    "throttled": "The device sent more messages than it may; counted in messages, which were not opened.",
    "too_many": "The payload holds more readings than the gateway takes in one.",
    "unannounced": "The payload refers to an announcement (a birth, a discovery) that was never heard.",
    "revoked": "The device is registered, and its right to speak was taken from it.",
    "unknown_device": "The device of the topic is not registered.",
    "device_mismatch": "The payload names another device than the topic.",
    "unknown_signal": "The device's type has no such signal.",
    "not_a_number": "The value is null, not a number, or infinite.",
    "wrong_type": "The value is of another kind than the signal: text for a number, a list, an object.",
    "out_of_range": "The value is physically impossible, or not one of the signal's states or codes.",
    "clock_ahead": "The event time is more than three days in the future.",
    "clock_behind": "The event time is older than the gateway takes (30 days unless configured).",
}
"""Every reason for which readings are refused, with its meaning."""

_NOT_NUMBERS = {"nan", "inf", "infinity", "null", "none", ""}


class Refused(Exception):
    """A value or a time that is not taken, and why."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def value_of(signal: Signal, value: Any) -> float:
    """The value as it is kept. Raises Refused with the reason when it is none of the signal's values."""
    if value is None:
        raise Refused("not_a_number", f"{signal.name} is null")
    if signal.kind is Kind.STATE:
        return _state(signal, value)
    if signal.kind is Kind.CODE:
        return _code(signal, value)
    if isinstance(value, bool) and signal.kind is Kind.BOOLEAN:
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(*_not_a_number(signal, value))
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused("not_a_number", f"{signal.name} is {value}")
    if not signal.low <= value <= signal.high or (signal.kind is Kind.BOOLEAN and value not in {0, 1}):
        raise Refused(
            "out_of_range", f"{signal.name} is {_short(value)}, possible is {signal.low:g} to {signal.high:g}"
        )
    return float(value)


def _state(signal: Signal, value: Any) -> float:
    if not isinstance(value, str):
        raise Refused("wrong_type", f"{signal.name} is {_short(value)}, expected the name of a state")
    if value not in signal.states:
        raise Refused("out_of_range", f"{signal.name} is {_short(value)}, possible is {', '.join(signal.states)}")
    return float(signal.states.index(value))


def _code(signal: Signal, value: Any) -> float:
    if not isinstance(value, str):
        raise Refused("wrong_type", f"{signal.name} is {_short(value)}, expected a trouble code such as P0301")
    try:
        return float(codes.to_number(value))
    except ValueError:
        raise Refused("out_of_range", f"{signal.name} is {_short(value)}, expected a code such as P0301") from None


def _not_a_number(signal: Signal, value: Any) -> tuple[str, str]:
    if isinstance(value, str) and value.strip().lower().lstrip("+-") in _NOT_NUMBERS:
        return "not_a_number", f"{signal.name} is {_short(value)}"
    return "wrong_type", f"{signal.name} is {_short(value)}, expected a {signal.kind}"


def _short(value: Any) -> str:
    try:
        return f"{value!r}"[:60]
    except (ValueError, RecursionError):  # an integer with thousands of digits, a list in a list in a list …
        return f"a {type(value).__name__}"


def event_time(ts: float | str | None) -> int:
    """A message's `ts` in epoch milliseconds, within 64 bits. Raises Refused when it is none."""
    try:
        found = _milliseconds(ts)
    except (ValueError, OverflowError):
        found = None
    if found is None or abs(found) >= 1 << 62:
        raise Refused("undecodable", f"ts is {_short(ts)}, expected epoch milliseconds or RFC 3339 with a zone")
    return found


def _milliseconds(ts: float | str | None) -> int | None:
    if isinstance(ts, int | float):
        return round(ts)
    if isinstance(ts, str):
        moment = datetime.fromisoformat(ts.strip().upper())
        return None if moment.tzinfo is None else round(moment.timestamp() * 1000)
    return None
