"""What the tests of the connection share: take, acknowledge, and wait until the broker has caught up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias

from ingest.gateway.mqtt import Connection
from ingest.gateway.packets import Packets
from ingest.wire import topics
from tests.ingest.support import until

TOPIC = topics.telemetry("demo", "car-0")
ALL = "fw/v1/demo/+/telemetry"
Connect: TypeAlias = Callable[..., AbstractContextManager[Connection]]


def take(connection: Connection, count: int) -> list[Packets]:
    """At least `count` messages."""
    taken: list[Packets] = []

    def enough() -> bool:
        taken.append(connection.take(10_000, 1_000_000, 0.1))
        return sum(map(len, taken)) >= count

    until(enough, f"{count} messages")
    return [packets for packets in taken if len(packets)]


def acknowledge(connection: Connection, taken: list[Packets]) -> None:
    for packets in taken:
        connection.acknowledge(packets)


def take_all(connection: Connection, count: int) -> list[str]:
    """Take and acknowledge until `count` different messages came; all that came."""
    seen: list[str] = []
    while len(set(seen)) < count:
        taken = take(connection, 1)
        acknowledge(connection, taken)
        seen += texts(taken)
    return seen


def settle(connection: Connection) -> None:
    """Wait until the broker has read all that was acknowledged: it answers a subscription in turn."""
    connection.connected = False
    connection._client.subscribe([(ALL, 1)])
    until(lambda: connection.connected, "the broker to catch up")


def texts(taken: list[Packets]) -> list[str]:
    return [payload.decode() for packets in taken for _topic, payload in packets.pairs()]
