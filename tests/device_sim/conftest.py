"""A subscriber with a session of its own: stands in for the gateway, so that only the simulator is under test."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion


class Listener:
    """Keeps what comes in on every topic of the product."""

    def __init__(self, url: str, topic: str = "fw/#") -> None:
        self.heard: list[tuple[str, bytes]] = []
        ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "listener", clean_session=False)

        def subscribed(*_: Any) -> None:
            ready.set()

        def message(_client: Any, _data: Any, item: mqtt.MQTTMessage) -> None:
            self.heard.append((item.topic, item.payload))

        def connected(client: mqtt.Client, *_: Any) -> None:
            client.subscribe(topic, qos=1)

        self._client.on_connect = connected
        self._client.on_subscribe = subscribed
        self._client.on_message = message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", int(url.rsplit(":", 1)[1]))
        self._client.loop_start()
        assert ready.wait(10)

    def wait_until(self, reached: Callable[[], bool], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, f"only {len(self.heard)} messages were heard"
            time.sleep(0.02)

    def wait_for(self, count: int) -> None:
        self.wait_until(lambda: len({payload for _, payload in self.heard}) >= count)

    def rows(self, device: str) -> list[dict[str, Any]]:
        """Every message object of that device, in the order heard."""
        found: list[dict[str, Any]] = []
        for topic, payload in list(self.heard):
            if topic == f"fw/v1/demo/{device}/telemetry":
                content = json.loads(payload)
                found += content if isinstance(content, list) else [content]
        return found

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def listener(broker_url: str) -> Iterator[Listener]:
    """Somebody who is subscribed to everything on this test's broker."""
    listener = Listener(broker_url)
    yield listener
    listener.close()


@pytest.fixture
def listen() -> Iterator[Callable[[str], Listener]]:
    """Subscribe later, or to another broker."""
    made: list[Listener] = []

    def subscribe(url: str) -> Listener:
        made.append(Listener(url))
        return made[-1]

    yield subscribe
    for listener in made:
        listener.close()
