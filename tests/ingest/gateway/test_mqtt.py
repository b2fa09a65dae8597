"""The connection to a real broker in both ways: what is not acknowledged comes again, what has no room waits."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import NotPublished
from ingest.gateway.mqtt import address
from kit.errors import ServiceError
from kit.services import LocalBroker
from kit.settings import Broker
from tests.ingest.gateway.connections import TOPIC, Connect, acknowledge, settle, take, take_all, texts
from tests.ingest.support import Publisher, until


def test_messages_arrive_in_order_and_acknowledged_ones_do_not_come_again(
    connected: Connect, broker_url: str, publisher: Publisher
) -> None:
    with connected(broker_url) as connection:
        for n in range(3000):  # three times the broker's window: acknowledging must make room
            publisher.raw(TOPIC, f"{n}".encode())
        assert take_all(connection, 3000) == [f"{n}" for n in range(3000)]
        settle(connection)
    with connected(broker_url) as again:
        publisher.raw(TOPIC, b"last")
        assert texts(take(again, 1)) == ["last"]


def test_messages_without_a_promise_and_odd_ones_arrive_too(
    connected: Connect, broker_url: str, publisher: Publisher
) -> None:
    large = b"x" * 3_000_000  # more than is read at a time
    with connected(broker_url) as connection:
        for payload, qos in ((b"", 1), (b"no promise", 0), (large, 1), (b"after", 1)):
            publisher.client.publish(TOPIC, payload, qos=qos)
        taken = take(connection, 4)
        pairs = [pair for packets in taken for pair in packets.pairs()]
        assert pairs == [(TOPIC.encode(), payload) for payload in (b"", b"no promise", large, b"after")]
        assert [mid > 0 for packets in taken for mid in packets.mid.tolist()] == [True, False, True, True]


def test_a_batch_is_bounded_by_messages_and_by_bytes(connected: Connect, broker_url: str, publisher: Publisher) -> None:
    with connected(broker_url) as connection:
        for n in range(10):
            publisher.raw(TOPIC, f"{n}".encode() * 1000)
        publisher.drain()
        settle(connection)  # all of them wait now
        assert [len(connection.take(most, most_bytes, 1.0)) for most, most_bytes in ((3, 1_000_000), (10, 1500))] == [
            3,
            2,
        ]
        assert len(connection.take(10, 1_000_000, 1.0)) == 5
        assert len(connection.take(10, 1_000_000, 0.0)) == 0


def test_unacknowledged_messages_come_again_after_a_reconnect(
    connected: Connect, broker_url: str, publisher: Publisher
) -> None:
    with connected(broker_url) as connection:
        for n in range(5):
            publisher.raw(TOPIC, f"{n}".encode())
        publisher.drain()
        settle(connection)
        connection.acknowledge(connection.take(2, 1_000_000, 1.0))
        connection.take(3, 1_000_000, 1.0)
        settle(connection)
    with connected(broker_url) as again:
        assert texts(take(again, 3)) == ["2", "3", "4"]


@pytest.mark.slow
def test_acknowledgements_of_an_earlier_connection_are_dropped(
    connected: Connect, broker_url: str, publisher: Publisher
) -> None:
    with connected(broker_url) as connection:
        publisher.raw(TOPIC, b"kept")
        old = take(connection, 1)
        publisher.drain()
        connection._cut()
        again = take(connection, 1)
        assert texts(again) == ["kept"]
        assert again[0].mid.tolist() == old[0].mid.tolist()
        acknowledge(connection, old)  # of the old epoch: must not reach the broker
        settle(connection)
    with connected(broker_url) as third:
        assert texts(take(third, 1)) == ["kept"]


def test_messages_wait_in_the_broker_while_nobody_listens(
    connected: Connect, broker_url: str, publisher: Publisher
) -> None:
    with connected(broker_url):
        pass  # makes the session
    for n in range(2000):
        publisher.raw(TOPIC, f"{n}".encode())
    publisher.drain()
    with connected(broker_url) as connection:
        assert take_all(connection, 2000) == [f"{n}" for n in range(2000)]


def test_what_has_no_room_is_not_read_and_comes_later_in_order_and_once(
    connected: Connect, broker_url: str, publisher: Publisher
) -> None:
    with connected(broker_url, waiting_most=100) as connection:
        sent = [f"{n} {'x' * 10_000}" for n in range(1500)]  # more than the kernel's buffers hold
        for text in sent:
            publisher.client.publish(TOPIC, text, qos=0)
        until(lambda: connection._inbox._count >= 100, "the inbox to fill")
        publisher.raw(TOPIC, b"end")
        seen: list[str] = []
        while not seen or seen[-1] != "end":
            assert connection._inbox._count < 100 + 120  # what was there, and what one read may bring
            taken = take(connection, 1)
            acknowledge(connection, taken)
            seen += texts(taken)
        assert seen[:-1] == [text for text in sent if text in set(seen)]  # in order; without a promise some may be lost
        assert connection._status.facts.reconnects == {}


@pytest.mark.slow
def test_the_broker_may_go_and_come_back(connected: Connect, broker: LocalBroker, publisher: Publisher) -> None:
    with connected(broker.url) as connection:
        publisher.raw(TOPIC, b"before")
        publisher.drain()
        acknowledge(connection, take(connection, 1))
        broker.stop()
        until(lambda: not connection.connected, "the loss to be noticed")
        broker.start()
        publisher.raw(TOPIC, b"after")
        assert texts(take(connection, 1))[-1] == "after"
        assert connection._status.facts.reconnects["closed"] == 1
        assert connection._status.facts.sessions_lost == 0


def test_an_error_in_a_callback_does_not_deafen_the_gateway(
    connected: Connect, broker: LocalBroker, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed:
        def info(self, *_args: object, **_more: object) -> None:
            raise ValueError("I/O operation on closed file.")

    monkeypatch.setattr("ingest.gateway.mqtt._log", Closed())
    with connected(broker.url) as connection:
        publisher.raw(TOPIC, b"heard")
        assert texts(take(connection, 1)) == ["heard"]


def test_several_filters_and_those_of_another_configuration_are_left(
    connected: Connect, broker_url: str, publisher: Publisher, tmp_path: Path
) -> None:
    with connected(broker_url, tmp_path, ("a/#", "b/+")) as connection:
        publisher.raw("a/1/2", b"1")
        publisher.raw("b/1", b"2")
        assert texts(take(connection, 2)) == ["1", "2"]
    with connected(broker_url, tmp_path, ("b/+", "c")) as connection:
        taken = take(connection, 2)  # what nobody acknowledged
        acknowledge(connection, taken)
        for topic in ("a/1/2", "c", "b/1"):
            publisher.raw(topic, topic.encode())
        assert texts(take(connection, 2)) == ["c", "b/1"]


def test_what_is_published_has_reached_the_broker(connected: Connect, broker_url: str) -> None:
    with connected(broker_url, filters=("down/#",)) as connection:
        connection.publish("down/car-0", b"identify")
        (packets,) = take(connection, 1)
        assert list(packets.pairs()) == [(b"down/car-0", b"identify")]


@pytest.mark.slow
def test_what_cannot_be_published_is_said_in_time(connected: Connect, broker: LocalBroker) -> None:
    with connected(broker.url) as connection:
        with pytest.raises(NotPublished, match="wildcards"):
            connection.publish("down/+", b"identify")
        broker.kill()
        with pytest.raises(NotPublished):
            connection.publish("down/car-0", b"identify", wait_s=0.2)
        until(lambda: not connection.connected, "the loss to be noticed")
        with pytest.raises(NotPublished, match="not connected"):
            connection.publish("down/car-0", b"identify")


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
