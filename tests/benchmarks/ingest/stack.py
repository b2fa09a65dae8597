"""What the legs run on: one PostgreSQL server, and for each leg a fresh database, broker and store."""

from __future__ import annotations

import contextlib
import shutil
import socket
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
from sqlalchemy import create_engine, text

from ingest.registry.devices import DeviceSpec, register
from kit import db
from kit.db import transaction
from kit.services import LocalPostgres, find_mosquitto, free_port
from tests.benchmarks.ingest.processes import Child
from tests.ingest.store.servers import InfluxServer

TEMPLATE = "bench_template"
# Mosquitto's own saving (every 30 minutes) and limits wide enough that nothing is dropped: the `fast` profile
BROKER = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
autosave_interval 1800
max_inflight_messages 1000
max_queued_messages 10000000
log_dest file {folder}/mosquitto.log
log_type error
log_type warning
{user}
"""


class Database:
    """The PostgreSQL server with a template that has the schema and the fleet."""

    def __init__(self, folder: Path, devices: list[str]) -> None:
        self._folder = folder
        server = LocalPostgres(folder)
        server.start()
        url = self._url = server.start().replace("postgresql://", "postgresql+psycopg://")
        self._run(url, "ALTER SYSTEM SET track_commit_timestamp = on", f"CREATE DATABASE {TEMPLATE}")
        server.stop()
        server.start()
        self._server = server
        engine = create_engine(self._named(TEMPLATE))
        db.migrate(engine)
        with transaction(engine) as session:
            for name in devices:
                register(session, DeviceSpec("demo", name, "vehicle"))
        engine.dispose()

    @property
    def pid(self) -> int:
        """The process that all others of the server come from."""
        return int((self._folder / "postmaster.pid").read_text("ascii").split()[0])

    @contextlib.contextmanager
    def fresh(self, name: str) -> Iterator[str]:
        """The URL of a database of its own."""
        self._run(self._url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        try:
            yield self._named(name)
        finally:
            self._run(self._url, f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._server.stop()

    def _named(self, name: str) -> str:
        return self._url.replace("/postgres?", f"/{name}?", 1)

    @staticmethod
    def _run(url: str, *statements: str) -> None:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[tuple[int, int]]:
    """A Mosquitto of its own: port and process id."""
    folder.mkdir(parents=True)
    port, conf = free_port(), folder / "mosquitto.conf"
    user = "user root" if shutil.which("id") and psutil.Process().uids().real == 0 else ""
    conf.write_text(BROKER.format(port=port, folder=folder, user=user), "utf-8")
    child = Child([find_mosquitto() or "mosquitto", "-c", str(conf)], folder / "log")
    try:
        _answering(port, child)
        yield port, child.pid
    finally:
        child.stop()


@contextlib.contextmanager
def influx(folder: Path, database: str) -> Iterator[tuple[str, int]]:
    """An InfluxDB 1.x with an empty database: URL and process id."""
    server = InfluxServer(folder)
    server.start()
    try:
        ask(server.url, f'CREATE DATABASE "{database}"')
        assert server._process
        yield server.url, server._process.pid
    finally:
        server.stop()


def ask(url: str, question: str, database: str = "") -> str:
    """A statement to InfluxDB, its answer as JSON text."""
    form = urllib.parse.urlencode({"q": question, "db": database}).encode()
    with urllib.request.urlopen(f"{url}/query", form, timeout=120) as answer:
        return str(answer.read().decode())


def _answering(port: int, child: Child) -> None:
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if child.process.poll() is not None:
            raise RuntimeError(child.log.read_text("utf-8", "replace"))
        time.sleep(0.02)
    raise RuntimeError("the broker does not answer")
