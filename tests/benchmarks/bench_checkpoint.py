"""What a checkpoint of a large partition costs, beside a file that would be mapped instead.

Run from the project's root: ``python tests/benchmarks/bench_checkpoint.py [--devices N] [--messages N]``. A partition
of heat pumps is fed whole messages of noise, then saved and loaded as the worker does; the time in which the loop
waits is that of `copy`. Then what was saved since is computed again from the log. Below it the rival: every row as it
lies in memory, written, synchronised and renamed, and mapped copy-on-write. Peak memory is what the process took
beyond what it held before (Linux).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from detectors.engine import checkpoint
from detectors.engine.engine import Engine
from detectors.engine.program import compile_profiles
from ingest.reading import Frame, ReadingBatch, series_id
from ingest.registry.devices import Device
from ingest.wire.device_types import DEVICE_TYPES

START, STEP = 1_767_225_600_000, 600_000
KIND = "heat_pump"


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")


def held(what: str) -> float:
    """MB by a line of the process's status."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


@contextmanager
def measured(what: str) -> Iterator[None]:
    """Say how long it took and how much memory more."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    before, began = held("VmRSS"), time.perf_counter()
    yield
    took = time.perf_counter() - began
    say(f"{what:<44}{1000 * took:>9,.0f} ms{held('VmHWM') - before:>9,.0f} MB")


def hear(engine: Engine, devices: int, messages: range) -> None:
    """Let an engine hear these messages of each device."""
    chance = np.random.default_rng(1)
    numbers = [signal.number for signal in DEVICE_TYPES.get(KIND).signals]
    series = np.array([series_id(no, number) for no in range(1, devices + 1) for number in numbers], np.int64)
    middle = np.tile(chance.uniform(10, 100, len(numbers)), devices)
    for message in messages:
        ts = np.full(len(series), START + STEP * message)
        value = middle + chance.normal(0, 1, len(series))
        nothing = np.zeros(len(series), np.uint8), np.full(len(series), -1, np.int64)
        engine.process(Frame(int(ts[0]), ReadingBatch(series, ts, value, *nothing)))


def mapped(rows: list[Any], file: Path) -> None:
    """Write rows as they lie in memory so that they could be mapped; a torn file would be known by its sum."""
    beside = file.with_suffix(".new")
    with beside.open("wb") as out:
        for one in rows:
            out.write(zlib.crc32(one.view(np.uint8)).to_bytes(4, "little"))
            out.write(one.view(np.uint8))
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=5_000)
    parser.add_argument("--messages", type=int, default=150, help="of each device")
    given = parser.parse_args()
    program = compile_profiles()
    known = {no: Device(no, "t", f"p-{no}", KIND, "", "", "", "UTC", None) for no in range(1, given.devices + 1)}

    def make() -> Engine:
        return Engine(program, lambda numbers: {no: known[no] for no in numbers})

    engine = make()
    hear(engine, given.devices, range(given.messages))
    rows = sum(state.rows.nbytes for state in engine.states.values())
    say(f"{engine.fleet.watches:,} series of {given.devices:,} devices, {rows / 1e6:,.0f} MB of state")
    with measured("copy: the loop waits"):
        copy = checkpoint.snapshot(engine)
    with measured("dump, beside the loop"):
        data = copy.dump()
    fresh = make()
    with measured(f"load of {len(data) / 1e6:,.1f} MB"):
        checkpoint.load(fresh, data)
    with measured("replay of ten minutes, a message of each"):
        hear(fresh, given.devices, range(given.messages, given.messages + 1))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "state"
        copies = [state.rows for state in copy.states.values()]
        with measured("mapped: sums, write, fsync, rename"):
            mapped(copies, file)
        with measured(f"mapped: open {file.stat().st_size / 1e6:,.0f} MB and look at each row once"):
            int(np.memmap(file, np.uint8, "c")[:: max(rows // 100_000, 1)].astype(np.int64).sum())


if __name__ == "__main__":
    main()
