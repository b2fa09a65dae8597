"""What can go wrong with a telemetry store. All can be told to a person; `retry` says whether waiting helps.

StoreError
├── StoreUnavailable   the store does not answer: retry
│   ├── StoreFull      no room left: retry when there is
│   └── StoreLocked    another process writes to the same folder: retry when it is gone
└── StoreRefused       the server will never take this request: waiting does not help
"""

from __future__ import annotations

from typing import ClassVar

from kit.errors import ForewarnError


class StoreError(ForewarnError):
    """A telemetry store did not do what it was asked. `retry`: whether the same call can work later."""

    retry: ClassVar[bool] = True


class StoreUnavailable(StoreError):
    """The store cannot be reached or does not work just now; nothing acknowledged is lost."""


class StoreFull(StoreUnavailable):
    """There is no room for the readings; nothing of the failed write is left behind."""


class StoreLocked(StoreUnavailable):
    """Another process has the store open for writing."""


class StoreRefused(StoreError):
    """The server understood the request and will not do it, now or later; `status` is its HTTP status."""

    retry: ClassVar[bool] = False

    def __init__(self, problem: str, fix: str = "", *, status: int) -> None:
        super().__init__(problem, fix)
        self.status = status
