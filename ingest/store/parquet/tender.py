"""Looks after the segments in the background: merges small ones, and reads all of them over for lost bits.

One thread of low priority, so that neither a write nor another role waits for it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from ingest.store import metrics
from ingest.store.errors import StoreError
from ingest.store.parquet import merge
from ingest.store.parquet.segments import Segment
from ingest.store.parquet.shelf import Shelf
from kit.logs import get

REST_S = 60.0  # after a failed merge (a full disk); shorter: the disk pays for another failure each time
VERIFY_S = 10.0  # between two segments read over; shorter: more disk traffic, longer: a lost bit is found later
GIVE_WAY_S = 1.0  # shorter: segments pile up; longer: the writer's lease may run out
NICENESS = 10  # 0: merges take time from the gateway; 19: they may never end on a busy machine

_log = get("store")


class Tender:
    """Runs merges and checks on `shelf`. `changing` is held over each: take it to change segments meanwhile."""

    def __init__(self, shelf: Shelf) -> None:
        self.changing = threading.Lock()
        self._shelf = shelf
        self._pool = ThreadPoolExecutor(1, "store", _be_nice)
        self._work: Future[None] | None = None
        self._due: set[Path] = set()
        self._no_merge_before = 0.0
        self._verify_at = time.monotonic() + VERIFY_S
        self._round: Iterator[Segment] = iter(())
        self._closing = False

    def wake(self, folders: Iterable[Path]) -> None:
        """Say that these days have new segments; returns at once. Raises what the thread stumbled over, if anything."""
        self._due |= set(folders)
        if self._work is not None and self._work.done():
            self._work.result()
            self._work = None
        if self._work is None:
            self._work = self._pool.submit(self._step)

    def give_way(self) -> None:
        """Wait a while for the work under way: for a writer that is faster than the merges."""
        if self._work is not None:
            wait([self._work], GIVE_WAY_S)

    def settle(self) -> None:
        """Wait until nothing is left to do. Raises as `wake`."""
        while self._work is not None:
            work, self._work = self._work, None
            work.result()
            if self._due:  # told too late for the step that has just ended
                self._work = self._pool.submit(self._step)

    def close(self) -> None:
        """End after the merge that is being made."""
        self._closing = True
        self._pool.shutdown()

    def _step(self) -> None:
        while self._due and not self._closing:
            self._merge(self._due.pop())
        if time.monotonic() >= self._verify_at:
            self._verify_at = time.monotonic() + VERIFY_S
            self._verify_next()

    def _merge(self, folder: Path) -> None:
        """Merge as often as due. A failure costs nothing but order: the readings are stored already."""
        if time.monotonic() < self._no_merge_before:
            return
        try:
            while not self._closing:
                with self.changing:
                    run = merge.due(self._shelf.live(folder))
                    if not run:
                        return
                    self._shelf.replace(run, merge.merged(run))
                metrics.merges.inc()
        except StoreError as error:
            metrics.merge_failures.inc()
            self._no_merge_before = time.monotonic() + REST_S
            _log.warning("segments not merged", folder=str(folder), reason=error.problem, retry_s=REST_S)

    def _verify_next(self) -> None:
        """Read the next segment over, oldest day first, and begin anew after the last."""
        try:
            with self.changing:
                segment = next(self._round, None)
                if segment is None:
                    self._round = (one for day in self._shelf.days() for one in self._shelf.live(day))
                else:
                    self._shelf.verify(segment)
        except StoreError as error:
            _log.warning("segment not verified", reason=error.problem)


def _be_nice() -> None:
    if sys.platform == "linux":  # elsewhere priorities are of processes
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
