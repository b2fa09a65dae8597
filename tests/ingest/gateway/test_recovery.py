"""Trouble on the way to the broker: each kind ends by itself, loses nothing that was promised, and is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingest.errors import NotPublished
from ingest.gateway import mqtt, status
from kit.services import LocalBroker
from kit.settings import Broker
from tests.e2e.proxy import Proxy
from tests.ingest.gateway.connections import ALL, TOPIC, Connect, acknowledge, settle, take, take_all, texts
from tests.ingest.support import Publisher, until

pytestmark = pytest.mark.slow


@pytest.fixture
def proxy(broker: LocalBroker) -> Iterator[Proxy]:
    with closing(Proxy(("127.0.0.1", broker.port))) as proxy:
        yield proxy


def url(proxy: Proxy) -> str:
    return f"mqtt://127.0.0.1:{proxy.port}"


def test_after_a_cut_what_was_not_acknowledged_comes_again_and_nothing_else(
    connected: Connect, proxy: Proxy, publisher: Publisher
) -> None:
    with connected(url(proxy)) as connection:
        publisher.raw(TOPIC, b"safe")
        acknowledge(connection, take(connection, 1))
        settle(connection)
        publisher.raw(TOPIC, b"in hand")
        in_hand = take(connection, 1)
        proxy.cut()
        publisher.raw(TOPIC, b"meanwhile")
        assert texts(take(connection, 2)) == ["in hand", "meanwhile"]
        acknowledge(connection, in_hand)  # of the connection that was cut
        assert connection._status.facts.reconnects["closed"] == 1
        assert connection._status.facts.sessions_lost == 0


def test_a_half_open_link_is_noticed_and_made_again(connected: Connect, proxy: Proxy, publisher: Publisher) -> None:
    with connected(url(proxy), keepalive_s=1) as connection:
        proxy.freeze()
        publisher.raw(TOPIC, b"meanwhile")
        until(lambda: not connection.connected, "the dead link to be noticed")
        assert not connection.idle()
        proxy.thaw()
        assert texts(take(connection, 1)) == ["meanwhile"]
        assert connection._status.facts.reconnects["keepalive"] >= 1


def test_a_full_inbox_keeps_the_connection_however_long(
    connected: Connect, broker_url: str, publisher: Publisher
) -> None:
    with connected(broker_url, waiting_most=1, keepalive_s=1) as connection:
        for n in range(3):
            publisher.raw(TOPIC, f"{n}".encode())
            publisher.drain()
        until(lambda: not connection._inbox.is_empty(), "the inbox to fill")
        time.sleep(5)  # more than the broker and paho would wait for a sign of life
        assert not connection.idle()
        assert take_all(connection, 3) == ["0", "1", "2"]
        assert connection._status.facts.reconnects == {}


def test_a_broker_that_was_killed_is_found_again(connected: Connect, broker: LocalBroker) -> None:
    with connected(broker.url) as connection:
        broker.kill()
        until(lambda: not connection.connected, "the loss to be noticed")
        broker.start()
        until(lambda: connection.connected, "the way back")
        with closing(Publisher(broker.url)) as publisher:
            publisher.raw(TOPIC, b"after")
            assert texts(take(connection, 1)) == ["after"]


def test_a_session_that_the_broker_lost_is_told_even_by_the_next_process(
    connected: Connect, broker: LocalBroker, tmp_path: Path
) -> None:
    folder = tmp_path / "status"
    with connected(broker.url, folder):
        pass
    broker.kill()
    for kept in (tmp_path / "broker").glob("mosquitto.db*"):
        kept.unlink()
    broker.start()
    with connected(broker.url, folder) as connection:
        connection.report()
        (facts,) = status.read_all(folder)
        assert (facts.sessions_lost, facts.connected) == (1, True)
        (check,) = status.checks(folder, facts.written_ms)
        assert not check.ok
        assert "lost the gateway's session" in check.detail
    with connected(broker.url, folder) as connection:
        assert connection._status.facts.sessions_lost == 1  # the session made meanwhile is there


def test_leaving_over_a_dead_link_takes_no_longer_than_it_may(
    connected: Connect, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "STOP_S", 0.3)
    with connected(url(proxy)) as connection:
        proxy.freeze()
        with pytest.raises(NotPublished):
            connection.publish("down/car-0", b"x" * 20_000_000, wait_s=0.3)  # fills every buffer on the way
        stopping = threading.Thread(target=connection.stop)
        stopping.start()
        stopping.join(20)
        assert not stopping.is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho makes a new pair of sockets
def test_an_error_of_ours_that_ends_the_thread_deafens_the_gateway_for_a_moment_only(
    connected: Connect, broker_url: str, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistake(*_args: object) -> None:
        raise MemoryError

    with connected(broker_url) as connection:
        connection.report()  # all is well: nothing is started twice
        with monkeypatch.context() as patch:
            patch.setattr(connection._client, "_read", mistake)
            publisher.raw(TOPIC, b"heard")
            until(lambda: connection._client._thread is None, "the thread to end")
        connection.report()
        assert texts(take(connection, 1)) == ["heard"]


def test_a_host_name_that_cannot_be_does_not_end_the_trying() -> None:
    connection = mqtt.Connection(Broker(url="mqtt://a..b"), "gateway-test", [ALL])
    connection.start()
    until(lambda: connection._status.facts.reconnects.get("unreachable", 0) > 0, "the failure")
    connection.stop()


def test_a_refused_subscription_is_asked_for_again_until_it_is_allowed(
    connected: Connect, broker: LocalBroker, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [[ALL], []]
    monkeypatch.setattr(mqtt, "_refused", lambda _filters, _codes: answers.pop(0))
    with connected(broker.url) as connection:
        assert answers == []
        assert connection._status.facts.reconnects == {"refused": 1}
        publisher.raw(TOPIC, b"heard")
        assert texts(take(connection, 1))[-1] == "heard"
