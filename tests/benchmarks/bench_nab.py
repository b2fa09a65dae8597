"""NAB v1.1 through the product's own scorer and attention stage, beside the published results.

Run from the project's root: ``python tests/benchmarks/bench_nab.py FOLDER [--sweep]`` with the corpus in FOLDER
(``data/``, ``labels/``). Nothing looks ahead: no file's range or length is known to the detector.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.algorithms.attention import THRESHOLD
from detectors.scoring.scorer import Scorer
from tests.benchmarks.nab import PROFILES, Series, load, score

OFTEN_QUOTED = ("ARTime", "numenta", "contextOSE", "knncad", "randomCutForest", "twitterADVec", "windowedGaussian")


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")


def run(corpus: list[Series], threshold: float) -> tuple[dict[str, float], float]:
    """The three scores at that threshold, and ns a reading."""
    began = time.perf_counter()
    detections = [Scorer(1, threshold).score(series.ts, series.value[:, None]).attention for series in corpus]
    took = time.perf_counter() - began
    scores = {profile: score(corpus, detections, profile) for profile in PROFILES}
    return scores, 1e9 * took / sum(len(series.ts) for series in corpus)


def halves(corpus: list[Series]) -> float:
    """The standard score when each half of the files takes its threshold from the other half."""
    thresholds = np.arange(7.5, 12.1, 0.25)
    parts, total = (corpus[0::2], corpus[1::2]), []
    for mine, other in (parts, parts[::-1]):
        best = max(thresholds, key=lambda level: run(other, level)[0]["standard"])
        total.append((run(mine, best)[0]["standard"], sum(len(series.windows) for series in mine)))
    return sum(value * weight for value, weight in total) / sum(weight for _, weight in total)


RECORDED = Path(__file__).parents[3] / "shared" / "data" / "nab"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=RECORDED, help="the benchmark's data folder")
    parser.add_argument("--sweep", action="store_true", help="also: threshold chosen on the other half of the files")
    given = parser.parse_args()
    if not given.folder.is_dir():
        print(f"The benchmark's data is not at {given.folder}; give its folder.")  # noqa: T201 - a program's answer
        return
    corpus = load(given.folder)
    Scorer(1).score(corpus[0].ts[:9], corpus[0].value[:9, None])  # compile
    scores, ns = run(corpus, THRESHOLD)
    rows = {"forewarn": scores}
    published = given.folder / "final_results.json"
    if published.exists():
        names = {"standard": "standard", "low_fp": "reward_low_FP_rate", "low_fn": "reward_low_FN_rate"}
        results = json.loads(published.read_text("utf-8"))
        rows |= {name: {ours: results[name][theirs] for ours, theirs in names.items()} for name in OFTEN_QUOTED}
    for name, row in rows.items():
        say(f"{name:<20}" + "".join(f"{profile:>10} {row[profile]:6.2f}" for profile in PROFILES))
    say(f"{sum(len(series.ts) for series in corpus):,} rows, {ns:.0f} ns a row, threshold {THRESHOLD}")
    if given.sweep:
        say(f"threshold from the other half of the files: standard {halves(corpus):.2f}")


if __name__ == "__main__":
    main()
