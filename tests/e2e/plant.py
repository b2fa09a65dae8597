"""A whole installation on services of its own that may be killed, under a load whose every reading can be told apart.

Each message carries the device's own running number as a signal's value, so that what is stored can be held against
what the broker acknowledged even where the product corrects a device's clock.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion
from product import Product
from proxy import Proxy
from sqlalchemy import Engine

from ingest.build import open_store
from ingest.gateway.role import make_session
from ingest.ledger import Counts, totals
from ingest.registry.devices import Device, DeviceSpec, register
from ingest.store.errors import StoreUnavailable
from ingest.wire import topics
from ingest.wire.device_types import DEVICE_TYPES
from kit import db
from kit.db import transaction
from kit.services import LocalBroker, LocalPostgres
from kit.settings import Settings, load
from tests.ingest.store.servers import Server, VictoriaServer

ROLES = ("gateway", "writer", "detector")
NUMBER = "run_time"  # the signal that carries the running number
SIGNALS = 12
DEVICES = 20
TENANT = "demo"


class Postgres:
    """A PostgreSQL server that can be killed like a machine that loses power."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = LocalPostgres(folder)
        self.url = self._server.start()

    def kill(self) -> None:
        """kill -9 of the server and of every process of it."""
        pid_file = self._folder / "postmaster.pid"
        postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
        victims = [*postmaster.children(recursive=True), postmaster]
        for process in victims:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(victims, timeout=5)
        pid_file.unlink(missing_ok=True)  # where nobody reaps the dead, their number still looks alive

    def start(self) -> None:
        """Start it again on the same data and address."""
        self._server = LocalPostgres(self._folder)
        again = self._server.start()
        assert again == self.url

    def stop(self) -> None:
        self._server.stop()


@dataclass(frozen=True, slots=True)
class Shape:
    """How devices misbehave: each message sent `copies` times, `shuffle` rounds in any order, clocks `skew_ms` off."""

    copies: int = 1
    shuffle: int = 0
    skew_ms: int = 0


STEADY = Shape()


@dataclass
class Load:
    """Devices that publish 12-signal messages at QoS 1, and what the broker acknowledged of them."""

    url: str
    rate: float
    shape: Shape = STEADY
    acknowledged: dict[str, set[int]] = field(default_factory=lambda: {f"car-{n}": set() for n in range(DEVICES)})

    def __post_init__(self) -> None:
        where = urlsplit(self.url)
        self._waiting: dict[int, tuple[str, int]] = {}
        self._early: set[int] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="devices", clean_session=False, protocol=mqtt.MQTTv311
        )
        self.client.max_inflight_messages_set(200)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = self._on_publish
        self.client.connect(where.hostname or "", where.port or 0)
        self.client.loop_start()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def count(self) -> int:
        """How many messages the broker has acknowledged, repeated ones once."""
        return sum(len(numbers) for numbers in self.acknowledged.values())

    def finish(self) -> None:
        """Send no more and wait until all that was sent is acknowledged."""
        self._stop.set()
        self._thread.join()
        deadline = time.monotonic() + 120
        while self._waiting and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not self._waiting, f"{len(self._waiting)} messages were never acknowledged"
        self.client.disconnect()
        self.client.loop_stop()

    def _run(self) -> None:
        started = time.monotonic()
        for sent, (device, number, ts) in enumerate(_ordered(self.shape.shuffle)):
            if self._stop.is_set():
                return
            payload = _payload(number, ts + self.shape.skew_ms)
            for _copy in range(self.shape.copies):
                self._publish(device, number, payload)
            ahead = sent / self.rate - (time.monotonic() - started)
            if ahead > 0:
                self._stop.wait(ahead)
            while len(self._waiting) > 5_000 and not self._stop.is_set():  # the broker is away: a device's own memory
                time.sleep(0.02)

    def _publish(self, device: str, number: int, payload: bytes) -> None:
        with self._lock:
            info = self.client.publish(topics.telemetry(TENANT, device), payload, qos=1)
            if info.mid in self._early:
                self._early.discard(info.mid)
                self.acknowledged[device].add(number)
            else:
                self._waiting[info.mid] = device, number

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        device, number = self._waiting.pop(mid, ("", -1))
        if device:
            self.acknowledged[device].add(number)
        else:
            self._early.add(mid)


def _ordered(shuffle: int) -> Iterator[tuple[str, int, int]]:
    """``(device, running number, event time)`` for ever, now; within `shuffle` rounds in any order."""
    pick = random.Random(7)
    number, ts = 0, 0
    while True:
        rounds: list[tuple[str, int, int]] = []
        for _round in range(max(shuffle, 1)):
            number, ts = number + 1, max(ts + 1, int(time.time() * 1000))  # no two readings of a series at one time
            rounds += [(f"car-{n}", number, ts) for n in range(DEVICES)]
        if shuffle:
            pick.shuffle(rounds)
        yield from rounds


