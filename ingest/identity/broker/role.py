"""The broker's keeper: runs Mosquitto, keeps its files in step with the registry, books what it refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ingest.identity.authority import Authority
from ingest.identity.broker import enforced, refusals
from ingest.identity.broker.folder import BrokerFolder
from ingest.identity.broker.process import MosquittoProcess
from ingest.identity.broker.texts import ForeignTopic
from kit.db import transaction
from kit.errors import ServiceError
from kit.logs import get
from kit.supervise import Stop, in_thread

STEP_S = 2.0  # how long a revocation may take to be in force; shorter asks the database for nothing
ANYHOW = timedelta(hours=1)  # files that somebody spoilt, or a certificate that ends soon, are mended so often

_log = get("broker")


class Keeper:
    """One step at a time: files in step, refusals booked. Mosquitto goes on with what it has if a step fails."""

    def __init__(self, engine: Engine, folder: BrokerFolder, ca: Authority, foreign: Sequence[ForeignTopic]) -> None:
        self._engine = engine
        self._folder = folder
        self._ca = ca
        self._foreign = foreign
        self._mark: enforced.Mark | None = None
        self._synced = datetime.min.replace(tzinfo=UTC)

    def keep(self, now: datetime) -> list[str]:
        """Bring the files in step where the registry changed; those that changed, which Mosquitto reads again."""
        tenant = self._folder.tenant
        with transaction(self._engine) as session:
            mark = enforced.mark(session, tenant)
            if mark == self._mark and now - self._synced < ANYHOW:
                return []
            holds = enforced.read(session, tenant)
        changed = self._folder.sync(self._ca, holds, self._foreign, now)
        if changed:
            reached = self._folder.reload()
            _log.info("the broker reads its files again", changed=changed, reached=reached)
        self._mark, self._synced = mark, now
        return changed

    def book(self, process: MosquittoProcess, now: datetime) -> None:
        """Book what was refused since the last time; what cannot be booked is kept for the next."""
        refused = process.refused()
        if not refused:
            return
        try:
            with transaction(self._engine) as session:
                hour = now.replace(minute=0, second=0, microsecond=0)
                refusals.book(session, self._folder.tenant, hour, refused)
        except SQLAlchemyError:
            process.not_booked(refused)
            raise

    def run(self, process: MosquittoProcess, stop: Stop) -> None:
        """Run Mosquitto until `stop`. Raises ServiceError when it does not start or ends by itself."""

        def step() -> bool:
            self.book(process, datetime.now(UTC))
            self.keep(datetime.now(UTC))
            return False

        process.start()
        keeper = in_thread("broker", step, stop, STEP_S)
        while not stop.wait(0.2):
            if (code := process.ended()) is not None:
                stop.set()
                raise ServiceError(f"Mosquitto ended by itself with {code}.", "What it said last is in the log above.")
        process.stop()
        keeper.join(STEP_S)
        self.book(process, datetime.now(UTC))
