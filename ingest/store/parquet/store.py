"""The embedded telemetry store (see `ingest.store.parquet`): every write one durable segment a day it touches."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.reading import SIGNAL_BITS, ReadingBatch
from ingest.store import metrics
from ingest.store.errors import StoreError, StoreUnavailable
from ingest.store.fresh import Newest, check_contract, first_of_each, sort_order
from ingest.store.parquet import merge, segments
from ingest.store.parquet.engine import COLUMNS, Columns, Engine, Unreadable, batch_of, source
from ingest.store.parquet.files import FolderLock, disk_errors, make_folder, publish, sync_folder
from ingest.store.parquet.reader import SegmentReader
from ingest.store.parquet.segments import DAY_MS, Segment
from kit.logs import get

VIEW_DAYS = 3  # newest days whose series are known at open; fewer: more look-ups after it; more: a slower open
MERGE_REST_S = 60.0  # after a failed merge (a full disk); shorter: each write pays for another failure

_log = get("store")


class ParquetStore:
    """A `TelemetryStore` in the folder `root`. One instance anywhere may write, all others are `read_only`.

    Raises StoreLocked when another process writes there already, StoreUnavailable when the folder cannot be used.
    """

    def __init__(self, root: Path, *, read_only: bool = False) -> None:
        self._root = root
        self._writing = threading.Lock()
        self._newest = Newest()
        self._no_merge_before = 0.0
        self._lock: FolderLock | None = None
        if not read_only:
            with disk_errors(root):
                root.mkdir(parents=True, exist_ok=True)
                self._lock = FolderLock(root)
        self._spill = root / "spill"
        self._engine = Engine(root, None if read_only else self._spill)
        self._reader = SegmentReader(root, self._engine, may_move=not read_only)
        if not read_only:
            self._tidy()
            self._learn_newest()

    @property
    def rewind_ms(self) -> int:
        return 0

    def fresh(self, batch: ReadingBatch) -> NDArray[np.bool_]:
        check_contract(batch)
        with self._writing:
            self._check_writable()
            return first_of_each(batch, sort_order(batch)) & ~self._stored(batch)

    def write(self, rows: ReadingBatch) -> None:
        check_contract(rows)
        with self._writing:
            self._check_writable()
            rows = rows.take(sort_order(rows))
            day = rows.ts // DAY_MS
            for number in np.unique(day):
                self._append(rows.take(day == number))
            for folder in {segments.day_folder(self._root, int(number) * DAY_MS) for number in np.unique(day)}:
                self._merge_if_due(folder)

    def read(self, series: Sequence[int], start_ms: int, end_ms: int) -> ReadingBatch:
        if not len(series) or start_ms >= end_ms:
            return ReadingBatch.empty()
        where = f"series IN ({_numbers(series)}) AND ts >= {int(start_ms)} AND ts < {int(end_ms)}"
        sql = f"SELECT {COLUMNS} FROM {source()} WHERE {where} ORDER BY series, ts"  # noqa: S608 - numbers only
        return _batch(self._reader.ask(sql, lambda: segments.find(self._root, start_ms, end_ms)))

    def latest(self, series: Sequence[int]) -> ReadingBatch:
        missing = set(map(int, series))
        found = [ReadingBatch.empty()]
        with disk_errors(self._root):
            older = segments.days(self._root)
        span = 1
        while missing and older:
            older, newest = older[:-span], older[-span:]
            found.append(self._latest_in(missing, newest))
            missing -= set(found[-1].series.tolist())
            span *= 2
        batch = ReadingBatch.concat(found)
        return batch.take(np.argsort(batch.series))

    def erase(self, device_no: int) -> int:
        low, high = device_no << SIGNAL_BITS, (device_no + 1) << SIGNAL_BITS
        theirs = f"series >= {int(low)} AND series < {int(high)}"
        with self._writing:
            self._check_writable()
            self._tidy()  # a covered file that is still there would come back when its cover goes
            gone = 0
            for folder in self._days():
                for segment in self._live(folder):
                    gone += self._erase_from(segment, theirs)
            self._newest.forget(device_no)
        return gone

    def count(self) -> int:
        return sum(segment.rows for segment in self._reader.usable(lambda: segments.find(self._root)))

    def close(self) -> None:
        self._engine.close()
        if self._lock:
            self._lock.release()
            self._lock = None

    def _check_writable(self) -> None:
        if self._lock is None:
            raise StoreUnavailable(f"The telemetry store in {self._root} is not open for writing.")

    def _days(self) -> list[Path]:
        with disk_errors(self._root):
            return segments.days(self._root)

    def _live(self, folder: Path) -> list[Segment]:
        return self._reader.usable(lambda: segments.live(segments.listed(folder)[0]))

    def _tidy(self) -> None:
        """Remove what a crash left (unfinished and covered files), set aside what is not ours."""
        shutil.rmtree(self._spill, ignore_errors=True)
        for folder in self._days():
            with disk_errors(self._root):
                found, others = segments.listed(folder)
                covered = set(found) - set(segments.live(found))
                unfinished = [path for path in others if path.suffix == ".tmp"]
                for path in [segment.path for segment in covered] + unfinished:
                    path.unlink()
                sync_folder(folder)
            for path in set(others) - set(unfinished):
                self._reader.set_aside(path, "it is not a segment")

    def _learn_newest(self) -> None:
        recent = self._days()[-VIEW_DAYS:]
        sql = f"SELECT series, max(ts) AS ts FROM {source()} GROUP BY series"  # noqa: S608 - our own words
        rows = self._reader.ask(sql, lambda: [segment for folder in recent for segment in self._live(folder)])
        if rows:
            self._newest.advance(rows["series"], rows["ts"])

    def _stored(self, batch: ReadingBatch) -> NDArray[np.bool_]:
        """Marks the rows whose (series, ts) is stored; only rows that may be old are looked up."""
        stored = np.zeros(len(batch), np.bool_)
        known = self._newest.of(batch.series)
        maybe = np.flatnonzero((batch.ts <= known) | (known < 0))
        if len(maybe):
            times = np.sort(batch.ts[maybe])
            probe: Columns = {"series": batch.series[maybe], "ts": batch.ts[maybe], "place": maybe}
            sql = f"SELECT probe.place FROM {source()} JOIN probe USING (series, ts)"  # noqa: S608 - our own words
            rows = self._reader.ask(sql, lambda: self._holding(times), {"probe": probe})
            stored[rows.get("place", maybe[:0])] = True
        return stored

    def _holding(self, times: NDArray[np.int64]) -> list[Segment]:
        """The live segments whose time span holds any of the sorted `times`."""
        found = segments.find(self._root, int(times[0]), int(times[-1]) + 1)
        low = np.searchsorted(times, [segment.low for segment in found], "left")
        high = np.searchsorted(times, [segment.high for segment in found], "right")
        return [segment for segment, any_in in zip(found, high > low, strict=True) if any_in]

    def _append(self, rows: ReadingBatch) -> None:
        """Write the readings of one day, sorted by (series, ts) and all of them new, as one durable segment."""
        self._newest.advance(rows.series, rows.ts)
        folder = segments.day_folder(self._root, int(rows.ts[0]))
        with disk_errors(self._root):
            make_folder(folder)
            generation = max([time.time_ns() // 1000, *(s.last + 1 for s in segments.listed(folder)[0])])
        segment = Segment(folder, generation, generation, 0, int(rows.ts.min()), int(rows.ts.max()), len(rows))
        temporary = folder / f"{generation}.tmp"
        try:
            self._engine.export(temporary, rows)
            with disk_errors(self._root):
                publish(temporary, segment.path)
        except Unreadable as error:
            raise StoreUnavailable(f"The telemetry store in {self._root} cannot be written: {error}.") from error
        finally:
            temporary.unlink(missing_ok=True)

    def _latest_in(self, wanted: set[int], folders: list[Path]) -> ReadingBatch:
        newest = ", ".join(f"arg_max({name}, ts) AS {name}" for name in ("value", "quality", "seq"))
        sql = (
            f"SELECT series, max(ts) AS ts, {newest} FROM {source()} "  # noqa: S608 - numbers only
            f"WHERE series IN ({_numbers(wanted)}) GROUP BY series"
        )
        return _batch(self._reader.ask(sql, lambda: [segment for folder in folders for segment in self._live(folder)]))

    def _merge_if_due(self, folder: Path) -> None:
        """Merge as often as due. A failure costs nothing but order: the readings are stored already."""
        if time.monotonic() < self._no_merge_before:
            return
        try:
            while run := merge.due(self._live(folder)):
                self._replace(run, merge.merged(run))
                metrics.merges.inc()
        except StoreError as error:
            metrics.merge_failures.inc()
            self._no_merge_before = time.monotonic() + MERGE_REST_S
            _log.warning("segments not merged", folder=str(folder), reason=error.problem, retry_s=MERGE_REST_S)

    def _replace(self, old: list[Segment], new: Segment, where: str = "true") -> None:
        """Put `new` in the place of `old`, for all readers at once; nothing changes when it fails."""
        temporary = new.folder / f"{new.first}-{new.last}.tmp"
        paths = [segment.path for segment in old]
        try:
            self._engine.rewrite(paths, temporary, where)
            rows = self._engine.query(f"SELECT count(*) AS rows FROM {source()}", [temporary])["rows"][0]  # noqa: S608
            if rows != new.rows:
                raise StoreUnavailable(f"A merge gave {rows} readings in place of {new.rows} in {new.folder}.")
            with disk_errors(self._root):
                publish(temporary, new.path)
                for path in paths:
                    path.unlink()
                sync_folder(new.folder)
        except Unreadable as error:
            self._reader.look_into(paths, error)
        finally:
            temporary.unlink(missing_ok=True)

    def _erase_from(self, segment: Segment, theirs: str) -> int:
        """Remove the readings that fulfil `theirs` from one segment; how many."""
        sql = f"SELECT count(*) AS rows FROM {source()} WHERE {theirs}"  # noqa: S608 - our own words
        answer = self._reader.ask(sql, lambda: [segment])
        rows = int(answer["rows"][0]) if answer else 0
        if 0 < rows < segment.rows:
            left = segment.rows - rows
            new = Segment(
                segment.folder, segment.first, segment.last, segment.version + 1, segment.low, segment.high, left
            )
            self._replace([segment], new, f"NOT ({theirs})")
        elif rows:
            with disk_errors(self._root):
                segment.path.unlink()
                sync_folder(segment.folder)
        return rows


def _numbers(series: Sequence[int] | set[int]) -> str:
    return ",".join(str(int(number)) for number in series)


def _batch(columns: Columns) -> ReadingBatch:
    return batch_of(columns) if columns else ReadingBatch.empty()
