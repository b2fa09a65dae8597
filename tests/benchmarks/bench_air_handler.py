"""Recorded air handlers: on which fault days the product speaks, and whether it keeps quiet on normal ones.

Run from the project's root: ``python tests/benchmarks/bench_air_handler.py [FOLDER]``. Each day is a device of its
own with nothing learned before it. The other rows are the day's highest score; they are given the most favourable
threshold there is, the highest normal day, which nobody could know in advance.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.engine.program import compile_profiles
from tests.benchmarks.baselines import plain_z, trees
from tests.benchmarks.product import findings
from tests.benchmarks.recorded import Floats, air_handler_days, folder, say

MINUTE_MS = 60_000
WARM_UP = 100  # rows of a day before a score counts


def highest(columns: dict[str, Floats]) -> tuple[float, float]:
    """The day's highest plain z and half-space tree score."""
    table = np.nan_to_num(np.stack(list(columns.values()), axis=1))
    return float(plain_z(table)[WARM_UP:].max()), float(trees(table)[WARM_UP:].max())


def main() -> None:
    """Print the table."""
    path, program = folder("lbnl_ahu"), compile_profiles()
    for unit in ("SZCAV", "SZVAV"):
        days = air_handler_days(path / f"{unit}.csv.gz")
        faulty = {date for date, (fault, _) in days.items() if fault}
        told, seen = set(), set()
        for date, (_, columns) in days.items():
            found = findings(program, "air_handler", columns, MINUTE_MS)
            seen |= {date} if found else set()
            told |= {date} if any(finding.contact for finding in found) else set()
        say(f"{unit}: {len(faulty)} fault days, {len(days) - len(faulty)} normal days")
        for name, dates in (("forewarn, contact", told), ("forewarn, any finding", seen)):
            say(f"  {name:<28}{len(dates & faulty):>3} fault days {len(dates - faulty):>3} normal days")
        say(f"  missed by any finding: {', '.join(sorted(faulty - seen)) or 'none'}")
        scores = {date: highest(columns) for date, (_, columns) in days.items()}
        for at, name in enumerate(("plain z", "river HalfSpaceTrees")):
            limit = max(score[at] for date, score in scores.items() if date not in faulty)
            number = sum(scores[date][at] > limit for date in faulty)
            say(f"  {name + ', best threshold':<28}{number:>3} fault days   0 normal days")


if __name__ == "__main__":
    main()
