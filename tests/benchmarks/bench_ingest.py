"""Telemetry in, stored and scored, against the pipeline that one would write in an afternoon.

``make bench-ingest``, or ``python -m tests.benchmarks.bench_ingest [--seconds 10] [--repeat 3] [--only LEG,…]``.
Legs run in turn, `--repeat` times over; the table gives medians, its last line the ratio of ours to the baseline.
Everything is real: Mosquitto, PostgreSQL, the roles as processes, QoS 1, messages of 12 signals.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.ingest.legs import OURS, Bench, Load, Measured
from tests.benchmarks.ingest.packets import Shape
from tests.benchmarks.ingest.stack import Database

DEVICES = 1000
FAULTS = 200
HUNDRED = Shape(signals=10, times=10)
LONG_READINGS = 50_000_000


def say(text: str) -> None:
    """A piece of the report, at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


def legs(bench: Bench, seconds: float) -> dict[str, Callable[[], Measured]]:
    """Every leg by its name."""
    twelve = Load(seconds, DEVICES)
    hundred = Load(seconds, DEVICES, HUNDRED, past_s=7200, backlog=5000)
    return {
        "plain": lambda: bench.plain(twelve),
        "ours": lambda: bench.ours(twelve),
        "bare": lambda: bench.bare(twelve),
        "socket": lambda: bench.sockets(Load(min(seconds, 5.0), DEVICES)),
        "influx": lambda: bench.ours(twelve, store="influx"),
        "two": lambda: bench.ours(twelve, gateways=2),
        "hundred": lambda: bench.ours(hundred),
        "finding": lambda: bench.ours(Load(max(seconds, 20.0), DEVICES, rate=10_000, faults=FAULTS, links=100)),
    }


TITLES = {
    "plain": "plain pipeline (baseline)",
    "ours": "Forewarn, parquet",
    "bare": "broker + bare subscriber",
    "socket": "sockets alone, no broker",
    "influx": "Forewarn, InfluxDB",
    "two": "Forewarn, two gateways",
    "hundred": "Forewarn, 100 a message",
    "finding": "Forewarn at 10,000 msg/s",
}
COLUMNS = ("gateway", "detector", "writer", "broker", "postgres", "influxd", "load")
HEAD = f"{'':<28}{'readings/s':>12}{'msg/s':>11}{'ours':>9}" + "".join(f"{name:>10}" for name in COLUMNS) + "\n"


def row(title: str, runs: list[Measured]) -> str:
    """The medians of a leg; CPU in microseconds a reading."""

    def of(*names: str) -> float:
        return statistics.median(run.micros(*names) for run in runs)

    rate = statistics.median(run.rate for run in runs)
    messages = statistics.median(run.messages / run.seconds for run in runs)
    shown = "".join(f"{of(name):10.3f}" for name in COLUMNS)
    return f"{title:<28}{rate:12,.0f}{messages:11,.0f}{of(*OURS, 'plain', 'bare'):9.3f}{shown}\n"


def latency(runs: list[Measured]) -> str:
    """How long findings took, over all runs of the leg."""
    found = sorted(ms for run in runs for ms in (1000 * seconds for seconds in run.latencies))
    if not found:
        return ""
    p50, p99 = found[len(found) // 2], found[min(len(found) - 1, int(len(found) * 0.99))]
    return f"publish to committed finding, {len(found)} faults: p50 {p50:.1f} ms, p99 {p99:.1f} ms\n"


def long(bench: Bench, readings: int) -> None:
    """Memory of the roles over very many readings."""
    load = Load(3600.0, DEVICES, most=readings // 12, past_s=20_000)
    run = bench.ours(load)
    say(f"{run.readings:,} readings in {run.seconds:.0f} s\n")
    shown = run.samples[:: max(1, len(run.samples) // 20)] + run.samples[-1:]
    for count, mb in shown:
        parts = ", ".join(f"{name} {mb[name]:.0f}" for name in OURS if name in mb)
        say(f"  {count * 12:>12,} readings: MB {parts}\n")


def main() -> None:
    """Run the legs and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--profile", action="store_true", help="say where the roles spend their time")
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second for --profile; 0: all it takes")
    parser.add_argument("--flood", action="store_true", help="one device floods: what it costs the others")
    parser.add_argument("--long", action="store_true", help=f"{LONG_READINGS:,} readings, for memory")
    parser.add_argument("--long-readings", type=int, default=LONG_READINGS)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that every process that was started is ended
    with tempfile.TemporaryDirectory(prefix="fw-bench-", ignore_cleanup_errors=True) as name:
        root = Path(name)
        devices = [f"car-{at:05}" for at in range(DEVICES)] + [f"hot-{at:05}" for at in range(FAULTS)]
        database = Database(root / "postgres", devices)
        bench = Bench(root, database, say)
        try:
            if arguments.profile:
                bench.ours(Load(arguments.seconds, DEVICES, rate=arguments.rate, links=16), profile=True)
            elif arguments.flood:
                say(bench.flood(arguments.seconds, arguments.repeat))
            elif arguments.long:
                long(bench, arguments.long_readings)
            else:
                table(bench, arguments)
        finally:
            database.stop()


def table(bench: Bench, arguments: argparse.Namespace) -> None:
    """All legs in turn, then the medians."""
    every = legs(bench, arguments.seconds)
    names = arguments.only.split(",") if arguments.only else list(every)
    found: dict[str, list[Measured]] = {name: [] for name in names}
    for turn in range(arguments.repeat):
        for name in names:
            run = every[name]()
            found[name].append(run)
            say(f"  {turn + 1}. {TITLES[name]}: {run.rate:,.0f} readings/s\n")
    load = os.getloadavg()[0]
    say(f"\nmedians of {arguments.repeat}; {os.cpu_count()} cores, load average {load:.1f} at the end; ")
    say("CPU in µs a reading\n")
    say(HEAD)
    for name, runs in found.items():
        say(row(TITLES[name], runs))
    if "finding" in found:
        say(latency(found["finding"]))
    if "ours" in found and "bare" in found:
        share = _median(found["ours"]) / _median(found["bare"])
        say(f"ours takes {share:.0%} of what a bare subscriber gets from the same broker\n")
    if "ours" in found and "plain" in found:
        say(f"ratio {_median(found['ours']) / _median(found['plain']):.1f}\n")


def _median(runs: list[Measured]) -> float:
    return statistics.median(run.rate for run in runs)


if __name__ == "__main__":
    main()
