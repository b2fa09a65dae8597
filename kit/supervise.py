"""Supervised loops: the one place where any exception is caught, counted, logged and followed by a measured retry."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

from kit.errors import ForewarnError
from kit.logs import get
from kit.metrics import counter

BACKOFF_FIRST_S = 0.2  # shorter spins on a dead database, longer makes a blip visible to people
BACKOFF_MOST_S = 10.0  # longer leaves a healed service unused
HEED_S = 0.25  # until a signal is heeded at the latest; shorter wakes what rests for nothing

_log = get("supervise")
step_failures = counter("step_failures", "Supervised steps that raised and were retried, by loop.", "loop")


class Stop:
    """A request to finish: set by SIGINT or SIGTERM, waited on by every loop."""

    def __init__(self) -> None:
        self._event, self._signalled = threading.Event(), False

    def set(self) -> None:
        """Ask every loop to finish."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether the loops should finish."""
        return self._signalled or self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep up to `seconds`; True as soon as the stop was asked for."""
        until = time.monotonic() + seconds
        while not self.is_set() and (left := until - time.monotonic()) > 0.0:
            self._event.wait(min(left, HEED_S))
        return self.is_set()

    def on_signals(self) -> Stop:
        """Let SIGINT and SIGTERM ask for the stop; only in a main thread. Returns itself."""

        def handler(_number: int, _frame: FrameType | None) -> None:
            self._signalled = True  # no lock is taken here: what the signal interrupts may hold it

        signal.signal(signal.SIGINT, handler)
        signal.signal(signal.SIGTERM, handler)
        return self


def run_loop(name: str, step: Callable[[], bool], stop: Stop, idle_s: float = 0.2) -> None:
    """Call `step` until `stop` is set; it says whether it found work.

    Without work the loop rests `idle_s`; after an exception it retries with exponential backoff, forever: a
    supervised loop outlives a database or broker that is away for hours.
    """
    backoff = BACKOFF_FIRST_S
    while not stop.is_set():
        try:
            busy = step()
        except Exception as error:  # noqa: BLE001 - the supervised boundary
            _failed(name, error, backoff)
        else:
            backoff = BACKOFF_FIRST_S
            if not busy:
                stop.wait(idle_s)
            continue
        stop.wait(backoff)
        backoff = min(backoff * 2, BACKOFF_MOST_S)


def _failed(name: str, error: Exception, backoff: float) -> None:
    step_failures.labels(name).inc()
    reason = error.problem if isinstance(error, ForewarnError) else f"{type(error).__name__}: {error}"
    _log.warning("step failed, retrying", loop=name, reason=reason.splitlines()[0][:300], retry_s=backoff)
    _log.debug("step failure", loop=name, exc_info=error)


def in_thread(name: str, step: Callable[[], bool], stop: Stop, idle_s: float = 0.2) -> threading.Thread:
    """Run `run_loop` in a daemon thread of that name and return the thread."""
    thread = threading.Thread(target=run_loop, args=(name, step, stop, idle_s), name=name, daemon=True)
    thread.start()
    return thread
