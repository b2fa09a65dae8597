"""Hydraulic rig: are changes of the cooler's condition noticed, by `detectors score` and by what is commonly used?

Run from the project's root: ``python tests/benchmarks/bench_hydraulic.py [FOLDER]``. A load cycle is a row of eight
numbers out of four temperatures. An alert is right within 30 cycles after the cooler changed; all others are false,
although valve, pump and accumulator change all the time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.scoring.scorer import Scorer
from tests.benchmarks.baselines import apart, plain_z, trees
from tests.benchmarks.recorded import Floats, folder, hydraulic, say

AFTER = 30  # cycles


def told(name: str, alerts: list[int], changes: Floats, rows: int) -> None:
    """A line: changes noticed, false alerts."""
    noticed = sum(any(at <= alert < at + AFTER for alert in alerts) for at in changes)
    false = sum(not any(at <= alert < at + AFTER for at in changes) for alert in alerts)
    say(f"{name:<34}{noticed:>6} of {len(changes)}{false:>8}{1000 * false / rows:>14.2f}")


def main() -> None:
    """Print the table."""
    table, cooler = hydraulic(folder("hydraulic"))
    changes = np.flatnonzero(np.diff(cooler)) + 1
    rows = Scorer(table.shape[1]).score(np.arange(len(table), dtype=np.int64) * 60_000, table)
    say(f"{len(table):,} cycles; the cooler changes at {', '.join(map(str, changes))}")
    say(f"{'alerts':<34}{'noticed':>11}{'false':>8}{'per 1,000':>14}")
    told("forewarn, attention", np.flatnonzero(rows.attention).tolist(), changes, len(table))
    told("forewarn, contact", np.flatnonzero(rows.contact).tolist(), changes, len(table))
    number = int(rows.attention.sum())
    for name, score in (("plain z, last 100", plain_z(table)), ("river HalfSpaceTrees", trees(table, 100))):
        levels = np.unique(np.quantile(score[100:], np.linspace(0.9, 1, 200)))
        found = [apart(np.where(np.arange(len(score)) < 100, 0, score) >= level) for level in levels]
        told(f"{name}, as many alerts", next(each for each in found if len(each) <= number), changes, len(table))


if __name__ == "__main__":
    main()
