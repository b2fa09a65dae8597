"""C-MAPSS FD001: how early an engine's failure is announced, by `detectors score` and by what is commonly used.

Run from the project's root: ``python tests/benchmarks/bench_cmapss.py [FOLDER]``. Every engine is a table of its own,
scored row by row. Where a score needs a threshold, it is chosen on engines 1-50 as the lowest that is early for none
of them, and tested on 51-100. Early is more than 150 cycles ahead: before that nobody would replace anything. The rows
`profile` are what is known of a turbofan by name (`detectors/faults/profiles/turbofan.py`), made on engines 1-50.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.engine.engine import Engine
from detectors.engine.program import Program, compile_profiles
from detectors.scoring.scorer import Rows, Scorer
from device_sim.recorded.sets.cmapss import SENSORS
from ingest.reading import Frame
from ingest.registry.devices import Device
from kit.clock import to_ms
from tests.benchmarks.baselines import plain_z, reference_z, trees
from tests.benchmarks.recorded import Floats, engines, folder, say
from tests.detectors.detector_feed import START, messages

EARLY = 150  # cycles
AGREE = 2  # rows in succession that must exceed a threshold
FLIGHT_MS = 3 * 3_600_000  # as the scenario of recorded lives has it
DROPPED = 2  # columns of the file that `engines` leaves out


def rows_of(values: Floats) -> Rows:
    """Our scores, a row a second."""
    return Scorer(values.shape[1]).score(np.arange(len(values), dtype=np.int64) * 1000, values)


def named(program: Program, values: Floats) -> float:
    """The cycle at which the engine's own profile lets the customer be told; NaN if never."""
    ts = START + FLIGHT_MS * np.arange(len(values))
    columns = {
        name: values[:, column - DROPPED] * factor + offset for name, (column, factor, offset) in SENSORS.items()
    }
    fan = Device(1, "t", "engine", "turbofan", "", "", "", "UTC", None)
    engine = Engine(program, lambda numbers: dict.fromkeys(numbers, fan), heartbeat_ms=FLIGHT_MS)
    found = engine.process(Frame(int(ts[-1]), messages(1, "turbofan", ts.tolist(), columns)))
    return next(((to_ms(one.detected) - START) / FLIGHT_MS for one in found if one.contact), np.nan)


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
    program = compile_profiles()
    began = time.perf_counter()
    told = np.array([len(machine) - named(program, machine) for machine in machines])
    us_named = 1e6 * (time.perf_counter() - began) / rows
    line("forewarn, profile, engines 1-50", told[:50], "none", us_named)
    line("forewarn, profile, engines 51-100", told[50:], "none", us_named)
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
