"""The embedded telemetry store (see `ingest.store.parquet`): every write one durable segment a day it touches."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.reading import SIGNAL_BITS, ReadingBatch
from ingest.store.errors import StoreUnavailable
from ingest.store.fresh import Newest, check_contract
from ingest.store.parquet import segments
from ingest.store.parquet.engine import COLUMNS, Columns, Engine, batch_of, source
from ingest.store.parquet.files import FolderLock, disk_errors
from ingest.store.parquet.reader import SegmentReader
from ingest.store.parquet.segments import DAY_MS, Segment
from ingest.store.parquet.shelf import Shelf, is_damaged
from ingest.store.parquet.tender import Tender
from ingest.store.protocol import Stats, bounded

VIEW_DAYS = 3  # newest days whose series are known at open; fewer: more look-ups after it; more: a slower open
MOST_SEGMENTS = (
    512  # of a day before each write waits a while for merges; fewer: waits more, more: reads open more files
)


class ParquetStore:
    """A `TelemetryStore` in the folder `root`. One instance anywhere may write, all others are `read_only`.

    Raises StoreLocked when another process writes there already, StoreUnavailable when the folder cannot be used.
    """

    def __init__(self, root: Path, *, read_only: bool = False) -> None:
        self._root = root
        self._engine = Engine(root)
        self._writer: _Writer | None = None
        if not read_only:
            self._writer = _Writer(root, self._engine)
        self._reader = self._writer.shelf.reader if self._writer else SegmentReader(root, self._engine, may_move=False)

    @property
    def rewind_ms(self) -> int:
        return 0

    def fresh(self, batch: ReadingBatch) -> NDArray[np.bool_]:
        check_contract(batch)
        return self._writing().fresh(batch)

    def write(self, rows: ReadingBatch) -> None:
        check_contract(rows)
        self._writing().write(rows)

    def read(self, series: Sequence[int], start_ms: int, end_ms: int) -> ReadingBatch:
        if not len(series) or start_ms >= end_ms:
            return ReadingBatch.empty()
        where = f"{_among(series)} AND ts >= {int(start_ms)} AND ts < {int(end_ms)}"
        sql = f"SELECT {COLUMNS} FROM {source()} WHERE {where} ORDER BY series, ts"  # noqa: S608 - numbers only
        return _batch(self._reader.ask(sql, lambda: segments.find(self._root, start_ms, end_ms)))

    def read_minmax(self, series: Sequence[int], start_ms: int, end_ms: int, buckets: int) -> ReadingBatch:
        if not len(series) or start_ms >= end_ms:
            return ReadingBatch.empty()
        where = f"{_among(series)} AND ts >= {int(start_ms)} AND ts < {int(end_ms)}"
        part = f"(ts - {int(start_ms)}) * {bounded(buckets)} // {int(end_ms) - int(start_ms)}"
        row = "{ts: ts, value: value, quality: quality, seq: seq}"
        sql = (
            f"SELECT DISTINCT series, r.ts AS ts, r.value AS value, r.quality AS quality, r.seq AS seq FROM ("  # noqa: S608
            f"SELECT series, unnest([arg_min({row}, value), arg_max({row}, value)]) AS r "
            f"FROM {source()} WHERE {where} GROUP BY series, {part}) ORDER BY series, ts"
        )
        return _batch(self._reader.ask(sql, lambda: segments.find(self._root, start_ms, end_ms)))

    def latest(self, series: Sequence[int]) -> ReadingBatch:
        best = ReadingBatch.empty()
        wanted = np.unique(np.array([int(number) for number in series], np.int64))
        with disk_errors(self._root):
            days = segments.days(self._root)
        for folder in reversed(days):
            for group in _newest_first(self._reader.usable(_all_of([folder]))):
                sure = best.series[best.ts >= group[0].high]
                missing = np.setdiff1d(wanted, sure)
                if not len(missing):
                    break
                best = _newest_of([best, self._latest_in(missing, folder, group)])
        return best

    def erase(self, device_no: int) -> int:
        return self._writing().erase(device_no)

    def drop_before(self, ms: int) -> int:
        return self._writing().drop_before(ms)

    def count(self) -> int:
        return sum(segment.rows for segment in self._live())

    def stats(self) -> Stats:
        live = self._live()
        aside = self._root / "aside"
        with disk_errors(self._root):
            return Stats(
                readings=sum(segment.rows for segment in live),
                bytes=sum(_size(segment.path) for segment in live),
                files=len(live),
                days=len({segment.folder for segment in live}),
                first_ms=min((segment.low for segment in live), default=0),
                last_ms=max((segment.high for segment in live), default=0),
                set_aside=sum(1 for _ in aside.iterdir()) if aside.is_dir() else 0,
            )

    def damaged(self) -> list[str]:
        with disk_errors(self._root):
            return [str(segment.path) for segment in self._live() if is_damaged(segment)]

    def close(self) -> None:
        if self._writer:
            self._writer.close()
            self._writer = None
        self._engine.close()

    def settle(self) -> None:
        """Wait until the merges that are due are made."""
        self._writing().tender.settle()

    def _writing(self) -> _Writer:
        if self._writer is None:
            raise StoreUnavailable(f"The telemetry store in {self._root} is not open for writing.")
        return self._writer

    def _live(self) -> list[Segment]:
        return self._reader.usable(lambda: segments.find(self._root))

    def _latest_in(self, wanted: NDArray[np.int64], folder: Path, group: list[Segment]) -> ReadingBatch:
        newest = ", ".join(f"arg_max({name}, ts) AS {name}" for name in ("value", "quality", "seq"))
        sql = (
            f"SELECT series, max(ts) AS ts, {newest} FROM {source()} "  # noqa: S608 - numbers only
            f"WHERE {_among(wanted.tolist())} GROUP BY series"
        )
        once = iter([group])  # where one of them was merged meanwhile its readings are anywhere in the day
        return _batch(self._reader.ask(sql, lambda: next(once, None) or _all_of([folder])()))


class _Writer:
    """What the one process that writes has beside the others; safe from several threads."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self._root = root
        self._mutex = threading.Lock()
        self._closing = False
        with disk_errors(root):
            root.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(root)
        self._spill = root / "spill"
        self._calm = Engine(root, self._spill, threads=1)
        self.shelf = Shelf(root, engine)
        self.tender = Tender(Shelf(root, self._calm))
        self._newest = Newest()
        try:
            self._tidy()
            self._learn_newest()
        except BaseException:
            self.close()
            raise

    def fresh(self, batch: ReadingBatch) -> NDArray[np.bool_]:
        with self._mutex:
            return self._newest.fresh(batch, self._stored)

    def write(self, rows: ReadingBatch) -> None:
        with self._mutex:
            self._newest.advance(rows)
            rows = rows.take(self._newest.order(rows))
            folders = [self.shelf.append(part) for part in _by_day(rows)]
        self.tender.wake(folders)
        if any(len(self.shelf.live(folder)) > MOST_SEGMENTS for folder in folders):
            self.tender.give_way()

    def erase(self, device_no: int) -> int:
        """As `TelemetryStore.erase`. Writes go on meanwhile; what they added is erased at the end."""
        with self.tender.changing:
            with self._mutex:
                self._tidy()  # a covered file that is still there would come back when its cover goes
            before = {folder: self.shelf.live(folder) for folder in self.shelf.days()}
            gone = sum(self._erase_from(segment, device_no) for live in before.values() for segment in live)
            with self._mutex:
                for folder in self.shelf.days():
                    upto = max((segment.last for segment in before.get(folder, [])), default=0)
                    added = [segment for segment in self.shelf.live(folder) if segment.first > upto]
                    gone += sum(self._erase_from(segment, device_no) for segment in added)
                self._newest.forget(device_no)
        return gone

    def _erase_from(self, segment: Segment, device_no: int) -> int:
        if self._closing:
            raise StoreUnavailable("The telemetry store was closed before all was erased.", "It goes on by itself.")
        low, high = device_no << SIGNAL_BITS, (device_no + 1) << SIGNAL_BITS
        return self.shelf.erase_from(segment, f"series >= {int(low)} AND series < {int(high)}")

    def drop_before(self, ms: int) -> int:
        """As `TelemetryStore.drop_before`, whole days."""
        with self.tender.changing, self._mutex:
            old = [folder for folder in self.shelf.days() if segments.day_start(folder) + DAY_MS <= ms]
            return sum(self.shelf.drop_day(folder) for folder in old)

    def close(self) -> None:
        """Let others write, once the merge or erasure of a segment that is under way has ended."""
        self._closing = True
        self.tender.close()
        with self.tender.changing:
            self._calm.close()
            self._lock.release()

    def _tidy(self) -> None:
        shutil.rmtree(self._spill, ignore_errors=True)
        self.shelf.tidy()

    def _learn_newest(self) -> None:
        """Learn the newest time of all series of the newest days; of the others it is before these days."""
        days = self.shelf.days()
        recent = days[-VIEW_DAYS:]
        self._newest = Newest(segments.day_start(recent[0]) - 1 if len(days) > VIEW_DAYS else 0)
        sql = f"SELECT series, max(ts) AS ts FROM {source()} GROUP BY series"  # noqa: S608 - our own words
        rows = self.shelf.reader.ask(sql, _all_of(recent))
        if rows:
            self._newest.learn(rows["series"], rows["ts"])

    def _stored(self, rows: ReadingBatch) -> NDArray[np.bool_]:
        """Marks the rows whose (series, ts) is stored."""
        stored = np.zeros(len(rows), np.bool_)
        times = np.sort(rows.ts)
        probe: Columns = {"series": rows.series, "ts": rows.ts, "place": np.arange(len(rows))}
        sql = f"SELECT probe.place FROM {source()} JOIN probe USING (series, ts)"  # noqa: S608 - our own words
        found = self.shelf.reader.ask(sql, lambda: self._holding(times), {"probe": probe})
        stored[found.get("place", np.empty(0, np.int64))] = True
        return stored

    def _holding(self, times: NDArray[np.int64]) -> list[Segment]:
        """The live segments whose time span holds any of the sorted `times`."""
        found = segments.find(self._root, int(times[0]), int(times[-1]) + 1)
        low = np.searchsorted(times, [segment.low for segment in found], "left")
        high = np.searchsorted(times, [segment.high for segment in found], "right")
        return [segment for segment, any_in in zip(found, high > low, strict=True) if any_in]


