"""The web role: uvicorn on a socket of ours, with a limit on how long a client may take to send a request's head."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn

from api.config import Config
from api.errors import PortTaken
from api.feed import CaseFeed
from api.protocol import impatient
from api.site import Site
from api.telemetry import Telemetry
from api.web import build
from ingest.build import open_store
from kit import db
from kit.clock import SystemClock
from kit.logs import get
from kit.settings import Settings
from kit.supervise import Stop

HEAD_BYTES = 16 * 1024  # of a request's line and headers; browsers send about two
LINGER_S = 3  # for answers under way when the process stops

_log = get("web")


def serve(settings: Settings, stop: Stop, port: int | None = None) -> None:
    """Answer requests until `stop`. Raises PortTaken."""
    config = settings.of(Config)
    with listen(config.host, config.port if port is None else port) as listener, site_for(settings) as site:
        _log.info("web pages", address=":".join(map(str, listener.getsockname()[:2])))
        serve_on(listener, site, stop)


@contextlib.contextmanager
def site_for(settings: Settings) -> Iterator[Site]:
    """Everything that requests need, opened and closed."""
    engine = db.connect(settings)
    feed = CaseFeed(engine)
    telemetry = Telemetry(lambda: open_store(settings, read_only=True))
    feed.start()
    try:
        yield Site(settings, engine, SystemClock(), telemetry, feed)
    finally:
        feed.close()
        telemetry.close()
        engine.dispose()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise PortTaken(host, port, error.strerror or str(error)) from error


def serve_on(listener: socket.socket, site: Site, stop: Stop) -> None:
    """Answer the requests that arrive on `listener` until `stop`."""
    config = site.config
    server = uvicorn.Server(
        uvicorn.Config(
            build(site),
            http=impatient(config.request_seconds),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(config.proxies),
            forwarded_allow_ips=config.proxies or None,
            limit_concurrency=config.connections,
            timeout_graceful_shutdown=LINGER_S,
            h11_max_incomplete_event_size=HEAD_BYTES,
        )
    )
    done = threading.Event()

    def follow() -> None:
        while not (stop.wait(0.2) or done.is_set()):
            pass
        site.feed.close()  # live pages go home, so that nothing holds the shutdown up
        server.should_exit = True

    threading.Thread(target=follow, name="web stop", daemon=True).start()
    try:
        asyncio.run(server._serve([listener]))  # noqa: SLF001 - `serve` would take the signals that `stop` has
    finally:
        done.set()
