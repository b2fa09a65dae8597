"""Foreign devices over a real broker, from the configuration file to the stored reading and the judging again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from ingest import cli
from ingest.config import Config
from ingest.gateway import role as gateway_role
from ingest.registry.devices import Device, DeviceSpec, register
from ingest.tables import AnnouncementRow
from ingest.wire.dialects.sparkplug_proto import build
from kit.cli import app
from kit.db import transaction
from kit.settings import load
from tests.ingest.support import Books, Process, Publisher, until

CONFIG = """
[[ingest.routes]]
format = "sparkplug_b"

[[ingest.routes]]
format = "mapping"
topic = "plant/{device}/data"
time = "/at"
values = { power = "/el/kw", supply_temp = "/t/0" }
convert = { power = [1000, 0] }
"""
DATA = "spBv1.0/plant/DDATA/edge-1/pump"


@pytest.fixture
def environment(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "forewarn.toml"
    path.write_text(CONFIG, "utf-8")
    return environment | {"FOREWARN_CONFIG": str(path)}


@pytest.fixture
def pump(engine: Engine) -> Device:
    with transaction(engine) as session:
        return register(session, DeviceSpec("demo", "edge-1.pump", "heat_pump"))


def data(seq: int, at_ms: int, value: float) -> bytes:
    return build(at_ms, seq, [{"alias": 7, "float_value": value}])


@pytest.mark.slow
def test_a_sparkplug_node_is_asked_for_its_birth_understood_and_remembered_across_a_kill(
    environment: dict[str, str],
    engine: Engine,
    pump: Device,
    role: Callable[[str], Process],
    publisher: Publisher,
    books: Books,
) -> None:
    asked: list[str] = []
    publisher.client.on_message = lambda _client, _data, message: asked.append(message.topic)
    publisher.client.subscribe("spBv1.0/+/NCMD/#", qos=1)
    gateway_role.make_session(load(environ=environment))
    gateway = role("gateway")
    role("writer")
    now = time.time_ns() // 1_000_000
    publisher.raw(DATA, data(0, now, 20.0))
    until(lambda: asked == ["spBv1.0/plant/NCMD/edge-1"], "the node is asked for its birth")
    publisher.raw("spBv1.0/plant/NBIRTH/edge-1", build(now, 0, []))
    birth = [{"name": "supply_temp", "alias": 7, "datatype": 9, "float_value": 30.0}]
    publisher.raw("spBv1.0/plant/DBIRTH/edge-1/pump", build(now + 1, 1, birth))
    publisher.raw(DATA, data(2, now + 2, 31.0))
    until(lambda: len(books.stored(pump)) == 2, "the birth's and the data's reading are stored")
    until(lambda: announced(engine) == ["spBv1.0/plant/DBIRTH/edge-1/pump"], "the birth is remembered")
    gateway.kill()
    gateway.start()
    publisher.raw(DATA, data(3, now + 3, 32.0))
    until(lambda: len(books.stored(pump)) == 3, "what comes after the kill is understood")
    assert books.stored(pump).value.tolist() == [30.0, 31.0, 32.0]
    assert len(asked) == 1
    counts = books.counts()
    assert (counts.received, counts.stored, counts.quarantined) == (4, 3, 1)


def announced(engine: Engine) -> list[str]:
    with transaction(engine) as session:
        return list(session.scalars(select(AnnouncementRow.topic)))


@pytest.mark.slow
def test_a_mapped_device_is_stored_and_one_that_was_unknown_is_judged_again(
    environment: dict[str, str],
    engine: Engine,
    fleet: list[Device],
    role: Callable[[str], Process],
    publisher: Publisher,
    books: Books,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway_role.make_session(load(environ=environment))
    role("gateway")
    role("writer")
    now = time.time_ns() // 1_000_000
    for device in ("hp-0", "hp-9"):
        publisher.raw(f"plant/{device}/data", json.dumps({"at": now, "el": {"kw": 1.5}, "t": [34]}).encode())
    until(lambda: books.counts().received == 4, "both messages in the account")
    assert sorted(books.stored(fleet[3]).value.tolist()) == [34, 1500]
    with transaction(engine) as session:
        register(session, DeviceSpec("demo", "hp-9", "heat_pump"))
    monkeypatch.setattr("kit.cli.logs.configure", lambda *_: None)  # or every later test logs to the runner's stderr
    if not any(group.name == "devices" for group in app.registered_groups):
        cli.register(app)
    command = ["quarantine", "redrive", "--reason", "unknown_device", "--json"]
    result = CliRunner().invoke(app, command, env=environment, catch_exceptions=False)
    assert json.loads(result.stdout) == {"payloads": 1, "taken": 1, "readings": 2, "still_refused": 0}
    until(lambda: books.counts().stored == 4, "what was refused is stored")
    counts = books.counts()
    assert (counts.received, counts.quarantined, counts.historical) == (4, 0, 2)


def test_routes_may_come_from_an_environment_variable(environment: dict[str, str]) -> None:
    routes = json.dumps([{"format": "home_assistant", "listen": ["zigbee2mqtt/#"]}])
    found = load(environ=environment | {"FOREWARN__INGEST__ROUTES": routes}).of(Config).routes
    assert [route.format for route in found] == ["home_assistant"]
