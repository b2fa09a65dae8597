"""The place that knows the detectors' concrete parts and hands them to `kit`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from detectors import queries
from detectors.config import Config
from ingest.build import open_log
from ingest.config import Config as IngestConfig
from kit.clock import SystemClock
from kit.db import connect, transaction
from kit.errors import ForewarnError
from kit.plugins import Check, Role
from kit.settings import Core, Settings
from kit.supervise import Stop, in_thread

LAG_ENTRIES = 2000  # log entries behind which `doctor` calls the detector slow
TRIPS_IDLE_S = 1.0  # between two looks for trips in a quiet log; nobody waits for one


def keep_kernels(settings: Settings) -> None:
    """Let compiled kernels stay: beside the source where that can be written, else in the data folder.

    Must run before the first kernel is imported.
    """
    if "NUMBA_CACHE_DIR" not in os.environ and not os.access(Path(__file__).parent, os.W_OK):
        os.environ["NUMBA_CACHE_DIR"] = str(settings.data_path("cache", "kernels"))


def _run_detector(settings: Settings, stop: Stop) -> None:
    keep_kernels(settings)
    from detectors.engine import worker

    with _shadow(settings, stop), _trips(settings, stop):
        worker.run(settings, stop, open_log(settings))


@contextmanager
def _shadow(settings: Settings, stop: Stop) -> Iterator[None]:
    """The draft in `[detectors] shadow` in a thread beside the live detector, when there is one."""
    config = settings.of(Config)
    if not config.shadow:
        yield
        return
    from detectors.engine.program import compile_profiles
    from detectors.trust.shadow import Shadow, laid_over

    database, log = connect(settings), open_log(settings)
    program = compile_profiles(laid_over(config.watch, config.shadow))
    heartbeat_ms = round(1000 * settings.of(IngestConfig).heartbeat_s)
    shadow = Shadow(database, log, config, program, settings.of(Core).tenant, heartbeat_ms)
    thread = in_thread("shadow", shadow.step, stop)
    try:
        yield
    finally:
        stop.set()  # the live detector has ended, whatever ended it
        thread.join()
        shadow.close()
        log.close()
        database.dispose()


@contextmanager
def _trips(settings: Settings, stop: Stop) -> Iterator[None]:
    """The looking for trips of those who agreed to be coached, in a thread beside the live detector."""
    from detectors.trips.tracker import warm
    from detectors.trips.worker import Trips

    warm()
    database, log = connect(settings), open_log(settings)
    trips = Trips(database, log, settings.of(Config), settings.of(Core).tenant, SystemClock())
    thread = in_thread("trips", trips.step, stop, TRIPS_IDLE_S)
    try:
        yield
    finally:
        stop.set()
        thread.join()
        trips.close()
        log.close()
        database.dispose()


ROLES = {"detector": Role(_run_detector, "Score the partition log and write findings with their evidence.", order=20)}


def pulse(engine: Engine, _settings: Settings) -> dict[str, Any]:
    """How many findings were ever raised."""
    with transaction(engine) as session:
        return {"findings": queries.count(session)}


def doctor(settings: Settings) -> Iterable[Check]:
    """Whether detection keeps up with the log."""
    try:
        yield _lag_check(settings)
    except ForewarnError as error:
        yield Check("detector", False, error.problem, error.fix)


def _lag_check(settings: Settings) -> Check:
    engine, log = connect(settings), open_log(settings)
    try:
        with transaction(engine) as session:
            done = queries.saved_offsets(session)
        behind = sum(log.bounds(number)[1] - done.get(number, 0) for number in range(log.partitions))
    finally:
        log.close()
        engine.dispose()
    ok = behind <= LAG_ENTRIES
    fix = "" if ok else "See that the role `detector` runs: forewarn worker run --role detector."
    return Check("detector", ok, f"{behind:,} log entries behind", fix)
