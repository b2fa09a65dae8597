"""News of the queue: one LISTEN connection a process, fanned out to every open page."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import Engine, make_url

from api import metrics
from kit.supervise import Stop, in_thread

CHANNEL = "forewarn_cases"
POLL_S = 0.2  # how long a stop may go unnoticed; the news itself arrives at once
BACKLOG = 64  # news a page may be behind; more is dropped, because one refetch shows all of it


class CaseFeed:
    """Tells open pages the numbers of the cases that changed.

    `start` listens in a thread of its own and survives a database that goes away; `readers` of an asyncio loop
    get their own queue by `subscribe`. None in a queue means that the process is stopping. `listening` says whether
    news arrive just now.
    """

    def __init__(self, engine: Engine) -> None:
        self._url = make_url(engine.url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._readers: dict[asyncio.Queue[int | None], asyncio.AbstractEventLoop] = {}
        self._lock = threading.Lock()
        self._stop = Stop()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.listening = False

    def start(self) -> None:
        """Begin to listen."""
        self._thread = in_thread("case feed", self._listen, self._stop)

    def close(self) -> None:
        """Stop listening and send every reader home."""
        self._stop.set()
        self._closed = True
        self._tell(None)
        if self._thread is not None:
            self._thread.join(4 * POLL_S)

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[int | None]]:
        """A queue of case numbers for the running loop, as long as the block lasts."""
        queue: asyncio.Queue[int | None] = asyncio.Queue(BACKLOG)
        with self._lock:
            self._readers[queue] = asyncio.get_running_loop()
        metrics.live_readers.inc()
        if self._closed:
            queue.put_nowait(None)
        try:
            yield queue
        finally:
            metrics.live_readers.dec()
            with self._lock:
                del self._readers[queue]

    def _listen(self) -> bool:
        """Listen until the stop or a lost connection, which the supervisor retries."""
        with psycopg.connect(self._url, autocommit=True, connect_timeout=5, application_name="forewarn feed") as link:
            link.execute(f"LISTEN {CHANNEL}")
            self.listening = True
            try:
                while not self._stop.is_set():
                    for notice in link.notifies(timeout=POLL_S):
                        self._tell(int(notice.payload) if notice.payload.isdigit() else 0)
            finally:
                self.listening = False
        return True

    def _tell(self, number: int | None) -> None:
        with self._lock:
            readers = list(self._readers.items())
        for queue, loop in readers:
            loop.call_soon_threadsafe(_offer, queue, number)


def _offer(queue: asyncio.Queue[int | None], number: int | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(number)
