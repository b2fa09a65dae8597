"""Battery: when a cell will have lost 30 % of its capacity, by the product's drift detector and by a straight line.

Run from the project's root: ``python tests/benchmarks/bench_battery.py [FOLDER]``. A cycle counts as a day. From
every cycle at which the end is likely to come within 60, both say an 80 % interval for it; shown is how often they did,
how often the interval held the truth, how wide it was (cycles), and how many cycles ahead the first came.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.algorithms.detector import new_state
from detectors.algorithms.drift import Drift
from tests.benchmarks.recorded import Floats, batteries, folder, say

END_OF_LIFE = 1.4  # Ah of 2.0 rated, by the experiment's own rule
DAY_MS = 86_400_000
LEARN = 12
AHEAD = 60  # cycles within which the end must be likely before anything is said


def drift(capacity: Floats) -> Floats:
    """Per cycle: the days to 10 % and 90 % of having reached the end of life, and the probability within a week."""
    detector = Drift()
    state = new_state(detector, 1)
    state.set(
        0,
        period_ms=DAY_MS,
        span_ms=DAY_MS,
        limit=END_OF_LIFE,
        side=-1,
        learn=LEARN,
        floor_sd=0.005,
        ahead_ms=AHEAD * DAY_MS,
    )
    ts = np.arange(len(capacity), dtype=np.int64) * DAY_MS
    ahead = detector.update(state, np.zeros(len(ts), np.int64), ts, capacity).ahead
    assert ahead is not None
    return np.asarray(ahead)


def straight(capacity: Floats) -> Floats:
    """Likewise by a line through all cycles so far, with the normal error of its prediction."""
    out = np.full((len(capacity), 3), math.inf)
    for at in range(LEARN, len(capacity)):
        x, y = np.arange(at + 1), capacity[: at + 1]
        slope, level = np.polyfit(x, y, 1)
        if slope < 0:
            spread = 1.2816 * np.std(y - slope * x - level, ddof=2) / -slope
            middle = (END_OF_LIFE - level) / slope - at
            out[at] = max(middle - spread, 0.0), middle + spread, float(0 < middle < 7)
    return out


def main() -> None:
    """Print the table."""
    cells = batteries(folder("nasa_battery"))
    say(f"{'cell, method':<26}{'end':>6}{'told':>8}{'held':>12}{'width':>10}{'first told':>12}")
    for name, capacity in cells.items():
        if not (capacity < END_OF_LIFE).any():
            say(f"{name:<26}never reaches {END_OF_LIFE} Ah")
            continue
        end = int(np.argmax(capacity < END_OF_LIFE))
        for method, foretell in (("drift", drift), ("straight line", straight)):
            rows = foretell(capacity)[LEARN + 1 : end]
            left = end - np.arange(LEARN + 1, end)
            told = np.isfinite(rows).all(axis=1) & (rows[:, 0] <= AHEAD)
            held = ((rows[:, 0] <= left + 0.5) & (left - 0.5 <= rows[:, 1]))[told]
            width = np.median(rows[told, 1] - rows[told, 0])
            numbers = f"{end:>6}{told.sum():>8}{held.mean():>12.0%}{width:>10.1f}{left[told].max():>12}"
            say(f"{name + ', ' + method:<26}{numbers}")


if __name__ == "__main__":
    main()
