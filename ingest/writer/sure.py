"""Up to where a store that may forget its last seconds holds the log for certain.

Such a server acknowledges before it has written to its disk. What was booked at least `rewind_ms` ago is on that
disk; what was booked later is stored again after a crash. It counts when something was written, not when it was
received: while the writer catches up, seconds of writing are hours of receiving. The position is a reader of the log
of its own, so that the log keeps what is behind it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from sqlalchemy.orm import Session

from ingest import offsets
from ingest.offsets import Position

READER = "writer.sure"


class Sure:
    """Follows the writer's bookings; with a `rewind_ms` of 0 all that is booked is sure and nothing is kept."""

    def __init__(self, rewind_ms: int, partitions: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rewind_s = rewind_ms / 1000
        self._partitions = partitions
        self._clock = clock
        self._booked: deque[tuple[float, list[Position]]] = deque()

    def load(self, session: Session, booked: list[Position]) -> list[Position]:
        """The sure position, given the one that is booked."""
        self._booked.clear()
        if not self._rewind_s:
            offsets.forget(session, READER)
            return booked
        return offsets.positions(session, READER, self._partitions)

    def booked(self, session: Session, positions: list[Position]) -> None:
        """What was stored before this moment is being booked: move the sure position on behind it."""
        if not self._rewind_s:
            return
        now = self._clock()
        self._booked.append((now, positions))
        old = None
        while self._booked and self._booked[0][0] <= now - self._rewind_s:
            old = self._booked.popleft()[1]
        for partition, position in enumerate(old or ()):
            offsets.place(session, READER, partition, position)
