"""One partition under a lease: its engine, its place in the log, and the transaction that saves both.

Findings commit at once. The checkpoint commits with its offset when it is due, from a copy and in a thread beside the
loop, because a large state takes longer to save than a finding may wait. Both are fenced by the lease. After a crash
everything since the last checkpoint is computed again, to the same findings with the same ids, and those that are
there already are left alone.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import Future
from functools import partial

from sqlalchemy import Engine as Database
from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from detectors import metrics, queries
from detectors.engine import checkpoint
from detectors.engine.checkpoint import Snapshot
from detectors.engine.engine import Engine
from detectors.engine.saver import Saver
from detectors.errors import StateUnreadable
from detectors.finding import Finding
from detectors.tables import CheckpointRow
from ingest import offsets
from ingest.errors import FrameCorrupt
from ingest.log import PartitionLog
from ingest.log.frames import decode
from ingest.reading import Frame
from kit import leases
from kit.db import transaction
from kit.leases import Lease
from kit.logs import get

READER = "detector"  # the name under which ingest knows how far detection has come
SAVING_SHARE = 0.01  # of the time at most goes into checkpoints; more writes the database full, less makes the replay
# after a crash longer than the lease that has to end first
TOGETHER = 20_000  # readings scored in one go; fewer cost more each, more delay the first finding among them
TELL_EVERY_S = 1.0  # how often the lag is looked up; at every step it would cost more than the step

_log = get("detector")


class Partition:
    """See the module. While `sound` is false the engine may have stopped within a frame: make a new `Partition`."""

    def __init__(
        self,
        lease: Lease,
        number: int,
        engine: Engine,
        *,
        log: PartitionLog,
        database: Database,
        saver: Saver,
        every_s: float,
    ) -> None:
        """Go on from the last checkpoint; no save of this partition may be under way."""
        self.lease = lease
        self.number = number
        self.sound = True
        self.found = 0  # findings committed since the start
        self._engine = engine
        self._log = log
        self._database = database
        self._saver = saver
        self._saving: Future[float] | None = None
        self._every_s = every_s
        self._pending: list[Finding] = []
        self._dirty = False
        self._offset = 0
        self._mute_until_ms = 0
        self._tell_at = 0.0
        self._saved = False
        self._load()
        self._due = time.monotonic() + (every_s if self._saved else 0.0)  # the first finding need not wait for one

    def advance(self, most: int) -> bool:
        """Take over up to `most` frames and commit what is due; whether there was anything to do."""
        self.sound = False
        self._take_saved()
        entries = self._log.read(self.number, self._offset, most)
        frames: list[Frame] = []
        readings = 0
        for offset, data in entries:
            for frame in self._decoded(offset, data):
                frames.append(frame)
                readings += len(frame.readings)
            self._offset, self._dirty = offset, True
            if readings >= TOGETHER:
                self._take(frames)
                frames, readings = [], 0
        self._take(frames)
        now = time.monotonic()
        if self._dirty and now >= self._due and self._saving is None and self._saver.is_free():
            self._start_saving()
        if now >= self._tell_at:
            metrics.lag.labels(str(self.number)).set(self._log.bounds(self.number)[1] - self._offset)
            self._tell_at = now + TELL_EVERY_S
        self.sound = True
        return bool(entries)

    def finish(self) -> None:
        """Commit what is not yet committed."""
        self._saver.settle()
        self._take_saved()
        if self._dirty and self.sound:
            self._commit()

    def _load(self) -> None:
        """Take over the checkpoint.

        One of another version is left: the log is read again from its beginning to learn anew, and what had been
        looked at before raises nothing a second time.
        """
        with transaction(self._database) as session:
            row = session.get(CheckpointRow, self.number)
            found = (row.log_offset, row.log_ms, row.state) if row else None
        self._saved = found is not None
        if found:
            try:
                checkpoint.load(self._engine, found[2])
                self._offset = found[0]
            except StateUnreadable as error:
                self._mute_until_ms = found[1]
                _log.warning("learning anew from the log", partition=self.number, reason=error.problem)
        first, last = self._log.bounds(self.number)
        if not first - 1 <= self._offset <= last:  # it was trimmed, salvaged or replaced
            if self._offset:
                _log.warning("log entries are gone", partition=self.number, after=self._offset, first=first, last=last)
            self._offset = first - 1

    def _decoded(self, offset: int, data: bytes) -> list[Frame]:
        """The frame of an entry; none for a damaged one, which is counted and passed over."""
        try:
            return [decode(data)]
        except FrameCorrupt as error:
            metrics.skipped.labels("corrupt_frame").inc()
            _log.error("frame left out", partition=self.number, offset=offset, reason=error.problem)
            return []

    def _take(self, frames: list[Frame]) -> None:
        """Let the engine have frames, together unless some are looked at again and mute; report what it found."""
        engine = self._engine
        before = engine.readings, engine.skipped
        if any(frame.received_ms <= self._mute_until_ms for frame in frames):
            for frame in frames:
                found = engine.process(frame)
                self._pending += found if frame.received_ms > self._mute_until_ms else []
        else:
            self._pending += engine.process(*frames)
        metrics.readings.inc(engine.readings - before[0])
        metrics.skipped.labels("late_or_double").inc(engine.skipped - before[1])
        if self._pending:
            self._report()

    def _report(self) -> None:
        """Commit the findings; the first time with a checkpoint, so that there is always one that knows of them."""
        if not self._saved:
            self._commit()
            return
        newest = update(CheckpointRow).where(CheckpointRow.partition == self.number)
        with transaction(self._database) as session:
            leases.fence(session, self.lease)
            queries.write(session, self._pending)
            session.execute(newest.values(log_ms=self._engine.received_ms))  # a newer version stays mute up to here
        self._count()

    def _count(self) -> None:
        kinds = Counter((found.fault, "again" if found.is_again else found.kind) for found in self._pending)
        for (fault, kind), number in kinds.items():
            metrics.findings.labels(fault, kind).inc(number)
        self.found += len(self._pending)
        self._pending = []

    def _start_saving(self) -> None:
        """Save what the engine knows now, and no finding with it: those are committed before they are saved from."""
        if self._is_mute():
            return
        position = offsets.Position(self._offset, self._engine.received_ms)
        self._saving = self._saver.start(partial(self._save, checkpoint.snapshot(self._engine), position, []))
        self._dirty = False

    def _take_saved(self) -> None:
        """Book the save beside the loop when it has ended. Raises what it raised: nothing of it is saved then."""
        if self._saving is not None and self._saving.done():
            ended, self._saving = self._saving, None
            self._is_saved(ended.result())

    def _commit(self) -> None:
        """Save what the engine knows now, with the findings that wait, and wait for it."""
        if self._is_mute():
            return
        position = offsets.Position(self._offset, self._engine.received_ms)
        took = self._save(checkpoint.snapshot(self._engine), position, self._pending)
        self._count()
        self._dirty = False
        self._is_saved(took)

    def _is_mute(self) -> bool:
        """Whether the engine still looks at what was looked at before; its checkpoint would say it knew no better."""
        if self._engine.received_ms > self._mute_until_ms:
            return False
        self._due = time.monotonic() + self._every_s
        return True

    def _is_saved(self, took: float) -> None:
        metrics.checkpoint_seconds.observe(took)
        self._saved = True
        self._due = time.monotonic() + max(self._every_s, took / SAVING_SHARE)

    def _save(self, snapshot: Snapshot, position: offsets.Position, findings: list[Finding]) -> float:
        """Commit a checkpoint; how many seconds it took. Touches nothing that the loop changes."""
        began = time.monotonic()
        state = snapshot.dump()
        with transaction(self._database) as session:
            leases.fence(session, self.lease)
            queries.write(session, findings)
            self._write(session, state, snapshot.version, position)
        return time.monotonic() - began

    def _write(self, session: Session, state: bytes, version: str, position: offsets.Position) -> None:
        values = {"log_offset": position.offset, "log_ms": position.received_ms, "version": version, "state": state}
        fresh = insert(CheckpointRow).values(partition=self.number, **values)
        reported = func.greatest(CheckpointRow.log_ms, fresh.excluded.log_ms)  # findings may be ahead of the copy
        session.execute(fresh.on_conflict_do_update(index_elements=["partition"], set_={**values, "log_ms": reported}))
        old = offsets.positions(session, READER, self.number + 1)[self.number]
        offsets.advance(session, READER, self.number, old, position)
