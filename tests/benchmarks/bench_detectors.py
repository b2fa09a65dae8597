"""What each registered detector costs: ns a reading at 1,000 and 100,000 series in random order, bytes a series.

Run from the project's root: ``python tests/benchmarks/bench_detectors.py [--readings N]``. Every series has a reading
a minute with a daily wave and noise; detectors of counts get counts. Blocks and spans are cut to five readings and
habits to two of them, so that everything is judged and learned far more often than in service. Beside them, in the
same run: a plain exponentially weighted z-score in Python objects, one a series.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.algorithms.catalogue import DETECTORS
from detectors.algorithms.detector import new_state

MINUTE = 60_000
START = 1_767_225_600_000
BATCH = 50_000
OF_COUNTS = {"rate", "event"}
LIMITS = {"limit": 1e6, "drift": 40.0}


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")


def stream(series: int, readings: int, counts: bool, seed: int = 1) -> tuple[Any, Any, Any]:
    """Slot, time and value of so many readings in random order of the series."""
    chance = np.random.default_rng(seed)
    rounds = max(readings // series, 2)
    slot = np.concatenate([chance.permutation(series) for _ in range(rounds)]).astype(np.int64)
    ts = START + MINUTE * np.repeat(np.arange(rounds), series)
    value = 20 + 5 * np.sin(2 * np.pi * ts / 86_400_000) + chance.normal(0, 1, len(slot))
    return slot, ts, chance.poisson(0.2, len(slot)).astype(float) if counts else value


def cost(name: str, series: int, readings: int) -> float:
    """ns a reading: the median over the batches of the second half, when every series has habits."""
    detector = DETECTORS.get(name)
    slot, ts, value = stream(series, readings, name in OF_COUNTS)
    state = new_state(detector, series)
    for column, hasty in (("span_ms", 5 * MINUTE), ("learn", 2)):
        if column in {field.name for field in detector.fields}:
            state[column][:] = hasty
    if name in LIMITS:
        state["limit"][:] = LIMITS[name]
    detector.update(state, slot[:BATCH], ts[:BATCH], value[:BATCH])
    took = []
    for start in range(BATCH, len(slot), BATCH):
        part = slice(start, start + BATCH)
        if len(slot[part]) < BATCH:
            break
        began = time.thread_time()
        detector.update(state, slot[part], ts[part], value[part])
        took.append((time.thread_time() - began) / BATCH)
    return 1e9 * float(np.median(took[len(took) // 2 :]))


def plain(series: int, readings: int) -> float:
    """ns a reading of an exponentially weighted z-score, a Python object a series."""
    slot, _, value = stream(series, readings, counts=False)
    known = [[0.0, 1.0] for _ in range(series)]
    began, far = time.thread_time(), 0
    for at, x in zip(slot.tolist(), value.tolist(), strict=True):
        one = known[at]
        off = x - one[0]
        far += off * off > 25.0 * one[1]
        one[0] += 0.05 * off
        one[1] += 0.05 * (off * off - one[1])
    return 1e9 * (time.thread_time() - began) / len(slot)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=int, default=2_000_000, help="of each run")
    given = parser.parse_args()
    say(f"{'detector':<12}{'1,000 series':>16}{'100,000 series':>16}{'bytes a series':>16}")
    for name in sorted(DETECTORS):
        few, many = (cost(name, series, given.readings) for series in (1_000, 100_000))
        say(f"{name:<12}{few:>13.0f} ns{many:>13.0f} ns{new_state(DETECTORS.get(name)).bytes_per_slot():>16,}")
    few, many = (plain(series, min(given.readings, 500_000)) for series in (1_000, 100_000))
    say(f"{'plain z':<12}{few:>13.0f} ns{many:>13.0f} ns{'(objects)':>16}")


if __name__ == "__main__":
    main()
