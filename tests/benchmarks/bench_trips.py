"""Trips: stable under sampling and noise on recorded drives, telling drivers apart on simulated cars, and the cost.

Run from the project's root: ``python tests/benchmarks/bench_trips.py [FOLDER]``. Recorded drives are looked at as they
are, and hurried: the same drive in a third of the time has three times the accelerations. "apart" is how far a drive's
score is from that of the first line; "naive" are events in 100 km as they are usually taken, from every difference of
two speeds that exceeds the same limits. Simulated drivers are of seeds that nothing was tuned on.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.trips.harsh import HARSH
from detectors.trips.score import score
from detectors.trips.tracker import Tracker
from detectors.trips.trip import Trip
from device_sim.faults import FAULTS
from device_sim.faults.fault import Occurrence
from device_sim.models.machine import Identity
from device_sim.models.trips import Habits
from device_sim.stream import DeviceSpec, DeviceStream
from ingest.reading import Frame, ReadingBatch, series_id
from ingest.registry.devices import Device
from ingest.wire.device_types import DEVICE_TYPES
from tests.benchmarks.recorded import Floats, drives, folder, say

START, DAY = 1_767_225_600_000, 86_400_000
SEEDS = range(101, 141)
COLUMNS = ("trips", "km", "stops", "braking", "accel", "a 100 km", "score", "apart", "naive")


def car(no: int, kind: str = "vehicle") -> Device:
    """A car whose owner agreed."""
    return Device(no, "demo", f"car-{no}", kind, "", "", "", "UTC", "c", permits=("coaching",))


def looked_at(batch: ReadingBatch, kind: str = "vehicle") -> list[Trip]:
    """The trips of one car's life."""
    tracker = Tracker()
    tracker.agree([car(1, kind)])
    end = int(batch.ts.max())
    found = tracker.process(Frame(end, batch), Frame(end + DAY, ReadingBatch.empty()))
    return list({trip.id: trip for trip in found}.values())


def rows(kind: str, ts: np.ndarray[tuple[int], np.dtype[np.int64]], columns: dict[str, Floats]) -> ReadingBatch:
    """Messages as a batch; what is not a number was not sent."""
    known = DEVICE_TYPES.get(kind)
    series = np.array([series_id(1, known.signal(name).number) for name in columns], np.int64)
    value = np.stack(list(columns.values()), axis=1).reshape(-1)
    there = np.isfinite(value)
    count = int(there.sum())
    whole = np.tile(series, len(ts))[there], np.repeat(ts, len(series))[there], value[there]
    return ReadingBatch(*whole, np.zeros(count, np.uint8), np.full(count, -1, np.int64))


def hurried(speed: Floats, factor: int) -> Floats:
    """The drive in 1/`factor` of its time."""
    return speed[::factor]


def naive(speed: Floats, step_s: int) -> int:
    """Events by plain differences: each run of steps beyond a limit is one."""
    slope = np.diff(speed) / 3.6 / step_s
    hits = [slope >= HARSH[0], slope <= -HARSH[1]]
    return sum(int((np.diff(hit.astype(int), prepend=0) == 1).sum()) for hit in hits)


def recorded() -> None:
    """The table of the recorded drives."""
    chance = np.random.default_rng(1)
    ways: dict[str, tuple[int, Callable[[Floats], Floats]]] = {
        "1 s": (1, lambda v: v),
        "2 s": (2, lambda v: v[::2]),
        "5 s": (5, lambda v: v[::5]),
        "1 s, noise 1 km/h": (1, lambda v: noisy(v, 1, chance)),
        "1 s, noise 2 km/h": (1, lambda v: noisy(v, 2, chance)),
        "5 s, noise 2 km/h": (5, lambda v: noisy(v[::5], 2, chance)),
        "1 s, 1 in 200 wrong": (1, lambda v: wrong(v, chance)),
    }
    tables = drives(folder("carobd")).values()
    speeds = [table[:, names.index("VEHICLE_SPEED")] for names, table in tables]
    for factor in (1, 3):
        say(f"\nrecorded drives, {factor} times as fast" + "".join(f"{name:>10}" for name in COLUMNS))
        first: dict[int, float] = {}
        for name, (step_s, change) in ways.items():
            changed = [change(hurried(speed, factor)) for speed in speeds]
            each = [looked_at(_drive(speed, step_s)) for speed in changed]
            means = {number: mean for number, trips in enumerate(each) if math.isfinite(mean := _mean(trips))}
            apart = [abs(mean - first.setdefault(number, mean)) for number, mean in means.items()]
            trips = [trip for found in each for trip in found]
            km = sum(trip.distance_km for trip in trips)
            braking, forward = sum(trip.braking or 0 for trip in trips), sum(trip.acceleration or 0 for trip in trips)
            plain = 100 * sum(naive(speed, step_s) for speed in changed) / km
            told = len(trips), km, sum(trip.stops for trip in trips), braking, forward, 100 * (braking + forward) / km
            numbers = (*told, float(np.mean(list(means.values()))), float(np.mean(apart)), plain)
            say(f"{name:<32}" + "".join(f"{number:>10.1f}" for number in numbers))