def _by_day(rows: ReadingBatch) -> list[ReadingBatch]:
    if not len(rows):
        return []
    if rows.ts.min() // DAY_MS == rows.ts.max() // DAY_MS:
        return [rows]
    day = rows.ts // DAY_MS
    return [rows.take(day == number) for number in np.unique(day)]


def _all_of(folders: Sequence[Path]) -> Callable[[], list[Segment]]:
    return lambda: [one for folder in folders for one in segments.live(segments.listed(folder)[0])]


def _newest_first(live: list[Segment]) -> Iterator[list[Segment]]:
    """The segments in groups of 1, 2, 4 …, those with the newest readings first."""
    left = sorted(live, key=lambda segment: -segment.high)
    size = 1
    while left:
        group, left = left[:size], left[size:]
        yield group
        size *= 2


def _newest_of(batches: list[ReadingBatch]) -> ReadingBatch:
    """The newest reading of each series, sorted by series."""
    rows = ReadingBatch.concat(batches)
    order = np.lexsort((rows.ts, rows.series))
    last = np.append(rows.series[order][1:] != rows.series[order][:-1], True)[: len(order)]
    return rows.take(order[last])


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # merged meanwhile
        return 0


def _among(series: Sequence[int]) -> str:
    """The condition for these series; the bounds let whole row groups be skipped, which a list does not."""
    numbers = sorted({int(number) for number in series})
    return f"series >= {numbers[0]} AND series <= {numbers[-1]} AND series IN ({','.join(map(str, numbers))})"


def _batch(columns: Columns) -> ReadingBatch:
    return batch_of(columns) if columns else ReadingBatch.empty()
