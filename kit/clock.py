"""Time as an argument: everything that needs the hour takes a `Clock`, so that tests and simulations can own it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Implementations never go backwards within a process."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""

    def now(self) -> datetime:
        """The same instant as a datetime in UTC."""


class SystemClock:
    """The machine's wall clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved; safe to share between threads."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        return self._now_ms

    def now(self) -> datetime:
        return from_ms(self._now_ms)

    def advance_to(self, now_ms: int) -> None:
        """Move forward to `now_ms`; an earlier instant is ignored, a clock never goes back."""
        with self._lock:
            self._now_ms = max(self._now_ms, now_ms)

    def advance(self, by_ms: int) -> None:
        """Move forward by `by_ms` milliseconds."""
        self.advance_to(self._now_ms + by_ms)


def from_ms(ms: int) -> datetime:
    """Milliseconds since the epoch as a datetime in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def to_ms(moment: datetime) -> int:
    """A datetime as milliseconds since the epoch. Raises ValueError for one without a time zone, which is a guess."""
    if moment.tzinfo is None:
        raise ValueError("a datetime without a time zone cannot be placed in time")
    return round(moment.timestamp() * 1000)
