"""What the store needs besides writes: old readings dropped, and devices erased when somebody asked for it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Engine

from ingest import erasure
from ingest.store.protocol import TelemetryStore
from kit.clock import Clock
from kit.db import transaction
from kit.logs import get

DROP_EVERY_MS = 3_600_000  # a store drops whole days: more often finds nothing, more seldom keeps them for longer
DAY_MS = 86_400_000

_log = get("writer.housekeeping")


class Housekeeper:
    """Beside the flushes of the writer, in a thread of its own; `step` is for `kit.supervise`.

    `store` gives the store while this process holds it for writing, None otherwise.
    """

    def __init__(
        self, engine: Engine, store: Callable[[], TelemetryStore | None], retention_days: int, clock: Clock
    ) -> None:
        self._engine = engine
        self._store = store
        self._retention_days = retention_days
        self._clock = clock
        self._drop_at = 0

    def step(self) -> bool:
        """Do what is due; False: the next look can wait. Raises StoreError or SQLAlchemyError; done again then."""
        store = self._store()
        if store is not None:
            self._drop_old(store)
            self._erase_asked(store)
        return False

    def _drop_old(self, store: TelemetryStore) -> None:
        now = self._clock.now_ms()
        if not self._retention_days or now < self._drop_at:
            return
        dropped = store.drop_before(now - self._retention_days * DAY_MS)
        self._drop_at = now + DROP_EVERY_MS
        if dropped:
            _log.info("old readings dropped", readings=dropped, older_than_days=self._retention_days)

    def _erase_asked(self, store: TelemetryStore) -> None:
        with transaction(self._engine) as session:
            waiting = erasure.waiting(session)
        for one in waiting:
            readings = store.erase(one.device_no)
            with transaction(self._engine) as session:
                erasure.done(session, one, readings, self._clock.now_ms())
            _log.info("device erased", device=one.device, readings=readings)
