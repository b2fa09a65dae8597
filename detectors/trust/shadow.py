"""A draft of what is watched, run in shadow: it reads the same log, and opens nothing.

It has its own place in the log, its own checkpoint and its own table of findings, and never holds up the live detector
or the trimming of the log: entries that are gone when it comes to them are passed over. A crash repeats what came
after its last checkpoint, to the same findings with the same ids.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine as Database
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from detectors.config import Config
from detectors.engine import checkpoint
from detectors.engine.engine import ContactRule, Engine
from detectors.engine.program import Program
from detectors.errors import StateUnreadable
from detectors.faults.tuning import Overrides
from detectors.finding import Finding
from detectors.tables import ShadowCheckpointRow, ShadowFindingRow
from ingest.errors import FrameCorrupt
from ingest.log import PartitionLog
from ingest.log.frames import decode
from ingest.reading import Frame
from ingest.registry.devices import Device, by_numbers
from kit import leases
from kit.clock import from_ms
from kit.db import transaction
from kit.errors import ForewarnError
from kit.leases import Lease, LeaseLost
from kit.logs import get

KEPT = ("id", "tenant", "device", "fault", "kind", "onset", "detected", "severity", "confidence", "contact", "version")
_log = get("shadow")


def laid_over(live: Overrides, draft: Overrides) -> Overrides:
    """The parameters of `live` with those of `draft` over them."""
    return {
        kind: {
            symptom: {**live.get(kind, {}).get(symptom, {}), **draft.get(kind, {}).get(symptom, {})}
            for symptom in {**live.get(kind, {}), **draft.get(kind, {})}
        }
        for kind in {**live, **draft}
    }


@dataclass(slots=True)
class _Place:
    """One partition: its lease, its engine, and how far they are."""

    lease: Lease
    engine: Engine
    offset: int
    began_at: datetime | None
    save_at: float
    renew_at: float


class Shadow:
    """Belongs to one thread; `step` is for `kit.supervise`."""

    def __init__(  # noqa: PLR0917
        self, database: Database, log: PartitionLog, config: Config, program: Program, tenant: str, heartbeat_ms: int
    ) -> None:
        self._database = database
        self._log = log
        self._config = config
        self._program = program
        self._tenant = tenant
        self._heartbeat_ms = heartbeat_ms
        self._rule = ContactRule(config.contact_severity, config.contact_confidence)
        self._places: dict[int, _Place] = {}

    def step(self) -> bool:
        """Advance every partition that no other shadow holds; whether there was anything to do."""
        busy = False
        for number in range(self._log.partitions):
            place = self._places.pop(number, None) or self._open(number)  # back only if it comes through unharmed
            if place is None:
                continue
            try:
                busy |= self._advance(number, place)
            except LeaseLost:
                _log.warning("partition taken over by another shadow", partition=number)
                continue
            self._places[number] = place
        return busy

    def close(self) -> None:
        """Save, and give every partition up."""
        for number, place in self._places.items():
            try:
                self._save(number, place)
                with transaction(self._database) as session:
                    leases.release(session, place.lease)
            except (ForewarnError, SQLAlchemyError) as error:
                _log.warning("shadow not given up cleanly", partition=number, reason=str(error)[:200])
        self._places.clear()

    def _open(self, number: int) -> _Place | None:
        with transaction(self._database) as session:
            lease = leases.acquire(session, f"shadow/{number}", f"shadow {id(self)}", self._config.lease_s)
            row = session.get(ShadowCheckpointRow, number)
            saved = (row.log_offset, row.began_at, row.state) if row else None
        if lease is None:
            return None
        engine = Engine(self._program, self._lookup, self._tenant, self._rule, self._heartbeat_ms)
        now = time.monotonic()
        place = _Place(lease, engine, 0, None, now + self._config.checkpoint_s, now + self._config.lease_s / 3)
        if saved is not None:
            try:
                checkpoint.load(engine, saved[2])
                place.offset, place.began_at = saved[0], saved[1]
            except StateUnreadable as error:
                _log.info("the draft has changed and begins anew", partition=number, reason=error.problem)
        return place

    def _advance(self, number: int, place: _Place) -> bool:
        now = time.monotonic()
        if now >= place.renew_at:
            with transaction(self._database) as session:
                leases.renew(session, place.lease, self._config.lease_s)
            place.renew_at = now + self._config.lease_s / 3
        place.offset = max(place.offset, self._log.bounds(number)[0] - 1)
        entries = self._log.read(number, place.offset, self._config.frames_per_step)
        frames = [frame for _, data in entries for frame in _decoded(data)]
        found = place.engine.process(*frames)
        if entries:
            place.offset = entries[-1][0]
        if frames and place.began_at is None:
            place.began_at = from_ms(frames[0].received_ms)
        self._write(place, found)
        if entries and now >= place.save_at:
            self._save(number, place)
        return bool(entries)

    def _write(self, place: _Place, found: Iterable[Finding]) -> None:
        rows = [{name: getattr(one, name) for name in KEPT} for one in found]
        if rows:
            with transaction(self._database) as session:
                leases.fence(session, place.lease)
                session.execute(insert(ShadowFindingRow).on_conflict_do_nothing(), rows)

    def _save(self, number: int, place: _Place) -> None:
        if place.began_at is None:
            return
        values = {
            "log_offset": place.offset,
            "version": self._program.version,
            "state": checkpoint.dump(place.engine),
            "began_at": place.began_at,
            "until_at": from_ms(place.engine.received_ms),
        }
        statement = insert(ShadowCheckpointRow).values(partition=number, **values)
        with transaction(self._database) as session:
            leases.fence(session, place.lease)
            session.execute(statement.on_conflict_do_update(index_elements=["partition"], set_=values))
        place.save_at = time.monotonic() + self._config.checkpoint_s

    def _lookup(self, numbers: Iterable[int]) -> Mapping[int, Device]:
        with transaction(self._database) as session:
            return by_numbers(session, numbers)


def _decoded(data: bytes) -> list[Frame]:
    """The frame of an entry; none for a damaged one, which the live detector counts."""
    try:
        return [decode(data)]
    except FrameCorrupt:
        return []
