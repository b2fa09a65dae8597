"""The scoring rule of the Numenta Anomaly Benchmark v1.1 (Lavin and Ahmad 2015, arXiv 1510.03336), exactly."""

from __future__ import annotations

import csv
import gzip
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PROFILES = {"standard": (1.0, 1.0, 0.11), "low_fp": (1.0, 1.0, 0.22), "low_fn": (1.0, 2.0, 0.11)}  # tp, fn, fp


@dataclass(frozen=True, slots=True)
class Series:
    """One labelled file: epoch ms, values, and the windows as (first, last) row."""

    name: str
    ts: NDArray[np.int64]
    value: NDArray[np.float64]
    windows: tuple[tuple[int, int], ...]

    @property
    def probation(self) -> int:
        """Rows at the start that are not scored: 15 %, at most 750."""
        return min(math.floor(0.15 * len(self.ts)), math.floor(0.15 * 5000))


def load(folder: Path) -> list[Series]:
    """Every series of the corpus in `folder` with its windows."""
    labels = json.loads((folder / "labels" / "combined_windows.json").read_text("utf-8"))
    return [_series(folder, name, windows) for name, windows in sorted(labels.items())]


def _series(folder: Path, name: str, windows: list[list[str]]) -> Series:
    path = folder / "data" / name
    packed = path.with_name(path.name + ".gz")
    with gzip.open(packed, "rt") if packed.exists() else path.open() as lines:
        rows = list(csv.reader(lines))[1:]
    stamps = [row[0] for row in rows]
    ts = np.array([_epoch_ms(stamp) for stamp in stamps], np.int64)
    bounds = tuple((int(np.searchsorted(ts, _epoch_ms(a))), int(np.searchsorted(ts, _epoch_ms(b)))) for a, b in windows)
    return Series(name, ts, np.array([float(row[1]) for row in rows]), bounds)


def _epoch_ms(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() * 1000)


def sigmoid(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Worth of a detection by its position: -1 is the start of a window, 0 its end, positive is after it."""
    return np.where(position > 3.0, -1.0, 2.0 / (1.0 + np.exp(5.0 * position)) - 1.0)


def row_worth(series: Series) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Per row the unweighted worth of a detection and the window it lies in (-1: none)."""
    n = len(series.ts)
    worth, inside = np.full(n, -1.0), np.full(n, -1, np.int64)
    rows = np.arange(n)
    for number, (first, last) in enumerate(series.windows):
        width = last - first + 1.0
        window = slice(first, last + 1)
        inside[window] = number
        worth[window] = sigmoid(-(last - rows[window] + 1) / width) / sigmoid(np.array(-1.0))
        if width > 1:
            worth[last + 1 :] = sigmoid((rows[last + 1 :] - last) / (width - 1))
    return worth, inside


def score(corpus: list[Series], detections: list[NDArray[np.bool_]], profile: str = "standard") -> float:
    """The normalised score: 0 for the detector that says nothing, 100 for the perfect one."""
    tp, fn, fp = PROFILES[profile]
    total, windows = 0.0, 0
    for series, flags in zip(corpus, detections, strict=True):
        worth, inside = row_worth(series)
        hit = flags.copy()
        hit[: series.probation] = False
        total += fp * float(worth[hit & (inside < 0)].sum())
        for number in range(len(series.windows)):
            found = worth[hit & (inside == number)]
            total += tp * float(found.max()) if len(found) else -fn
        windows += len(series.windows)
    return 100.0 * (total + fn * windows) / (tp * windows + fn * windows)
