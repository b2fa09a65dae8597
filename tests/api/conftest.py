"""A running site: uvicorn on a free port over this test's own database and store, and clients that talk to it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Engine

from api.feed import CaseFeed
from api.rest.door import Door
from api.security import passwords
from api.server import listen, serve_on
from api.site import Site
from api.telemetry import Telemetry
from ingest.build import open_intake, open_store
from kit import db
from kit.clock import SystemClock, VirtualClock
from kit.settings import Settings, load
from kit.supervise import Stop
from tests.api.world import ADDRESS, PASSWORD, World

_CSRF = re.compile(r'name="csrf" value="([^"]*)"')


@pytest.fixture(autouse=True, scope="session")
def light_hashes() -> Iterator[None]:
    """Password hashes of the real kind at the least cost: these tests sign in hundreds of times."""
    before = passwords._hasher
    passwords._hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    yield
    passwords._hasher = before


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings without a broker: pages do not speak to one."""
    return load(
        environ={
            "FOREWARN__CORE__DATA_DIR": str(tmp_path / "data"),
            "FOREWARN__DATABASE__URL": database_url.replace("+psycopg", ""),
        }
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """An engine on this test's own database."""
    engine = db.connect(settings)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> VirtualClock:
    """The site's clock, which starts now and stands still until the test moves it."""
    return VirtualClock(SystemClock().now_ms())


@pytest.fixture
def world(settings: Settings, engine: Engine, clock: VirtualClock) -> World:
    """The data behind the site."""
    return World(settings, engine, clock)


@dataclass
class Running:
    """A site that answers."""

    site: Site
    url: str
    port: int
    clients: list[httpx2.Client] = field(default_factory=list)

    def client(self) -> httpx2.Client:
        """A browser without JavaScript: keeps cookies, does not follow redirects by itself."""
        self.clients.append(httpx2.Client(base_url=self.url, headers={"accept": "text/html"}, timeout=20))
        return self.clients[-1]

    def signed_in(self, address: str = ADDRESS, password: str = PASSWORD) -> Browser:
        """A client after a sign-in."""
        browser = Browser(self.client())
        assert browser.sign_in(address, password).status_code == 303
        return browser


@dataclass
class Browser:
    """A client that fills in forms the way a browser does: with the token of the page they are on."""

    http: httpx2.Client

    def get(self, path: str) -> httpx2.Response:
        return self.http.get(path)

    def post(self, path: str, on: str, **fields: str) -> httpx2.Response:
        """Send a form of the page `on`."""
        found = _CSRF.search(self.http.get(on).text)
        assert found is not None, f"no form on {on}"
        return self.http.post(path, data={"csrf": found.group(1), **fields})

    def sign_in(self, address: str = ADDRESS, password: str = PASSWORD, wanted: str = "") -> httpx2.Response:
        return self.post("/console/sign-in", on="/console/sign-in", address=address, password=password, wanted=wanted)


@pytest.fixture
def running(
    settings: Settings, engine: Engine, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """The site, served over HTTP on a free port until the test ends, which its loops notice sooner than usual."""
    monkeypatch.setattr("api.feed.POLL_S", 0.02)
    monkeypatch.setattr("ingest.gateway.intake.LOOK_S", 0.02)
    feed = CaseFeed(engine)
    site = Site(
        settings,
        engine,
        clock,
        Telemetry(lambda: open_store(settings, read_only=True)),
        feed,
        Door(lambda: open_intake(settings)),
    )
    listener, stop = listen("127.0.0.1", 0), Stop()
    port = listener.getsockname()[1]
    feed.start()
    thread = threading.Thread(target=serve_on, args=(listener, site, stop), name="web under test")
    thread.start()
    running = Running(site, f"http://127.0.0.1:{port}", port)
    yield running
    for client in running.clients:
        client.close()
    stop.set()
    thread.join(20)
    site.telemetry.close()
    site.door.close()
    assert not thread.is_alive()


def later(clock: VirtualClock, **span: float) -> None:
    """Let so much time pass for the site."""
    clock.advance_to(clock.now_ms() + round(timedelta(**span) / timedelta(milliseconds=1)))


def until(true: object, seconds: float = 10) -> None:
    """Wait until the callable says so."""
    ends = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.02)
