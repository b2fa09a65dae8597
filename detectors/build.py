"""The place that knows the detectors' concrete parts and hands them to `kit`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from detectors import queries
from ingest.build import open_log
from kit.db import connect, transaction
from kit.errors import ForewarnError
from kit.plugins import Check, Role
from kit.settings import Settings
from kit.supervise import Stop

LAG_ENTRIES = 2000  # log entries behind which `doctor` calls the detector slow


def keep_kernels(settings: Settings) -> None:
    """Let compiled kernels stay: beside the source where that can be written, else in the data folder.

    Must run before the first kernel is imported.
    """
    if "NUMBA_CACHE_DIR" not in os.environ and not os.access(Path(__file__).parent, os.W_OK):
        os.environ["NUMBA_CACHE_DIR"] = str(settings.data_path("cache", "kernels"))


def _run_detector(settings: Settings, stop: Stop) -> None:
    keep_kernels(settings)
    from detectors.engine import worker

    worker.run(settings, stop, open_log(settings))


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
