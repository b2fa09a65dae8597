"""The role `writer`: one process at a time, by lease, fills the telemetry store from the log.

Beside that loop it books what devices say that is no reading, and trims the log: neither waits for the store.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ingest.config import Config
from ingest.log import PartitionLog
from ingest.quarantine import Bounds as QuarantineBounds
from ingest.store.protocol import TelemetryStore
from ingest.writer.events import EventBooker
from ingest.writer.flush import Bounds, Flusher
from ingest.writer.housekeeping import Housekeeper
from ingest.writer.trim import Keeping, Trimmer
from kit import leases
from kit.clock import SystemClock
from kit.db import connect, transaction
from kit.leases import Lease, LeaseLost
from kit.logs import get
from kit.settings import Core, Settings
from kit.supervise import Stop, in_thread, run_loop

LEASE = "writer"
LEASE_S = 6.0  # longer leaves the store behind after a crash, shorter hands the lease over during a slow flush
RENEW_S = 2.0
EVENTS_S = 0.2  # between two looks for events; longer shows late that a device went offline, shorter asks for nothing
JOIN_S = 10.0  # for the loops beside; longer holds up a stop, shorter closes the log under their hands
TRIM_S = 30.0  # between two looks at what may go; longer lets a flood reach the bound, shorter asks for nothing
HOUSEKEEPING_S = 5.0  # between two looks for what is to be erased; longer makes people wait, shorter asks for nothing

_log = get("writer")


class Writer:
    """Holds the lease, opens the store when it has it, and flushes; a step for `kit.supervise`."""

    def __init__(
        self,
        engine: Engine,
        log: PartitionLog,
        open_store: Callable[[], TelemetryStore],
        tenant: str,
        bounds: Bounds,
    ) -> None:
        self._engine = engine
        self._log = log
        self._open_store = open_store
        self._tenant = tenant
        self._bounds = bounds
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._lease: Lease | None = None
        self._renew_at = 0.0
        self._store: TelemetryStore | None = None
        self._flusher: Flusher | None = None

    @property
    def store(self) -> TelemetryStore | None:
        """The store while this process holds it for writing."""
        return self._store

    def step(self) -> bool:
        """One flush. True when it was a full one: more is waiting."""
        try:
            lease = self._held_lease()
            return lease is not None and self._opened().flush(lease) >= self._bounds.readings
        except LeaseLost:
            self._lease = None
            self._close_store()
            raise

    def close(self) -> None:
        """Close the store and give the lease up, so that another process can take over at once."""
        self._close_store()
        if self._lease is not None:
            with transaction(self._engine) as session:
                leases.release(session, self._lease)
            self._lease = None

    def _held_lease(self) -> Lease | None:
        """The lease, taken or renewed when it is time; None while another process holds it."""
        now = time.monotonic()
        if self._lease is not None and now < self._renew_at:
            return self._lease
        with transaction(self._engine) as session:
            if self._lease is None:
                self._lease = leases.acquire(session, LEASE, self._holder, LEASE_S)
            else:
                leases.renew(session, self._lease, LEASE_S)
        self._renew_at = now + RENEW_S
        return self._lease

    def _opened(self) -> Flusher:
        if self._flusher is None:
            self._store = self._open_store()
            self._flusher = Flusher(self._engine, self._log, self._store, self._tenant, self._bounds)
        return self._flusher

    def _close_store(self) -> None:
        self._flusher = None
        if self._store is not None:
            store, self._store = self._store, None
            store.close()


def run(settings: Settings, stop: Stop, log: PartitionLog, open_store: Callable[[], TelemetryStore]) -> None:
    """Fill the store until `stop`. The store is opened when the lease is ours, and tried again while it is away."""
    config = settings.of(Config)
    kept = QuarantineBounds(config.quarantine_samples, config.quarantine_rows, config.quarantine_mb * 1_000_000)
    bounds = Bounds(config.flush_readings, kept)
    keeping = Keeping(round(config.log_keep_hours * 3_600_000), config.log_max_mb * 1_000_000)
    tenant = settings.of(Core).tenant
    engine = connect(settings)
    writer = Writer(engine, log, open_store, tenant, bounds)
    keeper = Housekeeper(engine, lambda: writer.store, config.retention_days, SystemClock())
    beside = [
        in_thread("writer events", EventBooker(engine, log, tenant).step, stop, idle_s=EVENTS_S),
        in_thread("housekeeping", keeper.step, stop, idle_s=HOUSEKEEPING_S),
        in_thread("log trim", Trimmer(engine, log, keeping, SystemClock()).step, stop, idle_s=TRIM_S),
    ]
    run_loop("writer", writer.step, stop, idle_s=config.flush_s)
    for thread in beside:
        thread.join(timeout=JOIN_S)
    try:
        writer.close()
    except SQLAlchemyError as error:
        _log.warning("the lease could not be given up and runs out by itself", reason=type(error).__name__)
    engine.dispose()
    log.close()
