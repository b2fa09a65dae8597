"""A small test rig: a pump in a loop, 20 minutes at one row a second, one experiment a table (as SKAB)."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.tables.made import Made, creeping


def make(seed: int) -> Made:
    """Eight signals; a valve half closed, an imbalance, cavitation or too little water from row 550 to 650 on."""
    chance = np.random.default_rng(seed)
    rows, fault = 1150, seed % 4
    first = int(chance.integers(550, 650))
    last = first + int(chance.integers(280, 400))
    on = np.zeros(rows)
    on[first : last + 1] = np.minimum(np.arange(last + 1 - first) / 30, 1)
    flow = 32 + creeping(chance, rows, 6, 0.5) - on * (4.0 if fault in {0, 3} else 0.4)
    shake = 0.027 * np.exp(creeping(chance, rows, 3, 0.06) + on * (0.35 if fault in {1, 2} else 0.08))
    columns = [
        shake,
        1.5 * shake * np.exp(chance.normal(0, 0.03, rows)),
        1.2 + 0.12 * chance.gamma(2, 1, rows) + on * (0.2 if fault == 2 else 0),
        0.05 + 0.01 * (flow - 32) + np.round(chance.normal(0, 0.27, rows) / 0.273) * 0.273,
        70 + 0.004 * np.arange(rows) + creeping(chance, rows, 60, 0.3) + 0.01 * on.cumsum(),
        26 + 0.0015 * np.arange(rows) + creeping(chance, rows, 90, 0.06),
        228 + creeping(chance, rows, 4, 8),
        np.round(flow, 2),
    ]
    return Made(1000, np.stack(columns, 1), ((first, last),))
