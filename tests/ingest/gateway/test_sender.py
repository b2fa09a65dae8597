"""Commands leave over the real broker, once, and what the broker does not take stays queued."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from sqlalchemy import Engine

from ingest import commands
from ingest.build import open_log
from ingest.commands import Command
from ingest.gateway.sender import Sender
from ingest.registry.devices import Device
from ingest.writer.events import EventBooker
from kit.clock import SystemClock
from kit.db import transaction
from kit.errors import ServiceError
from kit.settings import Settings
from tests.ingest.support import running_gateway, until


@pytest.fixture
def obedient(broker_url: str) -> Iterator[list[tuple[str, dict[str, object]]]]:
    """A car that hears its commands and answers each."""
    where, heard, ready = urlsplit(broker_url), list[tuple[str, dict[str, object]]](), threading.Event()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="car-0")

    def obey(client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        said = json.loads(message.payload)
        heard.append((message.topic, said))
        client.publish(f"{message.topic}/ack", json.dumps({"id": said["id"], "ok": True, "message": "flashed"}), qos=1)

    client.on_message = obey
    client.on_subscribe = lambda *_: ready.set()
    client.on_connect = lambda client, *_: client.subscribe("fw/v1/demo/car-0/cmd", qos=1)
    client.connect(where.hostname or "", where.port or 0)
    client.loop_start()
    assert ready.wait(30)
    yield heard
    client.disconnect()
    client.loop_stop()


def ask(engine: Engine, device: Device, seconds: float = 60) -> Command:
    with transaction(engine) as session:
        return commands.request(
            session, device, "identify", by="kim", reason="which?", now=SystemClock().now(),
            timeout=timedelta(seconds=seconds),
        )  # fmt: skip


def fate(engine: Engine, device: Device) -> Command:
    with transaction(engine) as session:
        return commands.of_device(session, device)[0]


@pytest.mark.slow
def test_a_command_reaches_the_device_and_its_answer_comes_back(
    engine: Engine, settings: Settings, fleet: list[Device], obedient: list[tuple[str, dict[str, object]]]
) -> None:
    asked = ask(engine, fleet[0])
    with running_gateway(settings, open_log(settings)), closing(open_log(settings)) as log:
        booker = EventBooker(engine, log, "demo")

        def done() -> bool:
            booker.step()
            return fate(engine, fleet[0]).state == "done"

        until(done, "the answer")
    assert fate(engine, fleet[0]).answer == "flashed"
    assert [(topic, said["id"]) for topic, said in obedient] == [("fw/v1/demo/car-0/cmd", str(asked.id))]


def sender(engine: Engine, publish: Callable[[str, bytes], None]) -> Sender:
    return Sender(engine, publish, "demo", SystemClock())


def test_what_the_broker_does_not_take_stays_queued_and_goes_later(engine: Engine, fleet: list[Device]) -> None:
    def away(_topic: str, _payload: bytes) -> None:
        raise ServiceError("The broker is away.")

    ask(engine, fleet[0])
    with pytest.raises(ServiceError):
        sender(engine, away).step()
    assert fate(engine, fleet[0]).state == "queued"
    sent: list[str] = []
    assert sender(engine, lambda topic, _payload: sent.append(topic)).step()
    assert not sender(engine, lambda topic, _payload: sent.append(topic)).step()
    assert sent == ["fw/v1/demo/car-0/cmd"]
    assert fate(engine, fleet[0]).state == "sent"


def test_what_is_too_old_expires_instead_of_being_sent(engine: Engine, fleet: list[Device]) -> None:
    ask(engine, fleet[0], seconds=0.001)
    until(lambda: not sender(engine, lambda *_: None).step(), "the end of it")
    assert fate(engine, fleet[0]).state == "expired"
