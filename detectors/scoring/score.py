"""Score a table: every signal is a series of its own, a row is as bad as its worst signal."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from detectors.algorithms.attention import GRACE, REFRACTORY, THRESHOLD, Attention
from detectors.algorithms.detector import Floats, new_state
from detectors.algorithms.seasonal import Seasonal
from detectors.scoring.reader import Chunk, Table, open_table

COLUMNS = ("surprise", "severity", "alert_score", "attention", "contact")
# Contact: ten of twelve readings beyond eight robust deviations, to which attention agreed. Nothing is known of the
# table's time base, so persistence is counted in readings; 5 instead of 8 calls every change of habit a fault.
PERSISTENT = {"enter": 8.0, "leave": 3.0, "need": 10, "of": 12, "hold_ms": 0.0, "min_age_ms": 0.0}
YOUNG_ROWS = 300  # readings before which nothing is grave enough for a contact


@dataclass(frozen=True, slots=True)
class Rows:
    """Scores of some rows; see `COLUMNS`."""

    surprise: Floats
    severity: Floats
    alert_score: Floats
    attention: NDArray[np.bool_]
    contact: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Summary:
    """What was scored. `out_of_order` rows are not later than the row before; they are scored and not learned."""

    rows: int
    signals: int
    readings: int
    missing: int
    out_of_order: int
    attention: int
    contact: int


class Scorer:
    """Scores rows of `signals` series as they come; the cut into calls changes nothing."""

    def __init__(self, signals: int, threshold: float = THRESHOLD, grace: float = GRACE) -> None:
        self._seasonal, self._attention = Seasonal(), Attention()
        self._state, self._alerts = new_state(self._seasonal, signals), new_state(self._attention, signals)
        for slot in range(signals):
            self._state.set(slot, **PERSISTENT, min_count=max(YOUNG_ROWS, grace))
            self._alerts.set(slot, threshold=threshold, grace=grace)
        self._active = np.zeros(signals, np.int8)
        self._quiet_for = np.full(signals, np.inf)

    def score(self, ts: NDArray[np.int64], values: Floats) -> Rows:
        """The scores of rows at `ts` (n,) with `values` (n, signals); NaN is missing."""
        n, signals = values.shape
        slot, when, value = np.tile(np.arange(signals), n), np.repeat(ts, signals), values.reshape(-1)
        scores = self._seasonal.update(self._state, slot, when, value)
        alerts = self._attention.update(self._alerts, slot, when, np.where(np.isfinite(value), scores.surprise, np.nan))
        contact = self._contacts(scores.active.reshape(n, signals), alerts.reshape(n, signals) > 0)
        alert = alerts.reshape(n, signals).max(axis=1)
        return Rows(
            scores.surprise.reshape(n, signals).max(axis=1),
            scores.severity.reshape(n, signals).max(axis=1),
            alert,
            alert > 0,
            contact,
        )

    def _contacts(self, active: NDArray[np.int8], alerts: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Rows at which a symptom begins that attention has noticed within its refractory time."""
        contact = np.zeros(len(active), bool)
        changes = np.flatnonzero((np.diff(active, axis=0, prepend=self._active[None]) != 0).any(axis=1))
        begins = set(changes.tolist())
        noticed = np.flatnonzero(alerts.any(axis=1)).tolist()
        previous, last = self._active, 0
        for row in sorted(begins | set(noticed)):
            self._quiet_for += row - last
            last = row
            self._quiet_for[alerts[row]] = 0.0
            before = active[row - 1] if row else previous
            contact[row] = bool(((active[row] != 0) & (before == 0) & (self._quiet_for <= REFRACTORY)).any())
        self._quiet_for += len(active) - last
        if len(active):
            self._active = active[-1].copy()
        return contact


def score_table(
    source: TextIO, target: TextIO, scorer_of: Callable[[int], Scorer], told: Callable[[int], None]
) -> Summary:
    """Score every row of the CSV `source` into the CSV `target`; `told` hears how many rows are done.

    Raises TableError with the line of the first cell that cannot be used; rows before it are written.
    """
    table = Table(source)
    scorer = scorer_of(len(table.signals))
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow((table.time, *COLUMNS))
    counts = dict.fromkeys(Summary.__dataclass_fields__, 0) | {"signals": len(table.signals)}
    newest = np.iinfo(np.int64).min
    for chunk in table.chunks():
        rows = scorer.score(chunk.ts, chunk.values)
        writer.writerows(_cells(chunk, rows))
        order = np.maximum.accumulate(np.concatenate([[newest], chunk.ts]))
        newest = int(order[-1])
        for name, number in _counted(chunk, rows, order).items():
            counts[name] += number
        told(counts["rows"])
    return Summary(**counts)


def _counted(chunk: Chunk, rows: Rows, order: NDArray[np.int64]) -> dict[str, int]:
    missing = int(np.isnan(chunk.values).sum())
    return {
        "rows": len(chunk.stamps),
        "readings": chunk.values.size - missing,
        "missing": missing,
        "out_of_order": int((chunk.ts <= order[:-1]).sum()),
        "attention": int(rows.attention.sum()),
        "contact": int(rows.contact.sum()),
    }


def _cells(chunk: Chunk, rows: Rows) -> Any:
    numbers = (np.char.mod("%.6g", column).tolist() for column in (rows.surprise, rows.severity, rows.alert_score))
    flags = (column.astype(int).tolist() for column in (rows.attention, rows.contact))
    return zip(chunk.stamps, *numbers, *flags, strict=True)


def score_file(
    source: Path, target: Path, scorer_of: Callable[[int], Scorer], told: Callable[[int], None]
) -> dict[str, Any]:
    """`score_table` over files; the summary as plain facts. Raises TableError, OSError."""
    with open_table(source) as lines, target.open("w", encoding="utf-8", newline="") as out:
        return asdict(score_table(lines, out, scorer_of, told))
