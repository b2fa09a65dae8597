"""Made tables of many kinds: what `detectors score` says of each, beside what is commonly used.

Run from the project's root: ``python tests/benchmarks/bench_tables.py [--seeds N] [--first N] [--only KIND …]``, with
`--river` also beside half-space trees. A kind's tables are those of the seeds from `--first` on. Columns:

right, wrong  rows with `contact` in an anomaly (each counts once) and outside of any; a quarter of an anomaly's length
              (at least 20 rows) after its end counts as in it
seen, idle    the same for `attention`: share of the anomalies, and rows outside per 1,000 rows
@1            share of the anomalies in which a score exceeds its lowest threshold that gives at most one alarm in 1,000
              rows outside of them, alarms being 115 rows apart: in hindsight, for every score alike
AP            area under precision and recall over rows, the anomalies widened as above
lead          of tables that end in a failure: rows from the first right contact to the end, median, as share of the
              rows that the wear lasted
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.scoring.scorer import Scorer
from tests.benchmarks.baselines import apart, plain_z, reference_z, trees
from tests.benchmarks.recorded import Floats, say
from tests.benchmarks.tables.made import Made

KINDS = sorted(path.stem for path in (Path(__file__).parent / "tables").glob("*.py") if path.stem != "made")
LATE = 0.25  # of an anomaly's length after its end that still counts as in it …
LEAST_LATE = 20  # … at least so many rows
SLOW = 30_000  # readings that river scores in some 3 seconds; larger tables are not given to it


def widened(made: Made) -> list[tuple[int, int]]:
    """The windows with what counts as late but right."""
    return [(a, min(b + max(int(LATE * (b - a)), LEAST_LATE), len(made.values) - 1)) for a, b in made.windows]


def inside(made: Made) -> NDArray[np.bool_]:
    """Rows that lie in a widened window."""
    rows = np.zeros(len(made.values), np.bool_)
    for first, last in widened(made):
        rows[first : last + 1] = True
    return rows


def caught(made: Made, flags: NDArray[np.bool_]) -> list[bool]:
    """Per window whether a flag lies in it."""
    return [bool(flags[first : last + 1].any()) for first, last in widened(made)]


def at_budget(made: Made, score: Floats) -> list[bool]:
    """Per window whether the score exceeds its lowest threshold of one alarm outside in 1,000 rows."""
    outside = np.where(inside(made), -np.inf, score)
    allowed = max(1, len(score) // 1000)
    low, high = 0.0, float(outside.max(initial=0.0)) + 1e-9
    for _ in range(25):
        middle = (low + high) / 2
        few = len(apart(outside > middle)) <= allowed
        low, high = (low, middle) if few else (middle, high)
    return caught(made, score > high)


def area(made: Made, score: Floats) -> float:
    """Average precision over rows."""
    truth = inside(made)
    if not truth.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    hits = truth[order].cumsum()
    return float((hits / np.arange(1, len(score) + 1))[truth[order]].mean())


def of_scores(made: list[Made], scores: list[Floats]) -> str:
    """Two columns of the report: found within the budget, and area."""
    found = [hit for table, score in zip(made, scores, strict=True) for hit in at_budget(table, score)]
    areas = [area(table, score) for table, score in zip(made, scores, strict=True)]
    return f"{np.mean(found):5.0%} {np.nanmean(areas):5.2f}" if found else "    -     -"


def report(kind: str, seeds: range, river: bool) -> None:
    """One line for a kind."""
    made = [importlib.import_module(f"tests.benchmarks.tables.{kind}").make(seed) for seed in seeds]
    began = time.perf_counter()
    ours = [Scorer(table.values.shape[1]).score(table.ts, table.values) for table in made]
    us = 1e6 * (time.perf_counter() - began) / sum(table.values.size for table in made)
    rows = sum(len(table.values) for table in made)
    right, wrong, seen, idle, lead = 0, 0, 0, 0, []
    for table, scores in zip(made, ours, strict=True):
        outside = ~inside(table)
        right += sum(caught(table, scores.contact))
        wrong += int((scores.contact & outside).sum())
        seen += sum(caught(table, scores.attention))
        idle += int((scores.attention & outside).sum())
        if table.fails:
            begins = table.windows[-1][0]
            hits = np.flatnonzero(scores.contact[begins:])
            lead.append((len(outside) - begins - hits[0]) / (len(outside) - begins) if len(hits) else 0.0)
    windows = sum(len(table.windows) for table in made)
    values = [table.values for table in made]
    shown = [of_scores(made, [score.surprise for score in ours]), of_scores(made, [score.severity for score in ours])]
    shown += [of_scores(made, [scorer(np.nan_to_num(x)) for x in values]) for scorer in (plain_z, reference)]
    if river and all(x.size < SLOW * 10 for x in values):
        shown.append(of_scores(made, [trees(np.nan_to_num(x)) for x in values]))
    say(
        f"{kind:<11}{rows:>8,}{windows:>5}{right:>6}{wrong:>6}{seen / max(windows, 1):>6.0%}"
        f"{1000 * idle / rows:>6.2f}{(f'{np.median(lead):.0%}' if lead else '-'):>6}{us:>7.2f} | " + " | ".join(shown)
    )


def reference(values: Floats) -> Floats:
    """Plain z against the first fifth of the table."""
    return reference_z(values, len(values) // 5)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--river", action="store_true")
    given = parser.parse_args()
    Scorer(2).score(np.arange(99), np.random.default_rng(0).normal(0, 1, (99, 2)))  # compile
    say(
        f"{'kind':<11}{'rows':>8}{'n':>5}{'right':>6}{'wrong':>6}{'seen':>6}{'idle':>6}{'lead':>6}{'us':>7}"
        " | surprise    | severity    | rolling z   | first fifth | river      (each: @1, AP)"
    )
    for kind in given.only:
        report(kind, range(given.first, given.first + (2 if kind == "wide" else given.seeds)), given.river)


if __name__ == "__main__":
    main()
