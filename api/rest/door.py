"""The way of a device's request into the log: opened at the first one, so that pages start without it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from ingest.gateway.intake import Intake, Outcome


class Door:
    """One intake a process, opened when it is first needed and again after a failure."""

    def __init__(self, opener: Callable[[], Intake]) -> None:
        self._opener = opener
        self._intake: Intake | None = None
        self._lock = threading.Lock()

    def submit(self, topic: str, payload: bytes) -> Future[Outcome]:
        """As `Intake.submit`; opening may take a moment. Raises LogUnavailable, LogMismatch and IntakeBusy."""
        with self._lock:
            if self._intake is None:
                self._intake = self._opener()
            return self._intake.submit(topic, payload)

    def close(self) -> None:
        """Close the intake if it was opened."""
        with self._lock:
            if self._intake is not None:
                self._intake.close()
                self._intake = None
