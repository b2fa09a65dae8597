"""Four bearings on one shaft, features of the vibration every ten minutes, run to failure (as IMS and PRONOSTIA)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import MINUTE, Made, creeping


def make(seed: int) -> Made:
    """RMS, kurtosis, peak and crest of each; running in, then one bearing's features grow ever faster."""
    chance = np.random.default_rng(seed)
    rows = int(chance.integers(700, 2000))
    begins = rows - int(rows * chance.uniform(0.2, 0.35))
    worn = np.clip((np.arange(rows) - begins) / (rows - begins), 0, 1)
    struck = int(chance.integers(0, 4))
    columns = []
    for number in range(4):
        own = worn if number == struck else 0.15 * worn
        level = 0.1 * np.exp(0.25 * np.exp(-np.arange(rows) / 60) + creeping(chance, rows, 40, 0.02))
        rms = level * np.exp(1.4 * own**2 + 0.15 * (own > 0)) * np.exp(chance.normal(0, 0.02, rows))
        kurtosis = 3.4 + 5 * own**1.5 * chance.gamma(4, 0.25, rows) + chance.normal(0, 0.12, rows)
        peak = rms * (4 + 0.5 * kurtosis) * np.exp(chance.normal(0, 0.08, rows))
        columns += [rms, kurtosis, peak, peak / rms]
    return Made(10 * MINUTE, np.stack(columns, 1), ((begins, rows - 1),), fails=True)
