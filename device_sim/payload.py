"""Rows as packets on the wire: each value in the form that its signal has in a payload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from device_sim.models.machine import Rows
from device_sim.reporting import reported
from ingest.wire import codes
from ingest.wire.catalogue import Kind, Signal
from ingest.wire.codecs import CODECS
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.message import Message
from ingest.wire.topics import TELEMETRY

if TYPE_CHECKING:
    from device_sim.network import Line
    from device_sim.stream import DeviceSpec

CODEC = "forewarn_json"


@dataclass(frozen=True, slots=True)
class Packet:
    """One payload of one device, ready to publish.

    `at_ms` is when it leaves the device, later when it reaches the broker. `channel` is what stands behind the device
    in the topic (``telemetry``, ``telemetry/senml_json``, ``status``, ``help``, ``event``); `readings` counts what is
    in it.
    """

    device: str
    at_ms: int
    channel: str
    payload: bytes
    readings: int


class Lived(Protocol):
    """A life that is told in rows: a `DeviceStream` or a recorded one."""

    @property
    def spec(self) -> DeviceSpec:
        """The device."""
        ...

    def window(self, start_ms: int, end_ms: int) -> Rows:
        """Every row with start <= ts < end."""
        ...


def sent(stream: Lived, line: Line, start_ms: int, end_ms: int, historical_before_ms: int = 0) -> list[Packet]:
    """Every packet whose last row was measured in [start, end), as the broker hears them, in order of arrival.

    Rows go through the device's habit, its clock and its time offline, its codec and `line`; rows that were kept while
    offline, or measured before `historical_before_ms`, say that they are `historical`. Arrivals may lie past `end_ms`.
    The same packets come out however a life is cut.
    """
    spec = stream.spec
    bundle = reported(stream.window, spec.habit, spec.time_zone, start_ms, end_ms)
    rows = bundle.rows
    if not len(rows):
        return []
    leaves = line.leaves_ms(rows.ts)
    told = Rows(rows.ts + line.clock_error_ms(rows.ts), rows.columns)
    payloads = _encoded(spec, told, (leaves > rows.ts) | (rows.ts < historical_before_ms), bundle.first)
    channel = channel_of(spec.habit.codec)
    heard = np.zeros(len(rows) + 1, np.int64)
    for column in rows.columns.values():
        heard[1:] += ~np.isnan(column)
    heard = np.cumsum(heard)
    counts = (heard[bundle.first[1:]] - heard[bundle.first[:-1]]).tolist()
    at = leaves[bundle.first[1:] - 1].tolist()
    return line.carry(
        [
            Packet(spec.id, when, channel, payload, count)
            for when, payload, count in zip(at, payloads, counts, strict=True)
        ]
    )


def channel_of(codec: str) -> str:
    """The channel on which payloads of that codec travel."""
    return TELEMETRY if codec == CODEC else f"{TELEMETRY}/{codec}"


def packets(device: str, kind: str, rows: Rows, rows_each: int, historical_before_ms: int) -> Iterator[Packet]:
    """`rows` in packets of `rows_each`, in order; messages older than `historical_before_ms` say that they are.

    `at_ms` is the time of the first row.
    """
    messages = _messages(kind, rows, rows.ts < historical_before_ms)
    for first in range(0, len(messages), rows_each):
        part = messages[first : first + rows_each]
        readings = sum(len(message.signals) for message in part)
        yield Packet(device, int(rows.ts[first]), TELEMETRY, encode(part), readings)


def _encoded(spec: DeviceSpec, rows: Rows, historical: NDArray[np.bool_], first: NDArray[np.intp]) -> list[bytes]:
    codec = CODECS.get(spec.habit.codec)
    messages = _messages(spec.type, rows, historical)
    cuts = first.tolist()
    return [codec.encode(messages[one:other]) for one, other in pairwise(cuts)]


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


def _messages(kind: str, rows: Rows, historical: NDArray[np.bool_]) -> list[Message]:
    columns = [(name, written(kind, name), column.tolist()) for name, column in rows.columns.items()]
    messages = []
    for index, (ts, old) in enumerate(zip(rows.ts.tolist(), historical.tolist(), strict=True)):
        # NaN is unequal to itself: the signal is not in this message
        signals = {name: write(values[index]) for name, write, values in columns if values[index] == values[index]}
        messages.append(Message(ts=ts, signals=signals, historical=old))
    return messages
