"""From a device's publish to the stored reading, over a real broker and database, through kills and full disks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from ingest import build, cli, metrics, quarantine
from ingest.gateway import role as gateway_role
from ingest.log.frames import decode
from ingest.log.sqlite import SqliteLog
from ingest.registry.devices import Device
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.message import Message
from kit.cli import app
from kit.db import transaction
from kit.errors import ServiceError
from kit.settings import Settings, load
from tests.ingest.support import Books, Process, Publisher, running_gateway, until

TOPIC = "fw/v1/demo/car-0/telemetry"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@pytest.mark.slow
def test_good_readings_are_stored_and_poison_is_quarantined_beside_them(
    settings: Settings,
    engine: Engine,
    role: Callable[[str], Process],
    fleet: list[Device],
    publisher: Publisher,
    books: Books,
) -> None:
    gateway_role.make_session(settings)
    gateway, writer = role("gateway"), role("writer")
    start = now_ms() - 100_000
    before = books.counts()
    for n in range(100):
        publisher.send("car-0", [Message(ts=start + n * 1000, signals={"rpm": 900 + n, "coolant_temp": 90.5})])
        publisher.raw(TOPIC, [b"{", b"\xff" * 50, b"[" * 100_000, b'"\\ud800"', b"null"][n % 5])
        publisher.raw(TOPIC, json.dumps({"ts": start + n * 1000, "signals": {"speed": n, "rpm": "x"}}).encode())
        publisher.send("stranger", [Message(ts=start, signals={"rpm": 1})])
    publisher.drain()
    until(lambda: books.counts().received - before.received == 600, "600 readings in the account")
    counts = books.counts()
    assert counts.balances()
    assert counts.stored - before.stored == 300
    assert counts.quarantined - before.quarantined == 300
    stored = books.stored(fleet[0])
    assert len(stored) == 300
    assert stored.take(stored.series == fleet[0].no << 8).value.tolist() == [900.0 + n for n in range(100)]
    with transaction(engine) as session:
        lines = quarantine.newest(session, "demo", limit=1000)
    assert {(line.device, line.reason) for line in lines} >= {
        ("car-0", "undecodable"),
        ("car-0", "wrong_type"),
        ("stranger", "unknown_device"),
    }
    until(lambda: build.pulse(engine, settings)["lag_seconds"] < 30, "the writer to keep up")
    assert build.pulse(engine, settings)["readings"]["stored"] == counts.stored
    assert all(check.ok for check in build.doctor(settings))
    assert (gateway.stop(), writer.stop()) == (0, 0)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_gateway_and_writer_are_killed_mid_stream(
    settings: Settings, role: Callable[[str], Process], fleet: list[Device], publisher: Publisher, books: Books
) -> None:
    gateway_role.make_session(settings)
    gateway, writer = role("gateway"), role("writer")
    start, count = now_ms() - 3_000_000, 12_000

    def publish() -> None:
        for n in range(count):
            publisher.send(f"car-{n % 3}", [Message(ts=start + n * 200, signals={"rpm": n % 8000, "speed": 50}, seq=n)])
            if n % 10 == 0:
                time.sleep(0.003)  # a stream of seconds, so that the kills land inside

    stream = threading.Thread(target=publish)
    stream.start()
    with closing(Tail(settings)) as tail:
        until(lambda: tail.readings() > 0.1 * 2 * count, "the stream to begin")
        gateway.kill()
        writer.kill()
        assert tail.readings() < 2 * count
        gateway.start()
        writer.start()
        until(lambda: tail.readings() > 0.5 * 2 * count, "the stream to go on")
        gateway.kill()
        gateway.start()
    stream.join()
    publisher.drain()
    until(lambda: sum(len(books.stored(device)) for device in fleet) == 2 * count, "every reading in the store")
    for car, device in enumerate(fleet[:3]):
        stored = books.stored(device)
        for signal in range(2):
            one = stored.take(stored.series == device.no << 8 | signal)
            assert one.ts.tolist() == [start + n * 200 for n in range(count) if n % 3 == car]
    until(lambda: books.counts().stored + books.counts().duplicate >= 2 * count, "the account")
    assert books.counts().balances()


def test_what_devices_send_before_the_gateway_first_runs_is_kept_for_it(
    settings: Settings, fleet: list[Device], publisher: Publisher
) -> None:
    for _ in range(2):
        gateway_role.make_session(settings)
    start = now_ms() - 100_000
    for n in range(2000):
        publisher.send("car-0", [Message(ts=start + n, signals={"rpm": 900})])
    publisher.drain()
    with closing(Tail(settings)) as tail, running_gateway(settings, build.open_log(settings)):
        until(lambda: tail.readings() >= 2000, "what was sent before")


@pytest.mark.slow
def test_a_broker_that_is_not_there_is_said_so(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_role, "SESSION_S", 0.1)
    with pytest.raises(ServiceError, match="did not take"):
        gateway_role.make_session(load(environ=environment | {"FOREWARN__BROKER__URL": "mqtt://127.0.0.1:1"}))


class Tail:
    """Reads along in the log and counts the readings in it."""

    def __init__(self, settings: Settings) -> None:
        self._log = build.open_log(settings)
        self._read = [0] * self._log.partitions
        self._count = 0

    def readings(self) -> int:
        for partition, after in enumerate(self._read):
            for offset, data in self._log.read(partition, after, 10_000):
                self._count += len(decode(data).readings)
                self._read[partition] = offset
        return self._count

    def close(self) -> None:
        self._log.close()


@pytest.mark.slow
def test_a_full_log_holds_the_broker_back_and_goes_on_when_there_is_room(
    settings: Settings, fleet: list[Device], publisher: Publisher
) -> None:
    # more than what the gateway may take from its broker in one go, or that would never fit
    log = SqliteLog(settings.data_path("log"), 4, 800_000)
    with closing(SqliteLog(settings.data_path("log"), 4, 800_000)) as other, running_gateway(settings, log):
        until(lambda: any(other.bounds(p)[1] for p in range(4)), "the first heartbeat")
        start = now_ms() - 3_000_000
        signals = dict.fromkeys([signal.name for signal in DEVICE_TYPES.get("vehicle").signals[:12]], 1)
        sent = [start + n * 100 for n in range(6000)]
        for ts in sent:
            publisher.send("car-0", [Message(ts=ts, signals=signals)])
        publisher.drain()
        until(lambda: metrics.log_full._value.get() == 1, "the log to be full")
        found: list[int] = []
        read = [0] * 4

        def all_there() -> bool:
            for partition in range(4):
                for offset, data in other.read(partition, read[partition], 1000):
                    found.extend(decode(data).readings.ts.tolist())
                    read[partition] = offset
                other.trim(partition, read[partition])
            return len(set(found)) == len(sent)

        until(all_there, "every reading through the log, piece by piece")
    assert sorted(set(found)) == sent


def test_the_commands_say_what_is_there(
    settings: Settings, environment: dict[str, str], fleet: list[Device], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.cli.logs.configure", lambda *_: None)  # or every later test logs to the runner's stderr
    root = app
    if not any(group.name == "devices" for group in root.registered_groups):
        cli.register(root)
    run = CliRunner()

    def call(*args: str) -> object:
        result = run.invoke(root, [*args, "--json"], env=environment, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    assert len(call("devices", "list")) == 4  # type: ignore[arg-type]
    added = call("devices", "add", "car-9", "--type", "vehicle", "--owner", "c-1")
    assert added["owner"] == "c-1"  # type: ignore[index]
    assert call("devices", "show", "car-9")["last_hours"] == []  # type: ignore[index]
    assert call("quarantine", "list") == []
    assert call("ledger") == []
    manifest = settings.data_path("fleet.json")
    manifest.write_text('{"devices": [{"id": "wb-1", "type": "wearable"}]}')
    assert call("devices", "import", str(manifest)) == {"devices": 1}
    for step in build.FIRST_RUN:
        step.run(settings)
    assert len(call("devices", "list")) == 6  # type: ignore[arg-type]


def test_an_empty_installation_has_a_pulse(settings: Settings, engine: Engine) -> None:
    assert build.pulse(engine, settings) == {
        "readings": dict.fromkeys(("received", "stored", "duplicate", "quarantined", "throttled", "late"), 0),
        "lag_seconds": 0.0,
    }
