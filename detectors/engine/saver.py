"""Saves beside the loop: making a checkpoint's bytes and committing them takes longer than a finding may wait."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait


class Saver:
    """One save at a time, for all partitions of a worker. Its methods belong to the loop's thread."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._running: Future[float] | None = None

    def is_free(self) -> bool:
        """Whether `start` may be called: a second state at once would only take memory."""
        return self._running is None or self._running.done()

    def start(self, save: Callable[[], float]) -> Future[float]:
        """Run `save`; its result or error is the future's."""
        self._running = self._thread.submit(save)
        return self._running

    def settle(self) -> None:
        """Wait until nothing is being saved."""
        if self._running is not None:
            wait([self._running])

    def close(self) -> None:
        """Wait for what is being saved and end the thread."""
        self._thread.shutdown()
