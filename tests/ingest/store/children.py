"""Programs that the tests run as processes of their own: ``python children.py <what> <folder> ...``."""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
from pathlib import Path

import numpy as np

from ingest.reading import ReadingBatch, series_id
from ingest.store.errors import StoreFull
from ingest.store.parquet import merge
from ingest.store.parquet.store import ParquetStore
from ingest.store.protocol import keep

T0 = 1_763_683_200_000
A = series_id(1, 0)
STEP_MS = 1000


def span(first: int, last: int) -> ReadingBatch:
    """Readings number `first` to `last` (not included) of series A, each with its number as its value."""
    number = np.arange(first, last)
    return ReadingBatch(
        np.full(len(number), A),
        T0 + number * STEP_MS,
        number.astype(np.float64),
        np.zeros(len(number), np.uint8),
        number,
    )


def say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def write_for_ever(folder: str, first: str) -> None:
    """Write batches of random size from reading `first` on; say up to where after each."""
    store = ParquetStore(Path(folder))
    at = int(first)
    say(at)
    while True:
        upto = at + random.randint(1, 3000)
        keep(store, span(at, upto))
        at = upto
        say(at)


def die_at_each_step(folder: str) -> None:
    """In one folder for each step on the file system that a few writes and merges take: die at that very step.

    Each folder gets a file ``acknowledged`` with the number of readings whose write returned.
    """
    for step in range(1, 1000):
        here = Path(folder) / f"{step:03d}"
        here.mkdir()
        child = os.fork()
        if child == 0:
            _die_at(step, here)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):  # no step is left to die at
            say(step - 1)
            return


def _die_at(step: int, here: Path) -> None:
    left = [step]

    def count_down(event: str, arguments: tuple[object, ...]) -> None:
        if event in {"open", "os.rename", "os.remove", "os.mkdir"} and str(here / "store") in str(arguments[0]):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    acknowledged = os.open(here / "acknowledged", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    sys.addaudithook(count_down)
    merge.FAN_IN = 3
    store = ParquetStore(here / "store")
    for at in range(4):
        keep(store, span(at, at + 1))
        store.settle()
        os.write(acknowledged, b".")
    os._exit(0)


def read_until_told(folder: str) -> None:
    """Read all of series A over and over; say ``looked`` or ``wrong ...`` each time, and how many at last."""
    store = ParquetStore(Path(folder), read_only=True)
    before = 0
    os.set_blocking(0, False)
    say("ready")
    while not sys.stdin.read(1):
        found = store.read([A], T0, T0 + 10**12)
        newest = store.latest([A])
        if not np.array_equal(found.ts, T0 + np.arange(len(found)) * STEP_MS) or len(found) < before:
            say(f"wrong: {len(found)} after {before}: {found.ts.tolist()}")
            return
        if len(found) and newest.ts[0] < found.ts[-1]:
            say("wrong: the latest is older than what was read before")
            return
        before = len(found)
        say("looked")
    say(before)


def fill_the_disk(folder: str) -> None:
    """Meet a limit on the size of files, which acts like a full disk; say what was seen."""
    store = ParquetStore(Path(folder))
    keep(store, span(0, 10))
    rows = span(10, 5000)
    noise = np.random.default_rng(1).normal(size=len(rows))
    rows = ReadingBatch(rows.series, rows.ts, noise, rows.quality, rows.seq)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
    try:
        keep(store, rows)
    except StoreFull as error:
        say(f"full: {error.problem}")
    say(sum(1 for path in Path(folder).rglob("*") if path.is_file()))
    say(store.count())
    for at in range(10_000, 10_020):  # small ones still fit, and so do their merges; the large merge does not
        keep(store, span(at, at + 1))
    store.settle()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    written = keep(store, rows)
    say(f"{written.sum()} {(~written).sum()} {store.count()}")


def hold(folder: str) -> None:
    """Keep the folder open for writing until the input ends."""
    store = ParquetStore(Path(folder))
    say("held")
    sys.stdin.read()
    store.close()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
