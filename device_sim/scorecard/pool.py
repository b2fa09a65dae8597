"""Several runs as one scorecard, with intervals by bootstrap over seeds.

The percentile bootstrap (Efron and Tibshirani 1993, chapter 13): within each scenario whole runs are drawn with
replacement, because faults of one run share their weather, their people and their luck. The draws are seeded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from device_sim.models.chance import generator
from device_sim.scorecard.tally import DIGITS, Measures, Tally, measures, total

DRAWS = 1_000  # fewer make the ends of an interval wander, more only take time
COVERS = 0.95
Interval = tuple[float, float]

MAIN = (
    "precision",
    "recall",
    "recall_named",
    "recall_3d",
    "lead_days_median",
    "lead_days_p10",
    "complaint_lead_days_median",
    "false_contacts_per_1000_device_days",
    "duplicates",
    "named_right",
    "finding_precision",
    "finding_recall",
)


def pooled(tallies: Sequence[Tally]) -> Measures:
    """The measures of all runs together."""
    return measures(total(tallies))


def intervals(scenarios: Sequence[str], tallies: Sequence[Tally]) -> dict[str, Interval | None]:
    """For each main measure the interval that covers 95 %; None with fewer than two seeds of each scenario."""
    return _bootstrap(scenarios, lambda drawn: pooled([tallies[place] for place in drawn]))


def difference(
    scenarios: Sequence[str], now: Sequence[Tally], then: Sequence[Tally]
) -> tuple[Measures, dict[str, Interval | None]]:
    """What changed from `then` to `now`, run by run the same scenario and seed, and the interval of the change.

    Runs are drawn in pairs: what both versions share cancels out.
    """

    def change(drawn: Sequence[int]) -> Measures:
        after, before = (pooled([side[place] for place in drawn]) for side in (now, then))
        return {name: _minus(after[name], before[name]) for name in MAIN}

    return change(range(len(now))), _bootstrap(scenarios, change)


def _bootstrap(scenarios: Sequence[str], measured: Callable[[Sequence[int]], Measures]) -> dict[str, Interval | None]:
    runs: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(scenarios):
        runs[name].append(place)
    if not runs or min(map(len, runs.values())) < 2:
        return dict.fromkeys(MAIN)
    chance = generator("bootstrap", len(scenarios))
    values: dict[str, list[float]] = {name: [] for name in MAIN}
    for _ in range(DRAWS):
        drawn = [of[at] for of in runs.values() for at in chance.integers(0, len(of), len(of)).tolist()]
        for name, value in measured(drawn).items():
            if name in values and value is not None:
                values[name].append(value)
    return {name: _middle(found) for name, found in values.items()}


def _middle(found: Sequence[float]) -> Interval | None:
    """The middle of what was drawn; None where most draws had nothing to measure."""
    if len(found) < DRAWS / 2:
        return None
    low, high = np.quantile(found, [(1 - COVERS) / 2, (1 + COVERS) / 2])
    return round(float(low), DIGITS), round(float(high), DIGITS)


def _minus(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else round(after - before, DIGITS)
