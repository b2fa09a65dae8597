"""C-MAPSS FD001: how early an engine's failure is announced, by `detectors score` and by what is commonly used.

Run from the project's root: ``python tests/benchmarks/bench_cmapss.py [FOLDER]``. Every engine is a table of its own,
scored row by row. Where a score needs a threshold, it is chosen on engines 1-50 as the lowest that is early for none
of them, and tested on 51-100. Early is more than 150 cycles ahead: before that nobody would replace anything.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.scoring.scorer import Rows, Scorer
from tests.benchmarks.baselines import plain_z, reference_z, trees
from tests.benchmarks.recorded import Floats, engines, folder, say

EARLY = 150  # cycles
AGREE = 2  # rows in succession that must exceed a threshold


def rows_of(values: Floats) -> Rows:
    """Our scores, a row a second."""
    return Scorer(values.shape[1]).score(np.arange(len(values), dtype=np.int64) * 1000, values)


def ahead(scores: list[Floats], threshold: float) -> Floats:
    """Cycles between the warning and the end, per engine; NaN without a warning."""
    found = []
    for score in scores:
        hits = np.convolve(score >= threshold, np.ones(AGREE), "full")[: len(score)] >= AGREE
        found.append(len(score) - np.argmax(hits) if hits.any() else np.nan)
    return np.array(found, float)


def chosen(scores: list[Floats]) -> float:
    """The lowest threshold that warns no engine early."""
    grid = np.unique(np.quantile(np.concatenate(scores), np.linspace(0.5, 0.9999, 400)))
    return float(next((level for level in grid if not (ahead(scores, level) > EARLY).any()), grid[-1]))


def line(name: str, lead: Floats, threshold: str, us: float) -> None:
    """One detector's row of the table."""
    warned = lead[np.isfinite(lead)]
    low, middle = np.percentile(warned, [10, 50]) if len(warned) else (0, 0)
    say(
        f"{name:<34}{threshold:>9}{len(warned):>7}/{len(lead)}{middle:>8.0f}{low:>6.0f}"
        f"{int((warned > EARLY).sum()):>7}{us:>9.1f}"
    )


def main() -> None:
    """Print the table."""
    machines = engines(folder("cmapss"))
    rows = sum(len(machine) for machine in machines)
    rows_of(machines[0][:40])  # compile
    say(f"{'detector':<34}{'threshold':>9}{'warned':>10}{'median':>8}{'p10':>6}{'early':>7}{'us/row':>9}")
    began = time.perf_counter()
    ours = [rows_of(machine) for machine in machines]
    us = 1e6 * (time.perf_counter() - began) / rows
    first = [np.argmax(score.contact) if score.contact.any() else np.nan for score in ours]
    lead = np.array([len(machine) - at for machine, at in zip(machines, first, strict=True)], float)
    line("forewarn, contact, engines 51-100", lead[50:], "none", us)
    line("forewarn, contact, all engines", lead, "none", us)
    tested("forewarn, severity", [score.severity for score in ours], us)
    others: dict[str, Callable[[Floats], Floats]] = {
        "plain z, first 30 rows": reference_z,
        "plain z, last 100 rows": plain_z,
        "river HalfSpaceTrees": trees,
    }
    for name, scorer in others.items():
        began = time.perf_counter()
        scores = [scorer(machine) for machine in machines]
        tested(name, scores, 1e6 * (time.perf_counter() - began) / rows)


def tested(name: str, scores: list[Floats], us: float) -> None:
    """A score's line for engines 51-100, its threshold from 1-50."""
    threshold = chosen(scores[:50])
    line(name, ahead(scores[50:], threshold), f"{threshold:.2f}", us)


if __name__ == "__main__":
    main()
