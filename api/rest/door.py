"""The way of a device's request into the log: opened at the first one, so that pages start without it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from ingest.gateway.intake import Intake


class Door:
    """One intake a process, opened in the background when it is first needed, and again when that failed."""

    def __init__(self, opener: Callable[[], Intake]) -> None:
        self._opener = opener
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "door")
        self._opening: Future[Intake] | None = None

    def ready(self) -> Future[Intake]:
        """The intake once it is open: at once, but for the first requests of a process.

        The future raises LogUnavailable, LogMismatch and what else opening does; the next request tries again.
        """
        with self._lock:
            if self._opening is None or (self._opening.done() and self._opening.exception() is not None):
                self._opening = self._thread.submit(self._opener)
            return self._opening

    def close(self) -> None:
        """Close the intake if it was opened."""
        self._thread.shutdown()
        if self._opening is not None and self._opening.exception() is None:
            self._opening.result().close()
