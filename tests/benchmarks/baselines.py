"""What a Python user would pick first, each causal: the columns beside ours in every table."""

from __future__ import annotations

import numpy as np
from river.anomaly import HalfSpaceTrees
from river.compose import Pipeline
from river.preprocessing import MinMaxScaler

from tests.benchmarks.recorded import Floats


def plain_z(values: Floats, window: int = 100) -> Floats:
    """Per row the largest |z| of its signals against the last `window` rows."""
    out = np.zeros(len(values))
    for row in range(3, len(values)):
        past = values[max(row - window, 0) : row]
        spread = past.std(0)
        used = spread > 1e-9
        out[row] = (np.abs(values[row] - past.mean(0))[used] / spread[used]).max(initial=0.0)
    return out


def reference_z(values: Floats, learn: int = 30) -> Floats:
    """Per row the largest |z| of its signals against the first `learn` rows; 0 in those."""
    past = values[:learn]
    spread = past.std(0)
    used = spread > 1e-9
    z = np.abs(values[:, used] - past.mean(0)[used]) / spread[used]
    return np.where(np.arange(len(values)) < learn, 0.0, z.max(axis=1, initial=0.0))


def trees(values: Floats, window: int = 30, seed: int = 1) -> Floats:
    """river: half-space trees on scaled signals, score before learn."""
    model = Pipeline(MinMaxScaler(), HalfSpaceTrees(n_trees=10, height=8, window_size=window, seed=seed))
    out = np.zeros(len(values))
    for row, cells in enumerate(values):
        features = {str(at): float(value) for at, value in enumerate(cells)}
        out[row] = model.score_one(features)
        model.learn_one(features)
    return out


def apart(hits: Floats, rows: int = 115) -> list[int]:
    """Rows of the alerts, none within `rows` of the one before: what we do to ours."""
    kept: list[int] = []
    for row in np.flatnonzero(hits).tolist():
        if not kept or row - kept[-1] >= rows:
            kept.append(row)
    return kept