def _payload(number: int, ts: int) -> bytes:
    numbers = DEVICE_TYPES.get("vehicle").signals[: SIGNALS - 1]
    signals = {s.name: round(s.low + (s.high - s.low) * 0.4 + number % 7 / 10, 1) for s in numbers}
    return json.dumps({"ts": ts, "signals": signals | {NUMBER: number}}).encode()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an ordeal."""

    acknowledged: int
    stored: int
    lost: int
    twice: int
    ledger: Counts
    recovery_s: float


class Plant:
    """Services, roles and the books of one ordeal.

    `server` is a time-series server in place of the embedded store, `disk` a file system of its own for the roles'
    folder, `nats` takes NATS as the broker; with `proxied` the gateway reaches the broker through `proxy`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        server: Server | None = None,
        disk: Path | None = None,
        nats: bool = False,
        proxied: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.server, self.disk = server, disk
        self.postgres = Postgres(folder / "pg")
        with _without_mosquitto(nats):
            self.broker = LocalBroker(folder / "broker")
            self.broker.start()
        self.proxy = Proxy(("127.0.0.1", self.broker.port)) if proxied else None
        self.nats = nats
        environment = {
            "FOREWARN__CORE__DATA_DIR": str((disk or folder) / "data"),
            "FOREWARN__DATABASE__URL": self.postgres.url,
            "FOREWARN__BROKER__URL": f"mqtt://127.0.0.1:{self.proxy.port}" if self.proxy else self.broker.url,
            "FOREWARN__INGEST__FLUSH_S": "0.2",
            "FOREWARN__INGEST__DEVICE_RATE": "10000",
        }
        if server:
            environment |= {
                "FOREWARN__INGEST__STORE__KIND": "influx",
                "FOREWARN__INGEST__STORE__INFLUX__URL": server.url,
                "FOREWARN__INGEST__STORE__INFLUX__DATABASE": "forewarn",
                "FOREWARN__INGEST__STORE__INFLUX__SERVER": (
                    "victoriametrics" if isinstance(server, VictoriaServer) else "influxdb"
                ),
            }
        self.settings: Settings = load(environ=environment)
        self.engine: Engine = db.connect(self.settings)
        db.migrate(self.engine)
        self.product = Product(environment, folder)
        with transaction(self.engine) as session:
            self.devices: list[Device] = [
                register(session, DeviceSpec(TENANT, f"car-{n}", "vehicle")) for n in range(DEVICES)
            ]
        make_session(self.settings)
        self._roles = threading.Lock()
        self._ended = threading.Event()
        self.product.start(*ROLES)
        self._supervisor = threading.Thread(target=self._supervise)
        self._supervisor.start()

    def restart(self, *roles: str, after_s: float = 0.5) -> None:
        """kill -9, and start again as a supervisor would."""
        with self._roles:
            for role in roles:
                self.product.kill(role)
            time.sleep(after_s)
            self.product.start(*roles)

    def _supervise(self) -> None:
        """Start again what ended by itself, as `forewarn up` or a container engine does."""
        while not self._ended.wait(0.5):
            with self._roles:
                ended = [name for name, process in self.product.roles.items() if process.poll() is not None]
                self.product.start(*ended)

    def restart_broker(self, away_s: float) -> None:
        """kill -9 of the broker, and back after a while on the same data and port."""
        self.broker.kill()
        time.sleep(away_s)
        with _without_mosquitto(self.nats):
            self.broker.start()

    def stored(self) -> dict[str, Counter[int]]:
        """How often each running number of each device is stored."""
        with closing(open_store(self.settings, read_only=True)) as store:
            signal_no = DEVICE_TYPES.get("vehicle").signal(NUMBER).number
            found: dict[str, Counter[int]] = {}
            for device in self.devices:
                batch = store.read([device.no << 8 | signal_no], 0, 1 << 42)
                found[device.identifier] = Counter(batch.value.astype(int).tolist())
        return found

    def has(self, wanted: dict[str, set[int]]) -> bool:
        """Whether all these running numbers are stored; not while the store cannot be asked."""
        try:
            stored = self.stored()
        except StoreUnavailable:
            return False
        return all(numbers <= stored[device].keys() for device, numbers in wanted.items())

    def readings(self) -> int:
        with closing(open_store(self.settings, read_only=True)) as store:
            return store.count()

    def ledger(self) -> Counts:
        with transaction(self.engine) as session:
            return totals(session, TENANT)

    def close(self) -> None:
        self._ended.set()
        self._supervisor.join()
        self.product.stop_all()
        self.engine.dispose()
        self.broker.stop()
        with suppress(Exception):
            self.postgres.stop()


def _without_mosquitto(hidden: bool) -> AbstractContextManager[object]:
    """Have the local broker be NATS."""
    return mock.patch("kit.services.find_mosquitto", return_value=None) if hidden else nullcontext()


def wait_for(condition: Callable[[], bool], seconds: float, pause_s: float = 0.25) -> float | None:
    """Seconds until `condition` held, None when it never did."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        if condition():
            return time.monotonic() - started
        time.sleep(pause_s)
    return None


def ordeal(plant: Plant, fault: Callable[[Plant], None], *, seconds: float, rate: float, shape: Shape) -> Outcome:
    """Load, then `fault` (which returns when it is over), then more load; then count. Recovery is measured from the
    end of the fault until all that was acknowledged by then is stored."""
    load_ = Load(plant.broker.url, rate, shape)
    assert wait_for(lambda: plant.has({d: set(list(n)[:1]) for d, n in load_.acknowledged.items()}), 60) is not None
    time.sleep(seconds / 2)
    fault(plant)
    until_then = {device: set(numbers) for device, numbers in load_.acknowledged.items()}
    recovery = wait_for(lambda: plant.has(until_then), 90)
    time.sleep(seconds / 2)
    load_.finish()
    settled = wait_for(lambda: plant.has(load_.acknowledged), 90)
    stored = plant.stored()
    wanted = {(device, number) for device, numbers in load_.acknowledged.items() for number in numbers}
    have = {(device, number) for device, numbers in stored.items() for number in numbers}
    if settled is not None:
        wait_for(lambda: plant.ledger().stored == plant.readings(), 30)
    return Outcome(
        acknowledged=len(wanted) * SIGNALS,
        stored=plant.readings(),
        lost=len(wanted - have) * SIGNALS,
        twice=sum(sum(counts.values()) - len(counts) for counts in stored.values()) * SIGNALS,
        ledger=plant.ledger(),
        recovery_s=float("nan") if recovery is None else recovery,
    )
