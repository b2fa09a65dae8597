"""The place that knows ingest's concrete classes: opens the log and the store, and hands its parts to `kit`."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import partial
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ingest import ledger
from ingest.config import Config
from ingest.gateway import intake, mqtt, status
from ingest.gateway import role as gateway
from ingest.identity import checks as identity
from ingest.log import LOGS, PartitionLog
from ingest.registry.manifest import import_devices
from ingest.store import STORES
from ingest.store.protocol import TelemetryStore
from ingest.writer import role as writer
from ingest.writer.checks import ledger_check, log_checks
from ingest.writer.flush import lag_ms
from kit.clock import SystemClock
from kit.db import connect, transaction
from kit.errors import ForewarnError
from kit.plugins import Check, Role, Step
from kit.settings import Broker, Core, Settings
from kit.supervise import Stop

MANIFEST = "fleet.json"


def open_log(settings: Settings) -> PartitionLog:
    """The partition log of this installation. Raises LogMismatch or LogUnavailable, PluginError for an unknown form."""
    config = settings.of(Config)
    return LOGS.get(config.log)(settings.data_path("log"), config.partitions, config.log_max_mb * 1_000_000)


def open_store(settings: Settings, read_only: bool = False) -> TelemetryStore:
    """The telemetry store of this installation; with `read_only` for every process but the writer.

    Raises StoreUnavailable, PluginError for an unknown store.
    """
    return STORES.get(settings.of(Config).store.kind)(settings, read_only=read_only)


def open_intake(settings: Settings) -> intake.Intake:
    """The door for messages that come in requests, beside the broker. Raises what `open_log` does."""
    return intake.opened(settings, open_log(settings))


def _run_gateway(settings: Settings, stop: Stop) -> None:
    gateway.run(settings, stop, open_log(settings))


def _run_writer(settings: Settings, stop: Stop) -> None:
    writer.run(settings, stop, open_log(settings), partial(open_store, settings))


ROLES = {
    "gateway": Role(_run_gateway, "Take telemetry from the broker into the partition log.", order=10),
    "writer": Role(_run_writer, "Fill the telemetry store and the ledger from the partition log.", order=20),
}


def _import_manifest(settings: Settings) -> None:
    """Register the devices of ``data_dir/fleet.json`` when there is such a file."""
    path = settings.data_path(MANIFEST)
    if not path.exists():
        return
    engine = connect(settings)
    with transaction(engine) as session:
        import_devices(session, path, settings.of(Core).tenant)
    engine.dispose()


FIRST_RUN = [
    Step("Subscribe to telemetry at the broker", gateway.make_session, order=15),
    Step("Register the devices of fleet.json", _import_manifest, order=20),
]


def pulse(engine: Engine, settings: Settings) -> dict[str, Any]:
    """The readings' account over all time, and how many seconds the writer is behind the log."""
    log = open_log(settings)
    try:
        with transaction(engine) as session:
            counts = ledger.totals(session, settings.of(Core).tenant)
            lag = lag_ms(session, log, SystemClock().now_ms())
    finally:
        log.close()
    names = ("received", "stored", "duplicate", "quarantined", "throttled", "late")
    return {"readings": {name: getattr(counts, name) for name in names}, "lag_seconds": round(lag / 1000, 3)}


def doctor(settings: Settings) -> Iterable[Check]:
    """Whether the broker answers and the gateways stand, the log can be read and has room, and the store opens."""
    yield _broker_check(settings)
    yield from status.checks(settings.data_path(status.FOLDER), SystemClock().now_ms())
    yield from identity.checks(settings)
    yield from _account_checks(settings)
    yield _store_check(settings)


def _broker_check(settings: Settings) -> Check:
    try:
        host, port, _tls = mqtt.address(settings.of(Broker))
        socket.create_connection((host, port), timeout=5).close()
    except ForewarnError as error:
        return Check("broker", False, error.problem, error.fix)
    except OSError as error:
        return Check("broker", False, f"{host}:{port} does not answer: {error.strerror or error}", "Start the broker.")
    return Check("broker", True, f"{host}:{port} answers")


def _account_checks(settings: Settings) -> Iterator[Check]:
    """The log with its readers, and the ledger."""
    config, clock = settings.of(Config), SystemClock()
    try:
        engine = connect(settings)
        with closing(open_log(settings)) as log, transaction(engine) as session:
            yield from log_checks(session, log, config.log_max_mb * 1_000_000, clock.now_ms())
            yield ledger_check(session, settings.of(Core).tenant, clock.now())
        engine.dispose()
    except ForewarnError as error:
        yield Check("log", False, error.problem, error.fix)
    except SQLAlchemyError:
        yield Check("ledger", False, "cannot be read: the database does not answer", "See the line about the database.")


def _store_check(settings: Settings) -> Check:
    try:
        store = open_store(settings, read_only=True)
        stats = store.stats()
        store.close()
    except ForewarnError as error:
        return Check("store", False, error.problem, error.fix)
    detail = f"{stats.readings:,} readings stored"
    if stats.set_aside:
        fix = "Restore them from a backup; delete what is in the folder `aside` of the store when they are lost."
        return Check("store", False, f"{detail}, {stats.set_aside} damaged files set aside: their readings miss", fix)
    return Check("store", True, detail)
