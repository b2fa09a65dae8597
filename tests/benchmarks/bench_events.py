"""Fleet events: what error codes say about failures, by the product's event detector and by counting.

Run from the project's root: ``python tests/benchmarks/bench_events.py [FOLDER]``. An alarm is right when the machine
fails within 48 hours; a failure is foretold when an alarm came in the 48 hours before it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.algorithms.detector import new_state
from detectors.algorithms.event import Event
from tests.benchmarks.baselines import plain_z, trees
from tests.benchmarks.recorded import Floats, events, folder, say

HOUR_MS = 3_600_000
WITHIN = 48.0  # hours


def ours(hours: Floats, errors: Floats, need: int) -> Floats:
    """Hours at which the event detector's symptom begins: `need` different codes within a day; each code if 1."""
    detector = Event()
    state = new_state(detector, 1)
    state.set(0, need=need, within_ms=24 * HOUR_MS, period_ms=HOUR_MS, calm_ms=(24 if need > 1 else 1) * HOUR_MS)
    every = np.arange(hours[0] // 1, hours[-1] + 72)
    ts = np.concatenate([hours, every + 0.5]) * HOUR_MS
    order = np.argsort(ts, kind="stable")
    value = np.concatenate([errors, np.full(len(every), -1.0)])[order]
    ts = ts[order].astype(np.int64)
    ts = ts + (np.arange(len(ts)) - np.searchsorted(ts, ts))  # codes of the same hour, one ms apart
    active = detector.update(state, np.zeros(len(ts), np.int64), ts, value).active != 0
    begins = active & ~np.concatenate([[False], active[:-1]])
    return ts[begins] / HOUR_MS


def daily(hours: Floats) -> Floats:
    """Codes a day, as a table of one signal."""
    return np.bincount((hours // 24).astype(int), minlength=480).astype(float)[:, None]


def told(name: str, alarms: list[Floats], failures: list[Floats]) -> None:
    """A line: precision, recall and lead."""
    right, number, leads, missed = 0, 0, [], 0
    for mine, broken in zip(alarms, failures, strict=True):
        number += len(mine)
        right += sum(bool(((broken >= at) & (broken <= at + WITHIN)).any()) for at in mine)
        for at in broken:
            before = mine[(mine <= at) & (mine >= at - WITHIN)]
            leads += [at - before[0]] if len(before) else []
            missed += not len(before)
    recall = len(leads) / (len(leads) + missed)
    lead = f"{np.median(leads):6.1f}" if leads else "     -"
    say(f"{name:<44}{number:>8}{right / max(number, 1):>11.2f}{recall:>9.2f}{lead:>9} h")


def main() -> None:
    """Print the table."""
    codes, failures = events(folder("azure_pdm_events"))
    say(f"{len(codes)} machines, a year, {sum(map(len, failures))} failures")
    say(f"{'alarm':<44}{'alarms':>8}{'precision':>11}{'recall':>9}{'median lead':>9}")
    told("forewarn event, any code", [ours(*each, 1) for each in codes], failures)
    told("forewarn event, 2 different in 24 h", [ours(*each, 2) for each in codes], failures)
    for name, score in (("plain z of codes a day", plain_z), ("river HalfSpaceTrees, codes a day", trees)):
        scores = [score(daily(hours)) for hours, _ in codes]
        level = np.quantile(np.concatenate(scores), 0.98)
        alarms = [24.0 * (np.flatnonzero(each > level) + 1) for each in scores]  # known when the day is over
        told(f"{name}, highest 2 %", alarms, failures)


if __name__ == "__main__":
    main()
