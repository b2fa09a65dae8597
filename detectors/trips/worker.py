"""The loop that looks for trips, beside the detector: it has its own place in the log and holds up nobody.

Only what the devices of those who agreed say is looked at, and only from when they agreed on. Trips are committed
together with the state and the place in the log that they led to; a crash repeats what came after. Where nobody agrees
nothing is read, and no state is kept.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from sqlalchemy import Engine as Database
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from detectors import metrics
from detectors.config import Config
from detectors.errors import StateUnreadable
from detectors.tables import TripCheckpointRow
from detectors.trips import store
from detectors.trips.store import Agreed
from detectors.trips.tracker import Tracker
from detectors.trips.trip import Trip
from ingest.errors import FrameCorrupt
from ingest.log import PartitionLog
from ingest.log.frames import decode
from ingest.log.protocol import partition_of
from ingest.reading import Frame
from kit import leases
from kit.clock import Clock
from kit.db import transaction
from kit.errors import ForewarnError
from kit.leases import Lease, LeaseLost
from kit.logs import get

ASK_S = 30.0  # between two looks at who agrees; longer goes on after a "no", though nothing of it is then kept
TIDY_S = 600.0  # between two looks for trips that must go
SAVING_SHARE = 0.05  # of the time at most goes into saving

_log = get("trips")


@dataclass(slots=True)
class _Place:
    """One partition. `since` is the log's end when a device was first seen to have agreed."""

    lease: Lease
    offset: int
    renew_at: float
    tracker: Tracker = field(default_factory=Tracker)
    following: tuple[Agreed, ...] = ()
    since: dict[int, int] = field(default_factory=dict)
    pending: list[Trip] = field(default_factory=list)
    dirty: bool = False
    save_at: float = 0.0


class Trips:
    """Belongs to one thread; `step` is for `kit.supervise`."""

    def __init__(self, database: Database, log: PartitionLog, config: Config, tenant: str, clock: Clock) -> None:
        self._database = database
        self._log = log
        self._config = config
        self._tenant = tenant
        self._clock = clock
        self._places: dict[int, _Place] = {}
        self._agreed: dict[int, list[Agreed]] = {}
        self._ask_at = 0.0
        self._tidy_at = 0.0

    def step(self) -> bool:
        """Advance every partition in which somebody agreed and that no other process holds; whether there was work."""
        self._ask()
        busy = False
        for number in sorted(self._agreed):
            place = self._places.pop(number, None) or self._open(number)  # back only if it comes through unharmed
            if place is None:
                continue
            try:
                busy |= self._advance(number, place)
            except LeaseLost:
                _log.warning("partition taken over by another process", partition=number)
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
                _log.warning("trips not given up cleanly", partition=number, reason=str(error)[:200])
        self._places.clear()

    def _ask(self) -> None:
        """See who agrees now, and let go of what belongs to others."""
        now = time.monotonic()
        if now < self._ask_at:
            return
        with transaction(self._database) as session:
            found = store.agreed(session, self._tenant)
            self._agreed = {}
            for one in found:
                number = partition_of(self._tenant, one.device.identifier, self._log.partitions)
                self._agreed.setdefault(number, []).append(one)
            left = TripCheckpointRow.partition.not_in(list(self._agreed))
            session.execute(delete(TripCheckpointRow).where(left))
            for number in [number for number in self._places if number not in self._agreed]:
                leases.release(session, self._places.pop(number).lease)
        self._ask_at = now + ASK_S
        if now >= self._tidy_at:
            self._tidy()
            self._tidy_at = now + TIDY_S

    def _tidy(self) -> None:
        with transaction(self._database) as session:
            gone = store.tidy(session, self._tenant, self._clock.now(), self._config.trip_days)
        if gone:
            metrics.trips_forgotten.inc(gone)
            _log.info("trips forgotten", trips=gone)

    def _open(self, number: int) -> _Place | None:
        with transaction(self._database) as session:
            lease = leases.acquire(session, f"trips/{number}", f"trips {id(self)}", self._config.lease_s)
            row = session.get(TripCheckpointRow, number)
            saved = (row.log_offset, row.state) if row else None
        if lease is None:
            return None
        place = _Place(lease, self._log.bounds(number)[1], time.monotonic() + self._config.lease_s / 3)
        if saved is not None:
            place.offset = min(saved[0], place.offset)
            try:
                place.tracker.load(saved[1])
            except StateUnreadable as error:
                _log.info("trips under way begin anew", partition=number, reason=error.problem)
            place.since = dict.fromkeys(place.tracker.numbers, 0)
        return place

    def _advance(self, number: int, place: _Place) -> bool:
        now = time.monotonic()
        if now >= place.renew_at:
            with transaction(self._database) as session:
                leases.renew(session, place.lease, self._config.lease_s)
            place.renew_at = now + self._config.lease_s / 3
        first, last = self._log.bounds(number)
        place.offset = max(place.offset, first - 1)
        self._follow(number, place, last)
        entries = self._log.read(number, place.offset, self._config.frames_per_step)
        place.pending += place.tracker.process(*(frame for _, data in entries for frame in _decoded(data)))
        if entries:
            place.offset, place.dirty = entries[-1][0], True
        if place.dirty and now >= place.save_at:
            self._save(number, place)
        return bool(entries)

    def _follow(self, number: int, place: _Place, last: int) -> None:
        """Follow who agreed before what is read next, and forget at once, in the database too, who no longer does."""
        agreed = self._agreed[number]
        place.since = {one.device.no: place.since.get(one.device.no, last) for one in agreed}
        ready = tuple(one for one in agreed if place.since[one.device.no] <= place.offset)
        if ready == place.following:
            return
        place.following = ready
        place.dirty = True
        erasures = {one.device.no: one.erasures for one in ready}
        if place.tracker.agree((one.device for one in ready), erasures):
            self._save(number, place)

    def _save(self, number: int, place: _Place) -> None:
        began = time.monotonic()
        values = {"log_offset": place.offset, "state": place.tracker.dump()}
        statement = insert(TripCheckpointRow).values(partition=number, **values)
        with transaction(self._database) as session:
            leases.fence(session, place.lease)
            kept = store.write(session, place.pending)
            session.execute(statement.on_conflict_do_update(index_elements=["partition"], set_=values))
        metrics.trips.inc(kept)
        place.pending, place.dirty = [], False
        now = time.monotonic()
        place.save_at = now + max(self._config.checkpoint_s, (now - began) / SAVING_SHARE)


def _decoded(data: bytes) -> list[Frame]:
    """The frame of an entry; none for a damaged one, which the detector counts."""
    try:
        return [decode(data)]
    except FrameCorrupt:
        return []
