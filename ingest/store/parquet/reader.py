"""Queries over the live segments, with an answer for files that vanish or are damaged meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.store import metrics
from ingest.store.errors import StoreUnavailable
from ingest.store.parquet.engine import Columns, Engine, Unreadable, source
from ingest.store.parquet.files import disk_errors, make_folder, sync_folder
from ingest.store.parquet.segments import Segment
from kit.logs import get

ATTEMPTS = 20  # each means that a merge or an erasure finished within one query; more than a few is a fault
_PROBE = f"SELECT count(series), sum(ts), sum(value), sum(quality), sum(seq) FROM {source()}"  # noqa: S608 - our own words

_log = get("store")


class SegmentReader:
    """Asks one question over segments.

    A file that vanished was merged or erased: the segments are looked up anew. A damaged file is set aside (moved to
    the folder ``aside`` when `may_move`, else skipped), logged and counted, and the question is asked without it.
    """

    def __init__(self, root: Path, engine: Engine, *, may_move: bool) -> None:
        self._root = root
        self._engine = engine
        self._may_move = may_move
        self._skipped: set[Path] = set()

    def ask(self, sql: str, find: Callable[[], list[Segment]], tables: dict[str, Columns] | None = None) -> Columns:
        """The answer of `sql` over ``$files``; no columns at all when there is no segment.

        Raises StoreUnavailable when it cannot be had.
        """
        for _ in range(ATTEMPTS):
            paths = [segment.path for segment in self.usable(find)]
            if not paths:
                return {}
            try:
                return self._engine.query(sql, paths, tables)
            except Unreadable as error:
                self.look_into(paths, error)
        raise StoreUnavailable(f"The telemetry store in {self._root} changes faster than it can be read.")

    def usable(self, find: Callable[[], list[Segment]]) -> list[Segment]:
        """The segments that `find` finds, without those that were set aside."""
        with disk_errors(self._root):
            return [segment for segment in find() if segment.path not in self._skipped]

    def look_into(self, paths: list[Path], error: Unreadable) -> None:
        """Return when the failed query is worth another try, because files vanished or were set aside.

        Raises StoreUnavailable when all `paths` are there and well.
        """
        gone = [path for path in paths if not path.exists()]
        damaged = [path for path in paths if path not in gone and self._is_damaged(path)]
        for path in damaged:
            self.set_aside(path, "it is damaged")
        if not gone and not damaged:
            raise StoreUnavailable(f"The telemetry store in {self._root} cannot be read: {error}.") from error

    def set_aside(self, path: Path, why: str) -> None:
        """Take a file out of the store, loudly; its content is kept for people."""
        if not self._may_move:
            self._skipped.add(path)
            metrics.set_aside.inc()
            _log.error("file of the telemetry store skipped", file=str(path), reason=why)
            return
        aside = self._root / "aside"
        with disk_errors(self._root):
            make_folder(aside)
            path.replace(aside / f"{path.parent.name}_{path.name}")
            sync_folder(aside)
            sync_folder(path.parent)
        metrics.set_aside.inc()
        _log.error("file of the telemetry store set aside", file=str(path), now_in=str(aside), reason=why)

    def _is_damaged(self, path: Path) -> bool:
        """Whether the file's bytes can be read and make no sense. A disk that fails is not the file's fault."""
        try:
            with disk_errors(self._root):
                path.read_bytes()
            self._engine.query(_PROBE, [path])
        except Unreadable:
            return path.exists()
        except StoreUnavailable:
            if path.exists():
                raise
        return False
