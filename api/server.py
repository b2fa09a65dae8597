"""The web role: uvicorn on a socket of ours, with a limit on how long a client may take to send a request's head."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Iterator

import uvicorn

from api.config import Config
from api.errors import PortTaken
from api.feed import CaseFeed
from api.protocol import impatient
from api.rest.door import Door
from api.site import Site
from api.telemetry import Telemetry
from api.web import build
from ingest.build import open_intake, open_store
from kit import db
from kit.clock import SystemClock
from kit.logs import get
from kit.settings import Settings
from kit.supervise import Stop

HEAD_BYTES = 16 * 1024  # of a request's line and headers; browsers send about two
BACKLOG = 512  # connections that may wait to be accepted; fewer turns people away in a rush
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
    door = Door(lambda: open_intake(settings))
    feed.start()
    try:
        yield Site(settings, engine, SystemClock(), telemetry, feed, door)
    finally:
        feed.close()
        door.close()
        telemetry.close()
        engine.dispose()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises PortTaken.

    It says that it is TCP: asyncio sends small answers at once (TCP_NODELAY) only on sockets that do, and on others
    every page waits 40 ms for the client's delayed acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere the option would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTaken(host, port, error.strerror or str(error)) from error
    return listener


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
