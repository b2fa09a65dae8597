"""What the telemetry stores cost, each against the named baseline: one SQLite table with a row a reading.

Run by hand: ``python -m tests.benchmarks.bench_store``. The servers take part where they are installed. Readings are
a fleet's day as the writer sees it: flushes in order of time, values with two decimals.
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.reading import ReadingBatch, series_id
from ingest.store.config import InfluxConfig
from ingest.store.influx.store import InfluxStore
from ingest.store.parquet.store import ParquetStore
from tests.ingest.store.servers import InfluxServer, Server, VictoriaServer

DEVICES, SIGNALS, PERIOD_S, HOURS = 200, 12, 60, 12
FLUSH_S = 600  # readings of ten minutes of event time in one write: 24,000
READS = 40
T0 = 1_763_683_200_000


class Bench(Protocol):
    """The part of a store that is measured."""

    def fresh(self, batch: ReadingBatch) -> NDArray[np.bool_]: ...
    def write(self, rows: ReadingBatch) -> object: ...
    def read(self, series: Sequence[int], start_ms: int, end_ms: int) -> Sequence[object] | ReadingBatch: ...
    def close(self) -> None: ...


class SqliteRows:
    """The baseline: what one would write first. One transaction a write, duplicates ignored."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file)
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE reading (series INTEGER, ts INTEGER, value REAL, quality INTEGER, seq INTEGER,"
            " PRIMARY KEY (series, ts)) WITHOUT ROWID"
        )

    def fresh(self, batch: ReadingBatch) -> NDArray[np.bool_]:
        return np.ones(len(batch), np.bool_)  # the primary key finds out

    def write(self, rows: ReadingBatch) -> object:
        columns = (rows.series, rows.ts, rows.value, rows.quality, rows.seq)
        tuples = zip(*(column.tolist() for column in columns), strict=True)
        with self._db:
            return self._db.executemany("INSERT OR IGNORE INTO reading VALUES (?, ?, ?, ?, ?)", tuples)

    def read(self, series: Sequence[int], start_ms: int, end_ms: int) -> Sequence[object]:
        sql = "SELECT * FROM reading WHERE series = ? AND ts >= ? AND ts < ? ORDER BY series, ts"
        return self._db.execute(sql, (series[0], start_ms, end_ms)).fetchall()

    def close(self) -> None:
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()


@dataclass(frozen=True)
class Measured:
    """Seconds and CPU seconds for all writes, the slowest write and the median read in ms, bytes a reading on the disk.

    CPU is that of this process, merges in the background included; a server's own is not in it.
    """

    total_s: float
    cpu_s: float
    slowest_ms: float
    read_ms: float
    size: float


def flushes() -> Iterator[ReadingBatch]:
    """The day in writes."""
    rng = np.random.default_rng(7)
    series = np.array([series_id(d, s) for d in range(1, DEVICES + 1) for s in range(SIGNALS)])
    level = rng.normal(60, 20, len(series))
    offset = np.repeat(rng.integers(0, PERIOD_S * 1000, DEVICES), SIGNALS)
    per = FLUSH_S // PERIOD_S
    for flush in range(HOURS * 3600 // FLUSH_S):
        steps = flush * per + np.arange(per)
        ts = (T0 + steps[:, None] * PERIOD_S * 1000 + offset).ravel()
        level = level + rng.normal(0, 0.2, len(series))
        value = (level + rng.normal(0, 0.05, (per, len(series)))).round(2).ravel()
        seq = np.repeat(steps, len(series))
        yield ReadingBatch(np.tile(series, per), ts, value, np.zeros(len(ts), np.uint8), seq)


def measure(store: Bench, folder: Path) -> Measured:
    """Write the day, read single series back, weigh the folder."""
    times = []
    cpu = 0.0
    for batch in flushes():
        begin, cpu_begin = time.perf_counter(), time.process_time()
        store.write(batch.take(store.fresh(batch)))
        times.append(time.perf_counter() - begin)
        cpu += time.process_time() - cpu_begin
    reads = []
    for number in range(READS):
        wanted = series_id(1 + number * 4 % DEVICES, number % SIGNALS)
        begin = time.perf_counter()
        found = store.read([wanted], T0, T0 + 86_400_000)
        reads.append(time.perf_counter() - begin)
        if len(found) != HOURS * 3600 // PERIOD_S:
            raise SystemExit(f"{len(found)} readings of series {wanted} came back")
    store.close()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Measured(sum(times), cpu, max(times) * 1000, statistics.median(reads) * 1000, size / readings())


def readings() -> int:
    """How many readings the day has."""
    return DEVICES * SIGNALS * HOURS * 3600 // PERIOD_S


def on_server(server: Server, config: Callable[[str], InfluxConfig], folder: Path) -> Measured:
    """Measure against a real server; its size is what it has on the disk by then, its write-ahead log too."""
    server.start()
    try:
        return measure(InfluxStore(config(server.url)), folder)
    finally:
        server.stop()


def line(name: str, one: Measured, base: Measured) -> str:
    """One line of the table, with the ratios to the baseline."""
    rate = readings() / one.total_s / 1e6
    return (
        f"{name:<22}{rate:8.2f} M/s ({base.total_s / one.total_s:5.1f} x)  {one.cpu_s / readings() * 1e9:5.0f} ns CPU  "
        f"slowest write {one.slowest_ms:6.0f} ms  "
        f"read of one series {one.read_ms:6.1f} ms ({base.read_ms / one.read_ms:4.1f} x)  "
        f"{one.size:5.1f} B a reading ({base.size / one.size:4.1f} x smaller)\n"
    )


def main() -> None:
    """Measure all and print the table."""
    with tempfile.TemporaryDirectory(prefix="fw-bench-") as name:
        root = Path(name)
        for part in ("sqlite", "parquet", "influxd", "victoria"):
            (root / part).mkdir()
        base = measure(SqliteRows(root / "sqlite" / "rows.db"), root / "sqlite")
        say = sys.stdout.write
        say(f"{readings():,} readings in writes of {DEVICES * SIGNALS * FLUSH_S // PERIOD_S:,}\n")
        say(line("sqlite rows (baseline)", base, base))
        say(line("parquet", measure(ParquetStore(root / "parquet"), root / "parquet"), base))
        if shutil.which("influxd"):
            server = InfluxServer(root / "influxd")
            say(line("influxdb 1.x", on_server(server, lambda url: InfluxConfig(url=url), root / "influxd"), base))
        if shutil.which("victoria-metrics"):
            victoria = VictoriaServer(root / "victoria")
            config = lambda url: InfluxConfig(url=url, server="victoriametrics")  # noqa: E731 - as short as it is
            say(line("victoria-metrics", on_server(victoria, config, root / "victoria"), base))


if __name__ == "__main__":
    main()
