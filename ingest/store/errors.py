"""What can go wrong with a telemetry store. After any of them the same call may be made again: nothing is lost.

StoreError
├── StoreUnavailable   the store does not answer or does not work: heals by itself when the disk or server does
│   ├── StoreFull      no room left
│   └── StoreLocked    another process writes to the same folder
└── StoreRefused       the server says no: a person has to change its set-up or ours
"""

from __future__ import annotations

from kit.errors import ForewarnError


class StoreError(ForewarnError):
    """A telemetry store did not do what it was asked."""


class StoreUnavailable(StoreError):
    """The store cannot be reached or does not work just now; nothing acknowledged is lost."""


class StoreFull(StoreUnavailable):
    """There is no room for the readings; nothing of the failed write is left behind."""


class StoreLocked(StoreUnavailable):
    """Another process has the store open for writing."""


class StoreRefused(StoreError):
    """The server does not accept the request (rights, limits, settings); `status` is its HTTP status."""

    def __init__(self, problem: str, fix: str = "", *, status: int) -> None:
        super().__init__(problem, fix)
        self.status = status
