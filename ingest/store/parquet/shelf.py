"""Durable changes of the segments: each takes effect whole or not at all, for every process at once."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

from ingest.reading import ReadingBatch
from ingest.store.errors import StoreUnavailable
from ingest.store.parquet import segments
from ingest.store.parquet.engine import Engine, Unreadable, source
from ingest.store.parquet.files import checksum, disk_errors, make_folder, publish, sync_folder
from ingest.store.parquet.reader import SegmentReader
from ingest.store.parquet.segments import Segment


class Shelf:
    """The segments under `root`, for the process that writes there. Every method raises StoreFull, StoreUnavailable."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self.root = root
        self.reader = SegmentReader(root, engine, may_move=True)
        self._engine = engine

    def days(self) -> list[Path]:
        """The folders of all days, oldest first."""
        with disk_errors(self.root):
            return segments.days(self.root)

    def live(self, folder: Path) -> list[Segment]:
        """The live segments of a day, oldest generation first."""
        return self.reader.usable(lambda: segments.live(segments.listed(folder)[0]))

    def append(self, rows: ReadingBatch) -> Path:
        """Write readings of one day, sorted by (series, ts) and all of them new, as one segment; the day's folder."""
        folder = segments.day_folder(self.root, int(rows.ts[0]))
        with disk_errors(self.root):
            make_folder(folder)
            generation = max([time.time_ns() // 1000, *(s.last + 1 for s in segments.listed(folder)[0])])
        segment = Segment(folder, generation, generation, 0, int(rows.ts.min()), int(rows.ts.max()), len(rows))
        temporary = folder / f"{generation}.tmp"
        try:
            self._engine.export(temporary, rows)
            self._publish(temporary, segment)
        except Unreadable as error:
            raise StoreUnavailable(f"The telemetry store in {self.root} cannot be written: {error}.") from error
        finally:
            temporary.unlink(missing_ok=True)
        return folder

    def replace(self, old: list[Segment], new: Segment, where: str = "true") -> bool:
        """Put `new`, the readings of `old` that fulfil `where`, in the place of `old`; whether that was done.

        Damaged segments are set aside first and nothing is replaced: damage must not get a checksum of its own.
        """
        damaged = [segment for segment in old if not self.verify(segment)]
        if damaged:
            return False
        temporary = new.folder / f"{new.first}-{new.last}.tmp"
        paths = [segment.path for segment in old]
        try:
            self._engine.rewrite(paths, temporary, where)
            rows = self._engine.query(f"SELECT count(*) AS rows FROM {source()}", [temporary])["rows"][0]  # noqa: S608
            if rows != new.rows:
                raise StoreUnavailable(f"A merge gave {rows} readings in place of {new.rows} in {new.folder}.")
            self._publish(temporary, new)
            self.remove(old)
        except Unreadable as error:
            self.reader.look_into(paths, error)
            return False
        else:
            return True
        finally:
            temporary.unlink(missing_ok=True)

    def remove(self, gone: list[Segment]) -> None:
        """Delete segments of one day."""
        with disk_errors(self.root):
            for segment in gone:
                segment.path.unlink(missing_ok=True)
            for folder in {segment.folder for segment in gone}:
                sync_folder(folder)

    def verify(self, segment: Segment) -> bool:
        """Whether the segment's bytes are those that were written; a damaged one is set aside, loudly."""
        with disk_errors(self.root):
            if not is_damaged(segment):
                return True
        self.reader.set_aside(segment.path, "its checksum is wrong")
        return False

    def erase_from(self, segment: Segment, theirs: str) -> int:
        """Remove the readings that fulfil `theirs` from one segment; how many. A damaged one is set aside as it is."""
        if not self.verify(segment):
            return 0
        sql = f"SELECT count(*) AS rows FROM {source()} WHERE {theirs}"  # noqa: S608 - our own words
        answer = self.reader.ask(sql, lambda: [segment] if segment.path.exists() else [])
        rows = int(answer["rows"][0]) if answer else 0
        if 0 < rows < segment.rows:
            new = replace(segment, version=segment.version + 1, rows=segment.rows - rows, crc="")
            return rows if self.replace([segment], new, f"NOT ({theirs})") else 0
        if rows:
            self.remove([segment])
        return rows

    def drop_day(self, folder: Path) -> int:
        """Remove a day with all that is in it; how many readings."""
        rows = sum(segment.rows for segment in self.live(folder))
        with disk_errors(self.root):
            shutil.rmtree(folder)
            sync_folder(self.root)
        return rows

    def tidy(self) -> None:
        """Remove what a crash left (unfinished and covered files), set aside what is not ours."""
        for folder in self.days():
            with disk_errors(self.root):
                found, others = segments.listed(folder)
                covered = set(found) - set(segments.live(found))
                unfinished = [path for path in others if path.suffix == ".tmp"]
                for path in [segment.path for segment in covered] + unfinished:
                    path.unlink()
                sync_folder(folder)
            for path in set(others) - set(unfinished):
                self.reader.set_aside(path, "it is not a segment")

    def _publish(self, temporary: Path, segment: Segment) -> None:
        with disk_errors(self.root):
            publish(temporary, replace(segment, crc=checksum(temporary)).path)


def is_damaged(segment: Segment) -> bool:
    """Whether the segment's bytes are not those that were written; one that was merged or erased meanwhile is not."""
    try:
        return bool(segment.crc) and checksum(segment.path) != segment.crc
    except FileNotFoundError:
        return False
