"""The simulated fleet over many seeds against the targets: what was reached, with intervals, and where it falls short.

Run from the project's root: ``python tests/benchmarks/bench_scorecard.py [--seeds 20] [--seed 100] [--scenario
fleet_30d]``. About a minute a seed. The seeds are none that anything was chosen on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

TARGETS = ("--min-recall-3d", "0.8", "--min-precision", "0.9", "--max-false", "1")
ROOT = Path(__file__).parents[2]


def main() -> None:
    """Print the scorecard's own report, which ends with the targets that were missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--scenario", default="fleet_30d")
    parser.add_argument("--out", type=Path, help="folder for score.json, score.html and score.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        seeds = ("--seed", str(given.seed), "--seeds", str(given.seeds), "--out", str(given.out or room))
        command = (sys.executable, "-m", "kit.cli", "sim", "score", given.scenario, *seeds, *TARGETS)
        subprocess.run(command, cwd=ROOT, check=False)


if __name__ == "__main__":
    main()
