"""A device's side of MQTT, and roles as threads or as processes that a test may kill."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from sqlalchemy import Engine

from ingest import build
from ingest.gateway import role as gateway_role
from ingest.ledger import Counts, totals
from ingest.log import PartitionLog
from ingest.reading import ReadingBatch
from ingest.registry.devices import Device
from ingest.wire import topics
from ingest.wire.codecs import CODECS
from ingest.wire.message import Message
from kit.db import transaction
from kit.settings import Settings
from kit.supervise import Stop

WAIT_S = 60.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds; only a broken product waits to the end."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


@dataclass
class Publisher:
    """A device's side: publishes with QoS 1 and knows what the broker took over."""

    url: str
    codec = CODECS.get("forewarn_json")
    sent: list[mqtt.MQTTMessageInfo] = field(default_factory=list)

    def __post_init__(self) -> None:
        where = urlsplit(self.url)
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="devices", clean_session=False)
        self.client.connect(where.hostname or "", where.port or 0)
        self.client.loop_start()

    def send(self, device: str, messages: list[Message]) -> None:
        self.raw(topics.telemetry("demo", device), self.codec.encode(messages))

    def raw(self, topic: str, payload: bytes) -> None:
        self.sent.append(self.client.publish(topic, payload, qos=1))

    def drain(self) -> None:
        """Wait until the broker has taken over all that was sent."""
        for info in self.sent:
            info.wait_for_publish(WAIT_S)
            assert info.is_published()
        self.sent.clear()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def running_gateway(settings: Settings, log: PartitionLog) -> Iterator[None]:
    """The gateway in a thread of this process, on a log of the test's own."""
    stop = Stop()
    thread = threading.Thread(target=gateway_role.run, args=(settings, stop, log))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@dataclass
class Process:
    """A role in a process of its own."""

    role: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        command = [str(Path(sys.executable).with_name("forewarn")), "worker", "run", "--role", self.role]
        self.process = subprocess.Popen(command, env={**os.environ, **self.environment})

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(WAIT_S)


@dataclass
class Books:
    """What the product says that it has."""

    engine: Engine
    settings: Settings

    def counts(self) -> Counts:
        with transaction(self.engine) as session:
            return totals(session, "demo")

    def stored(self, device: Device) -> ReadingBatch:
        with closing(build.open_store(self.settings, read_only=True)) as store:
            return store.read([device.no << 8 | n for n in range(20)], 0, 1 << 42)
