from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from device_sim.clients import Publisher
from device_sim.errors import BrokerUnreachable, DeliveryIncomplete
from device_sim.links import Links
from kit.services import LocalBroker, free_port
from kit.settings import Broker

TOPIC = "fw/v1/demo/d-1/telemetry"


@contextmanager
def publishing(url: str, **options: Any) -> Iterator[Publisher]:
    publisher = Publisher(Broker(url=url), **options)
    yield publisher
    publisher.close()


@pytest.mark.slow
def test_every_message_is_acknowledged_and_heard_once_with_a_small_window(broker_url: str, listener: Any) -> None:
    with publishing(broker_url, window=7) as publisher:
        for number in range(2000):
            publisher.publish(TOPIC, b"%d" % number, readings=3)
        publisher.drain(30)
        listener.wait_for(2000)
        assert publisher.delivered.messages == 2000
        assert publisher.delivered.readings == 6000
        assert [int(payload) for _, payload in listener.heard] == list(range(2000))


@pytest.mark.slow
def test_what_nobody_heard_is_sent_again_in_order_until_somebody_listens(broker_url: str, listen: Any) -> None:
    with publishing(broker_url) as publisher:
        assert publisher.mqtt5, "the broker of the tests is Mosquitto and says when nobody listens"
        publisher.publish(TOPIC, b"0")
        with pytest.raises(DeliveryIncomplete, match="nobody is subscribed") as caught:
            publisher.publish(TOPIC, b"1", timeout_s=1.5)
        assert caught.value.missing == 1
        listener = listen(broker_url)
        for number in range(1, 20):
            publisher.publish(TOPIC, b"%d" % number)
        publisher.drain(30)
        listener.wait_for(20)
        assert [int(payload) for _, payload in listener.heard] == list(range(20))


@pytest.mark.slow
def test_a_broker_that_dies_and_comes_back_costs_no_message(broker: LocalBroker, listener: Any) -> None:
    with publishing(broker.url, window=50) as publisher:
        for number in range(600):
            if number == 200:
                broker.stop()
                threading.Timer(0.5, broker.start).start()
            publisher.publish(TOPIC, b"%d" % number)
        publisher.drain(60)
        listener.wait_for(600)
        assert {int(payload) for _, payload in listener.heard} == set(range(600))


@pytest.mark.slow
def test_a_broker_that_stays_away_is_an_error_with_the_number_missing(broker: LocalBroker, listener: Any) -> None:
    with publishing(broker.url) as publisher:
        publisher.publish(TOPIC, b"1")
        publisher.drain(10)
        broker.kill()
        for number in range(3):
            publisher.publish(TOPIC, b"%d" % number)
        with pytest.raises(DeliveryIncomplete) as caught:
            publisher.drain(0.5)
        assert caught.value.missing == 3
        assert "1 message" not in caught.value.problem


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "mqtt://", "127.0.0.1:1883", "mqtt://127.0.0.1:99999", ""])
def test_an_address_that_is_none_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(BrokerUnreachable) as caught:
        Publisher(Broker(url=url))
    assert caught.value.fix


def test_no_broker_is_an_error_that_names_the_address() -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnreachable, match=url):
        Publisher(Broker(url=url))


def test_a_connection_for_each_device_leaves_its_status_when_it_goes(broker_url: str, listener: Any) -> None:
    links = Links(Broker(url=broker_url), "demo", ["a", "b"], each=True, window=10)
    links.publish("a", "telemetry", b"x", 1)
    links.drain(10)
    assert links.delivered.readings == 1
    links.close()
    listener.wait_until(lambda: sum(payload == b"offline" for _, payload in listener.heard) == 2)
    for device in ("a", "b"):
        told = [payload for topic, payload in listener.heard if topic == f"fw/v1/demo/{device}/status"]
        assert told == [b"online", b"offline"]


def test_a_broker_that_speaks_only_mqtt_3_1_1_is_spoken_to_in_that(
    tmp_path: Path, listen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.services.find_mosquitto", lambda: None)
    nats = LocalBroker(tmp_path / "nats")
    nats.start()
    try:
        listener = listen(nats.url)
        with publishing(nats.url, window=20) as publisher:
            assert not publisher.mqtt5
            for number in range(100):
                publisher.publish(TOPIC, b"%d" % number, readings=1)
            publisher.drain(30)
            listener.wait_for(100)
            assert publisher.delivered.readings == 100
    finally:
        nats.stop()
