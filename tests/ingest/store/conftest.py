"""Opens each registered store, the server stores against real servers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest.config import Config
from ingest.store import STORES
from ingest.store.protocol import TelemetryStore
from kit.settings import load
from tests.ingest.store.servers import InfluxServer, Server, VictoriaServer

KINDS = ("parquet", "influx/influxdb", "influx/victoriametrics")


@dataclass
class Place:
    """Where one test keeps readings; `open` gives a store on it, as often as asked.

    `exact`: every finite float64 comes back bit by bit. VictoriaMetrics keeps decimals, about 12 digits of them.
    """

    kind: str
    environ: dict[str, str]
    exact: bool
    opened: list[TelemetryStore] = field(default_factory=list)

    def open(self, *, read_only: bool = False) -> TelemetryStore:
        settings = load(environ=self.environ)
        store = STORES.get(settings.of(Config).store.kind)(settings, read_only=read_only)
        self.opened.append(store)
        return store

    def close(self) -> None:
        for store in self.opened:
            store.close()
        self.opened.clear()


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """URL of the server of that name, started at the first call; tests share it and each has its own database."""
    kinds: dict[str, type[Server]] = {"influxdb": InfluxServer, "victoriametrics": VictoriaServer}
    running: dict[str, Server] = {}

    def url(name: str) -> str:
        if name not in running:
            server = kinds[name](tmp_path_factory.mktemp(name))
            server.start()
            running[name] = server
        return running[name].url

    yield url
    for server in running.values():
        server.stop()


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, server_url: Callable[[str], str]) -> Iterator[Place]:
    """A fresh, empty place of each kind."""
    kind, _, server = request.param.partition("/")
    environ = {"FOREWARN__CORE__DATA_DIR": str(tmp_path), "FOREWARN__INGEST__STORE__KIND": kind}
    if server:
        prefix = "FOREWARN__INGEST__STORE__INFLUX__"
        environ[f"{prefix}URL"] = server_url(server)
        environ[f"{prefix}SERVER"] = server
        environ[f"{prefix}DATABASE"] = f'a "test"; DROP {uuid.uuid4().hex}'
    place = Place(kind, environ, exact=server != "victoriametrics")
    yield place
    place.close()


@pytest.fixture
def store(place: Place) -> TelemetryStore:
    """A fresh, empty store of each kind, open for writing."""
    return place.open()
