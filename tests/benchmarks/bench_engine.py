"""What judging costs: ns of CPU a reading and bytes a series, at 1,000 and at 100,000 series in random order.

Run from the project's root: ``python tests/benchmarks/bench_engine.py [--rounds N]``. The seasonal detector, with the
device's local time and the attention stage behind it, as the engine runs them; once with the readings as they come,
once sorted by slot. Beside it in the same run: river's exponentially weighted z-score and its half-space trees, one
object a series, and the z-score as arrays in NumPy, which forgets that a series may come twice in a batch. Ratios
hold on a busy machine, absolutes do not.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.algorithms.attention import Attention
from detectors.algorithms.detector import new_state
from detectors.algorithms.seasonal import Seasonal
from detectors.engine.zones import Zones

MINUTE = 60_000
START = 1_767_225_600_000
BATCH = 65_536
PLACES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Tokyo")
OBJECTS = 1_000  # series for the libraries of one object a series; more only cost memory
SLOW = 20_000  # readings for them

Part = tuple[Any, Any, Any]
Judge = Callable[[Any, Any, Any], object]


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")


def parts(series: int, rounds: int, batch: int = BATCH) -> Iterator[Part]:
    """Batches of (slot, ts, value): each series once a round, in an order that changes, with a daily wave and noise."""
    chance = np.random.default_rng(1)
    slot = np.concatenate([chance.permutation(series) for _ in range(rounds)]).astype(np.int64)
    ts = START + MINUTE * np.repeat(np.arange(rounds), series)
    value = 20 + 5 * np.sin(2 * np.pi * ts / 86_400_000 + slot) + chance.normal(0, 1, len(slot))
    for at in range(0, len(slot), batch):
        yield slot[at : at + batch], ts[at : at + batch], value[at : at + batch]


def cost(judge: Judge, stream: Iterator[Part]) -> float:
    """ns of CPU a reading: the median over the batches of the second half, when every series has its habits."""
    took = []
    for slot, ts, value in stream:
        began = time.thread_time_ns()
        judge(slot, ts, value)
        took.append((time.thread_time_ns() - began) / len(slot))
    return float(np.median(took[len(took) // 2 :]))


def ours(series: int, *, by_slot: bool) -> Judge:
    """The detector and the stage behind it."""
    seasonal, attention, zones = Seasonal(), Attention(), Zones()
    state, alerts = new_state(seasonal, series), new_state(attention, series)
    state["period_ms"][:] = MINUTE
    zone_of = np.array([zones.number(PLACES[slot % len(PLACES)]) for slot in range(series)])

    def judge(slot: Any, ts: Any, value: Any) -> Any:
        if by_slot:
            order = np.argsort(slot, kind="stable")
            slot, ts, value = slot[order], ts[order], value[order]
        scores = seasonal.update(state, slot, ts, value, zones.offsets(zone_of[slot], ts))
        return attention.update(alerts, slot, ts, scores.surprise)

    return judge


def numpy_z(series: int) -> Judge:
    """An exponentially weighted z-score as arrays."""
    mean, variance = np.zeros(series), np.ones(series)

    def judge(slot: Any, _ts: Any, value: Any) -> Any:
        off = value - mean[slot]
        score = np.abs(off) / np.sqrt(variance[slot] + 1e-9)
        mean[slot] += 0.05 * off
        variance[slot] += 0.05 * (off * off - variance[slot])
        return score

    return judge


def river_of(make: Callable[[], Callable[[float], float]], series: int) -> Judge:
    """One object a series."""
    models = [make() for _ in range(series)]

    def judge(slot: Any, _ts: Any, value: Any) -> None:
        for place, number in zip(slot.tolist(), value.tolist(), strict=True):
            models[place](number)

    return judge


def river_z() -> Callable[[float], float]:
    """river's EWMean and EWVar."""
    from river import stats

    mean, variance = stats.EWMean(0.05), stats.EWVar(0.05)

    def score(value: float) -> float:
        far = abs(value - mean.get()) / (variance.get() + 1e-9) ** 0.5
        mean.update(value)
        variance.update(value)
        return float(far)

    return score


def river_trees() -> Callable[[float], float]:
    """river's half-space trees, as a user of the library takes them."""
    from river import anomaly

    trees = anomaly.HalfSpaceTrees(seed=1, limits={"x": (0.0, 40.0)})

    def score(value: float) -> float:
        far = trees.score_one({"x": value})
        trees.learn_one({"x": value})
        return float(far)

    return score


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="readings of each of the 100,000 series")
    rounds = parser.parse_args().rounds
    sizes = ((1_000, 100 * rounds), (100_000, rounds))
    say(f"{'':34}{'1,000 series':>16}{'100,000 series':>16}")
    for name, make in (
        ("as they come", lambda series: ours(series, by_slot=False)),
        ("sorted by slot", lambda series: ours(series, by_slot=True)),
        ("NumPy z-score, arrays", numpy_z),
    ):
        figures = [cost(make(series), parts(series, many)) for series, many in sizes]
        say(f"{name:<34}{figures[0]:>13.0f} ns{figures[1]:>13.0f} ns")
    for name, maker in (("river z-score", river_z), ("river half-space trees", river_trees)):
        figure = cost(river_of(maker, OBJECTS), parts(OBJECTS, SLOW // OBJECTS, 2_000))
        say(f"{name:<34}{figure:>13,.0f} ns{'–':>16}")
    held = new_state(Seasonal()).bytes_per_slot() + new_state(Attention()).bytes_per_slot()
    say(f"bytes a series: {new_state(Seasonal()).rows.dtype.itemsize:,} ({held:,} with the attention stage, unpadded)")


if __name__ == "__main__":
    main()
