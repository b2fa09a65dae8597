"""Rows as messages on the wire: each value in the form that its signal has in a payload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from device_sim.models.machine import Rows
from ingest.wire import codes
from ingest.wire.catalogue import Kind, Signal
from ingest.wire.codecs import CODECS
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.message import Message

CODEC = "forewarn_json"


@dataclass(frozen=True, slots=True)
class Packet:
    """One payload of one device, ready to publish. `first_ms` orders packets; `readings` counts what is in it."""

    device: str
    first_ms: int
    payload: bytes
    readings: int


def packets(device: str, kind: str, rows: Rows, rows_each: int, historical_before_ms: int) -> Iterator[Packet]:
    """`rows` in packets of `rows_each`, in order; messages older than `historical_before_ms` say that they are."""
    messages = _messages(kind, rows, historical_before_ms)
    for first in range(0, len(messages), rows_each):
        part = messages[first : first + rows_each]
        readings = sum(len(message.signals) for message in part)
        yield Packet(device, int(rows.ts[first]), encode(part), readings)


def encode(messages: list[Message]) -> bytes:
    """The payload that carries `messages`."""
    return CODECS.get(CODEC).encode(messages)


@cache
def written(kind: str, signal: str) -> Callable[[float], float | bool | str]:
    """How a stored value of that signal is written in a payload. Raises KeyError for a signal that the type lacks."""
    return _writer(DEVICE_TYPES.get(kind).signal(signal))


def _writer(signal: Signal) -> Callable[[float], float | bool | str]:
    if signal.kind is Kind.BOOLEAN:
        return bool
    if signal.kind is Kind.STATE:
        return lambda value: signal.states[int(value)]
    if signal.kind is Kind.CODE:
        return lambda value: codes.to_text(int(value))
    return lambda value: value


def _messages(kind: str, rows: Rows, historical_before_ms: int) -> list[Message]:
    columns = [(name, written(kind, name), column.tolist()) for name, column in rows.columns.items()]
    messages = []
    for index, ts in enumerate(rows.ts.tolist()):
        # NaN is unequal to itself: the signal is not in this message
        signals = {name: write(values[index]) for name, write, values in columns if values[index] == values[index]}
        messages.append(Message(ts=ts, signals=signals, historical=ts < historical_before_ms))
    return messages
