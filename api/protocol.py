"""uvicorn's HTTP/1.1 that hangs up on a client whose request head is not whole in time.

uvicorn alone keeps a half-sent request open for ever, so a few hundred idle sockets would lock everybody out.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class Impatient(H11Protocol):
    """One connection; `head_seconds` is how long a request's line and headers may take."""

    head_seconds: ClassVar[float]
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_timer()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._forget_timer()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.head_seconds, self._hang_up)

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()


def impatient(head_seconds: float) -> type[Impatient]:
    """The protocol with that limit, for `uvicorn.Config(http=…)`."""
    return type("ImpatientProtocol", (Impatient,), {"head_seconds": head_seconds})
