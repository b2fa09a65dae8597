"""One thread that serves many sockets: so that a thousand connections cost one thread, not a thousand."""

from __future__ import annotations

import heapq
import itertools
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

Job = Callable[[], None]

BEAT_S = 1.0  # how often each connection looks at its keep-alive
CONNECTORS = 8  # threads that may block in a connect; fewer make a thousand TLS handshakes slow


class Watched(Protocol):
    """What has a socket on a loop; called on the loop's thread only."""

    def ready(self, *, readable: bool) -> None:
        """The socket can be read, or else written."""
        ...

    def beat(self) -> None:
        """About a second has passed."""
        ...


class Loop:
    """Runs jobs and watches sockets on a thread of its own. Only `call` and `close` may be used from other threads.

    A job must not block; `aside` is for one that does. After each round of work `after_round` runs.
    """

    def __init__(self, after_round: Job) -> None:
        self._after_round = after_round
        self._jobs: deque[Job] = deque()
        self._timers: list[tuple[float, int, Job]] = []
        self._numbers = itertools.count()
        self._selector = selectors.DefaultSelector()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        self._sleeping = False
        self._closing = False
        self._connectors = ThreadPoolExecutor(CONNECTORS, "sim-connect")
        self._thread = threading.Thread(target=self._run, name="sim-loop", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it still serves; a bug in a job ends it."""
        return self._thread.is_alive()

    def call(self, job: Job) -> None:
        """Run `job` on the loop's thread, soon and in order. From any thread."""
        self._jobs.append(job)
        if self._sleeping:
            self._wake()

    def later(self, seconds: float, job: Job) -> None:
        """Run `job` after `seconds`."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), job))

    def aside(self, blocking: Callable[[], str], then: Callable[[str], None]) -> None:
        """Run `blocking` on another thread, then `then` with its answer on this one."""

        def done(future: Future[str]) -> None:
            if not future.cancelled():
                self.call(lambda: then(future.result()))

        self._connectors.submit(blocking).add_done_callback(done)

    def watch(self, sock: socket.socket, watched: Watched, *, write: bool) -> None:
        """Look at `sock` from now on, for writing too where `write` says so."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0)
        if sock in self._selector.get_map():
            self._selector.modify(sock, events, watched)
        else:
            self._selector.register(sock, events, watched)

    def forget(self, sock: socket.socket) -> None:
        """Look at `sock` no more."""
        if sock in self._selector.get_map():
            self._selector.unregister(sock)

    def close(self) -> None:
        """End the thread; what is not done by then stays undone. Safe to call twice."""
        self._closing = True
        self._wake()
        self._connectors.shutdown(wait=False, cancel_futures=True)
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _wake(self) -> None:
        try:
            self._wake_writer.send(b"\0")
        except OSError:  # full: it will wake anyway; closed: there is nothing to wake
            return

    def _run(self) -> None:
        next_beat = time.monotonic() + BEAT_S
        try:
            while not self._closing:
                self._serve(self._patience(next_beat))
                self._due()
                for _ in range(len(self._jobs)):
                    self._jobs.popleft()()
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + BEAT_S
                    for watched in self._watched():
                        watched.beat()
                self._after_round()
        finally:
            self._after_round()
            self._selector.close()
            self._wake_reader.close()
            self._wake_writer.close()

    def _serve(self, timeout: float) -> None:
        self._sleeping = True
        events = self._selector.select(0.0 if self._jobs else timeout)
        self._sleeping = False
        for key, mask in events:
            if key.data is None:
                self._wake_reader.recv(4096)
            else:
                key.data.ready(readable=bool(mask & selectors.EVENT_READ))

    def _patience(self, next_beat: float) -> float:
        first = min(next_beat, self._timers[0][0]) if self._timers else next_beat
        return max(0.0, first - time.monotonic())

    def _due(self) -> None:
        now = time.monotonic()
        while self._timers and self._timers[0][0] <= now:
            heapq.heappop(self._timers)[2]()

    def _watched(self) -> list[Watched]:
        return [key.data for key in self._selector.get_map().values() if key.data is not None]
