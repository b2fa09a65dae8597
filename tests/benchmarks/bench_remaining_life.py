"""How often a limit is reached within the days foretold: ``python tests/benchmarks/bench_remaining_life.py``.

Simulated courses of 6 to 16 days on seeds that nothing was tuned on, winter and summer, through the product's engine.
The truth is when the signal itself passes the limit (the median of some readings); counted are courses in which it
does so while the fault still grows, and the first finding that foretells it. An interval of 80 % shall hold 80 %.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

if __package__ in {None, ""}:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from detectors.engine.engine import Engine
from detectors.engine.program import Program, compile_profiles
from detectors.faults.profiles.chassis import CHARGED, PAD_LIMIT, UNDERINFLATED
from detectors.finding import Horizon
from device_sim.faults import FAULTS
from device_sim.models.machine import Floats, Instants
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.reading import Frame
from ingest.registry.devices import Device
from tests.detectors.detector_feed import engine_of, messages

DAY = 86_400_000
BEGINNINGS = (1_768_176_000_000, 1_782_691_200_000)  # 2026-01-12, 2026-06-29
DAYS = 30
ONSET = 10
Columns = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Wear:
    """A fault that wears something towards `limit`: the index of it in the signals, and how many readings say so."""

    kind: str
    fault: str
    index: Callable[[Columns], Floats]
    limit: float
    side: int
    readings: int


def _uneven(columns: Columns) -> Floats:
    """The smallest share that a tyre has of the pressure of the other on its axle."""
    shares = []
    for axle in ("front", "rear"):
        share = columns[f"tyre_pressure_{axle}_left"] / columns[f"tyre_pressure_{axle}_right"]
        shares += [share, 1 / share]
    return np.min(shares, axis=0)


def _pads(columns: Columns) -> Floats:
    return columns["pad_wear_front"]


def _strength(columns: Columns) -> Floats:
    return columns["start_voltage"] / (columns["voltage"] - columns["start_voltage"])


WORN = tuple(
    wear
    for kind, lowest in (("vehicle", 9.3), ("electric_vehicle", 10.5))
    for wear in (
        Wear(kind, "slow_puncture", _uneven, UNDERINFLATED, -1, 15),
        Wear(kind, "brake_wear", _pads, PAD_LIMIT, 1, 15),
        Wear(kind, "weak_12v_battery", _strength, lowest / (CHARGED - lowest), -1, 3),
    )
)


def passed(wear: Wear, ts: Instants, columns: Columns, after: int) -> int | None:
    """When the index passes the limit, after `after`; None if it does not."""
    with np.errstate(all="ignore"):
        index = wear.index(columns)
    known = np.flatnonzero(np.isfinite(index))
    if len(known) < wear.readings:
        return None
    level = np.median(np.lib.stride_tricks.sliding_window_view(index[known], wear.readings), axis=1)
    when = ts[known][wear.readings // 2 :][: len(level)]
    beyond = np.flatnonzero((wear.side * (level - wear.limit) >= 0) & (when > after))
    return int(when[beyond[0]]) if len(beyond) else None


def courses(program: Program, wear: Wear, seeds: range) -> Iterator[tuple[int, Horizon | None]]:
    """Of each course the instant of truth, and what was foretold first."""
    for start in BEGINNINGS:
        for seed in seeds:
            fails = start + (ONSET + 6 + 7 * seed % 11) * DAY
            truth = FAULTS.get(wear.fault).draw(np.random.default_rng(seed), "d", wear.kind, start + ONSET * DAY, fails)
            spec = DeviceSpec("d", wear.kind, "m", "1", "l", "o", "Europe/Berlin")
            rows = DeviceStream(spec, seed, start, (truth,)).window(start, start + DAYS * DAY)
            reached = passed(wear, rows.ts, rows.columns, truth.onset_ms)
            if reached is None or reached > truth.failure_ms:
                continue
            batch = messages(1, wear.kind, rows.ts, rows.columns)
            engine: Engine = engine_of(program, [Device(1, "demo", "d", wear.kind, "", "", "", "UTC", None)])
            found = engine.process(Frame(start + DAYS * DAY, batch.take(np.flatnonzero(np.isfinite(batch.value)))))
            foretold = (one.evidence.horizon for one in found if one.kind == "raised" and one.fault == wear.fault)
            yield reached, next((horizon for horizon in foretold if horizon), None)


def row(program: Program, wear: Wear, seeds: range) -> str:
    """One line of the table."""
    within = sooner = later = late = 0
    left: list[float] = []
    for reached, horizon in courses(program, wear, seeds):
        if horizon is None or horizon.at.timestamp() * 1000 >= reached:
            late += 1
            continue
        high = horizon.high.timestamp() * 1000 if horizon.high else np.inf
        sooner += reached < horizon.low.timestamp() * 1000
        later += reached > high
        within += horizon.low.timestamp() * 1000 <= reached <= high
        left.append((reached - horizon.at.timestamp() * 1000) / DAY)
    count = max(len(left), 1)
    shares = " | ".join(f"{100 * part / count:.0f} %" for part in (within, sooner, later))
    days = f"{np.median(left):.1f}" if left else "–"
    return f"| {wear.fault}, {wear.kind} | {len(left)} | {late} | {shares} | {days} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30, help="courses of a fault and a season")
    chosen = parser.parse_args()
    program = compile_profiles()
    sys.stdout.write(
        "| fault | foretold | too late or never | within the 80 % interval | sooner | later | days left, median |\n"
    )
    sys.stdout.write("|---|---|---|---|---|---|---|\n")
    for wear in WORN:
        sys.stdout.write(row(program, wear, range(101, 101 + chosen.seeds)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
