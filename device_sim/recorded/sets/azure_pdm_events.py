"""Microsoft's predictive maintenance sample: a year of 100 machines as errors, replaced parts and failures."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np

from device_sim.models.machine import DAY_MS, Floats, Instants, Rows
from device_sim.recorded.sets.recorded_set import RecordedSet, label, stored, table, unusable
from device_sim.recorded.tape import Piece, Sequence, Stage, Tape
from ingest.wire.device_types.production_machine import PRODUCTION_MACHINE
from kit.clock import to_ms

BEGIN_MS = to_ms(datetime(2020, 1, 1, tzinfo=UTC))
YEAR_MS = 366 * DAY_MS
BEFORE_MS = DAY_MS  # errors gather in the day before a failure

Events = dict[int, list[tuple[int, str]]]


def _names(folder: Path) -> list[str]:
    return [cells[0] for cells in table(folder / "PdM_machines.csv", ("machineID",))]


def _open(folder: Path, name: str) -> Tape:
    said: dict[int, dict[str, float]] = defaultdict(dict)
    for file, column, signal in (("PdM_errors.csv", "errorID", "error"), ("PdM_maint.csv", "comp", "replaced")):
        for ts, what in _events(folder / file, column).get(int(name), []):
            while signal in said[ts]:
                ts += 1000  # noqa: PLW2901 - two at the same hour follow each other
            said[ts][signal] = stored(PRODUCTION_MACHINE.signal(signal), what)
    ts_ms: Instants = np.array(sorted(said), np.int64)
    columns: dict[str, Floats] = {
        signal: np.array([said[ts].get(signal, np.nan) for ts in ts_ms.tolist()]) for signal in ("error", "replaced")
    }
    rows = Rows(ts_ms, columns).between(0, YEAR_MS)
    failures = sorted({ts for ts, _ in _events(folder / "PdM_failures.csv", "failure").get(int(name), [])})
    labels = tuple(label("component_failure", ts - BEFORE_MS, ts, ts) for ts in failures if ts >= BEFORE_MS)
    return Tape("production_machine", tuple(columns), Sequence((Stage(Piece(rows, YEAR_MS), YEAR_MS),), labels))


@cache
def _events(path: Path, column: str) -> Events:
    """By machine: milliseconds since the beginning of the year, and what happened."""
    found: Events = defaultdict(list)
    try:
        for moment, machine, what in table(path, ("datetime", "machineID", column)):
            found[int(machine)].append((to_ms(datetime.fromisoformat(moment).replace(tzinfo=UTC)) - BEGIN_MS, what))
    except ValueError as error:
        raise unusable(path, error) from None
    return found


AZURE_PDM_EVENTS = RecordedSet(
    "azure_pdm_events",
    "Errors and replaced parts of 100 machines over a year.",
    "failures of components",
    _names,
    _open,
)
