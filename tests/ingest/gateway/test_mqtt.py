"""The connection to a real broker: what is not acknowledged comes again, what does not fit waits there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ingest.gateway.mqtt import Inbound, Subscriber, address
from ingest.wire import topics
from kit.errors import ServiceError
from kit.services import LocalBroker
from kit.settings import Broker
from tests.ingest.support import Publisher, until

TOPIC = topics.telemetry("demo", "car-0")


@contextmanager
def connected(url: str, waiting_most: int = 20_000) -> Iterator[Subscriber]:
    subscriber = Subscriber(Broker(url=url), "gateway-test", topics.telemetry_of_all("demo"), waiting_most)
    subscriber.start()
    try:
        until(lambda: subscriber.connected, "the subscription")
        yield subscriber
    finally:
        subscriber.stop()


def take(subscriber: Subscriber, count: int) -> list[Inbound]:
    taken: list[Inbound] = []

    def enough() -> bool:
        taken.extend(subscriber.take(10_000, 1_000_000, 0.1))
        return len(taken) >= count

    until(enough, f"{count} messages")
    return taken


def settle(subscriber: Subscriber) -> None:
    """Wait until the broker has read all that was acknowledged: it answers a subscription in turn."""
    subscriber.connected = False
    subscriber._client.subscribe(topics.telemetry_of_all("demo"), qos=1)
    until(lambda: subscriber.connected, "the broker to catch up")


def texts(messages: list[Inbound]) -> list[str]:
    return [message.payload.decode() for message in messages]


def test_messages_arrive_in_order_and_acknowledged_ones_do_not_come_again(
    broker_url: str, publisher: Publisher
) -> None:
    with connected(broker_url) as subscriber:
        for n in range(3000):  # three times the broker's window: acknowledging must make room
            publisher.raw(TOPIC, f"{n}".encode())
        seen: list[str] = []
        while len(seen) < 3000:
            messages = take(subscriber, 1)
            subscriber.acknowledge(messages)
            seen += texts(messages)
        assert seen == [f"{n}" for n in range(3000)]
        settle(subscriber)
    with connected(broker_url) as again:
        publisher.raw(TOPIC, b"last")
        assert texts(take(again, 1)) == ["last"]


def test_unacknowledged_messages_come_again_after_a_reconnect(broker_url: str, publisher: Publisher) -> None:
    with connected(broker_url) as subscriber:
        for n in range(5):
            publisher.raw(TOPIC, f"{n}".encode())
        messages = take(subscriber, 5)
        subscriber.acknowledge(messages[:2])
        publisher.drain()
        settle(subscriber)
    with connected(broker_url) as again:
        assert texts(take(again, 3)) == ["2", "3", "4"]


def test_acknowledgements_of_an_earlier_connection_are_dropped(broker: LocalBroker, publisher: Publisher) -> None:
    with connected(broker.url) as subscriber:
        publisher.raw(TOPIC, b"kept")
        old = take(subscriber, 1)
        publisher.drain()
        subscriber._ask_again()
        again = take(subscriber, 1)
        assert texts(again) == ["kept"]
        assert again[0].mid == old[0].mid
        subscriber.acknowledge(old)  # of the old epoch: must not reach the broker
        settle(subscriber)
    with connected(broker.url) as third:
        assert texts(take(third, 1)) == ["kept"]


def test_messages_wait_in_the_broker_while_nobody_listens(broker_url: str, publisher: Publisher) -> None:
    with connected(broker_url):
        pass  # makes the session
    for n in range(2000):
        publisher.raw(TOPIC, f"{n}".encode())
    publisher.drain()
    with connected(broker_url) as subscriber:
        seen: list[str] = []
        while len(seen) < 2000:
            messages = take(subscriber, 1)
            subscriber.acknowledge(messages)
            seen += texts(messages)
        assert seen == [f"{n}" for n in range(2000)]


def test_what_does_not_fit_is_let_go_and_comes_again_in_order(broker_url: str, publisher: Publisher) -> None:
    with connected(broker_url, waiting_most=100) as subscriber:
        for n in range(200):
            publisher.raw(TOPIC, f"{n}".encode())
        publisher.drain()
        until(lambda: len(subscriber._waiting) == 100, "the queue to fill")
        seen: list[str] = []
        while len(set(seen)) < 200:
            messages = take(subscriber, 1)
            subscriber.acknowledge(messages)
            seen += texts(messages)
        assert list(dict.fromkeys(seen)) == [f"{n}" for n in range(200)]


def test_the_broker_may_go_and_come_back(broker: LocalBroker, publisher: Publisher) -> None:
    with connected(broker.url) as subscriber:
        publisher.raw(TOPIC, b"before")
        publisher.drain()
        subscriber.acknowledge(take(subscriber, 1))
        broker.stop()
        until(lambda: not subscriber.connected, "the loss to be noticed")
        broker.start()
        publisher.raw(TOPIC, b"after")
        assert texts(take(subscriber, 1))[-1] == "after"


def test_an_error_in_a_callback_does_not_deafen_the_gateway(
    broker: LocalBroker, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed:
        def info(self, *_args: object, **_more: object) -> None:
            raise ValueError("I/O operation on closed file.")

    monkeypatch.setattr("ingest.gateway.mqtt._log", Closed())
    with connected(broker.url) as subscriber:
        publisher.raw(TOPIC, b"heard")
        assert texts(take(subscriber, 1)) == ["heard"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://localhost", ("localhost", 1883, False)),
        ("mqtts://broker.example:9", ("broker.example", 9, True)),
        ("mqtts://[::1]", ("::1", 8883, True)),
    ],
)
def test_addresses(url: str, expected: tuple[str, int, bool]) -> None:
    assert address(Broker(url=url)) == expected


@pytest.mark.parametrize("url", [None, "", "localhost:1883", "http://broker", "mqtt://", "mqtt://host:99999"])
def test_what_is_no_address_is_said_so(url: str | None) -> None:
    with pytest.raises(ServiceError):
        address(Broker(url=url))
