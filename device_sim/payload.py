"""What a device sends: packets with their instant and channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from device_sim.encoding import CODEC, payloads
from device_sim.models.machine import Rows
from device_sim.reporting import reported
from ingest.wire.codecs import CODECS
from ingest.wire.message import Message
from ingest.wire.topics import TELEMETRY

if TYPE_CHECKING:
    from device_sim.network import Line
    from device_sim.stream import DeviceSpec


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

    def at(self, at_ms: int) -> Packet:
        """The same packet at another instant."""
        return Packet(self.device, at_ms, self.channel, self.payload, self.readings)


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
    kept = (leaves > rows.ts) | (rows.ts < historical_before_ms)
    bodies, counts = payloads(spec.type, spec.habit.codec, told, kept, bundle.first)
    channel = channel_of(spec.habit.codec)
    at = leaves[bundle.first[1:] - 1].tolist()
    return line.carry(
        [Packet(spec.id, when, channel, body, count) for when, body, count in zip(at, bodies, counts, strict=True)]
    )


def channel_of(codec: str) -> str:
    """The channel on which payloads of that codec travel."""
    return TELEMETRY if codec == CODEC else f"{TELEMETRY}/{codec}"


def packets(device: str, kind: str, rows: Rows, rows_each: int, historical_before_ms: int) -> Iterator[Packet]:
    """`rows` in packets of `rows_each`, in order; messages older than `historical_before_ms` say that they are.

    `at_ms` is the time of the first row.
    """
    if not len(rows):
        return
    first = np.append(np.arange(0, len(rows), rows_each), len(rows))
    bodies, counts = payloads(kind, CODEC, rows, rows.ts < historical_before_ms, first)
    for at, body, count in zip(rows.ts[first[:-1]].tolist(), bodies, counts, strict=True):
        yield Packet(device, at, TELEMETRY, body, count)


def encode(messages: list[Message]) -> bytes:
    """The payload that carries `messages`."""
    return CODECS.get(CODEC).encode(messages)