def _drive(speed: Floats, step_s: int) -> ReadingBatch:
    return rows("vehicle", START + 1000 * step_s * np.arange(len(speed), dtype=np.int64), {"speed": speed})


def noisy(speed: Floats, deviation: float, chance: np.random.Generator) -> Floats:
    """With noise, as whole km/h."""
    return np.clip(np.round(speed + chance.normal(0, deviation, len(speed))), 0, None)


def wrong(speed: Floats, chance: np.random.Generator) -> Floats:
    """With single values that are far off."""
    hit = chance.random(len(speed)) < 0.005
    return np.where(hit, np.abs(speed + chance.choice([-40.0, 40.0], len(speed))), speed)


def simulated(kind: str) -> None:
    """Drivers of simulated cars: their style against their scores, and another driver in the same car."""
    styles, means, lower = [], [], []
    calm, rough = list[float](), list[float]()
    km = truth = 0.0
    for seed in SEEDS:
        spec = DeviceSpec("d", kind, "m", "1", "l", "o", "Europe/Berlin")
        trips = _life(spec, seed, ())
        styles.append(Habits.of(Identity(seed, spec.id, spec.time_zone)).style)
        means.append(_mean(trips))
        points = [float(point) for trip in trips if (point := score(trip).points) is not None]
        calm += points if styles[-1] < 0.95 else []
        rough += points if styles[-1] > 1.15 else []
        onset = START + 15 * DAY
        other = FAULTS.get("new_driver").draw(np.random.default_rng(seed), "d", kind, onset, onset + DAY)
        both = _life(spec, seed, (other,))
        lower.append(_mean(_between(both, 0, 15)) - _mean(_between(both, 16, 23)))
        odometer = DeviceStream(spec, seed, START, ()).window(START, START + 30 * DAY).columns["odometer"]
        truth += float(np.nanmax(odometer) - np.nanmin(odometer))
        km += sum(trip.distance_km for trip in trips)
    ranks = (np.argsort(np.argsort(column)) for column in (styles, means))
    better = 0.5 + float(np.sign(np.subtract.outer(calm, rough)).mean()) / 2
    fell = np.array(lower)[np.isfinite(lower)]
    say(f"{kind}: {len(SEEDS)} drivers, {km:,.0f} km of {truth:,.0f} by odometer")
    say(f"  rank correlation of style and mean score {np.corrcoef(*ranks)[0, 1]:.2f}")
    say(f"  trips of calm drivers {np.mean(calm):.0f}, of rough {np.mean(rough):.0f}; one beats the other {better:.2f}")
    say(f"  a harder driver, same car: {np.mean(fell):.0f} points lower, in {(fell > 0).sum()} of {len(fell)} cars")


def _life(spec: DeviceSpec, seed: int, faults: tuple[Occurrence, ...]) -> list[Trip]:
    found = DeviceStream(spec, seed, START, faults).window(START, START + 30 * DAY)
    return looked_at(rows(spec.type, found.ts, dict(found.columns)), spec.type)


def _between(trips: list[Trip], first: int, last: int) -> list[Trip]:
    return [trip for trip in trips if first <= (trip.started_at.timestamp() * 1000 - START) / DAY < last]


def _mean(trips: list[Trip]) -> float:
    """The mean score by distance; NaN when none was judged."""
    judged = [(point, trip.distance_km) for trip in trips if (point := score(trip).points) is not None]
    return sum(point * km for point, km in judged) / sum(km for _, km in judged) if judged else math.nan


def cost() -> None:
    """Nanoseconds a reading, 28 readings a message, devices in random order."""
    kind = DEVICE_TYPES.get("vehicle")
    numbers = np.array([signal.number for signal in kind.signals if not signal.name.startswith("trouble")], np.int64)
    at = int(np.flatnonzero(numbers == kind.signal("speed").number)[0])
    for cars, agreed in ((1_000, 1_000), (20_000, 20_000), (20_000, 1_000), (20_000, 0)):
        tracker, chance, speed = Tracker(), np.random.default_rng(0), np.zeros(cars)
        tracker.agree([car(no) for no in range(agreed)])
        took = list[float]()
        for minute in range(12):
            speed = np.clip(speed + chance.normal(0, 20, cars), 0, 130)
            order = chance.permutation(cars).astype(np.int64)
            value = np.full((cars, len(numbers)), 1.5)
            value[:, at] = speed[order]
            stamp = START + 60_000 * minute
            series = ((order[:, None] << 8) + numbers).ravel()
            count = len(series)
            columns = (
                np.full(count, stamp, np.int64),
                value.ravel(),
                np.zeros(count, np.uint8),
                np.full(count, -1, np.int64),
            )
            began = time.perf_counter()
            tracker.process(Frame(stamp, ReadingBatch(series, *columns)))
            took.append((time.perf_counter() - began) / count * 1e9)
        say(f"{cars:>7,} cars, {agreed:>6,} agreed: {np.median(took[2:]):6.1f} ns a reading")


def main() -> None:
    """Print everything."""
    recorded()
    say("")
    simulated("vehicle")
    simulated("electric_vehicle")
    say("")
    cost()


if __name__ == "__main__":
    main()
