"""The broker's keeper: runs Mosquitto, keeps its files in step with the registry, books what it refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from ingest.identity.authority import Authority
from ingest.identity.broker import enforced, refusals
from ingest.identity.broker.folder import BrokerFolder
from ingest.identity.broker.process import MosquittoProcess
from ingest.identity.broker.texts import ForeignTopic
from kit.db import connect, transaction
from kit.errors import ServiceError
from kit.logs import get
from kit.settings import Core, Settings
from kit.supervise import Stop, in_thread

STEP_S = 2.0  # how long a revocation may take to be in force; shorter asks the database for nothing

_log = get("broker")


@dataclass(frozen=True, slots=True)
class BrokerRun:
    """What `forewarn broker run` does; Mosquitto goes on with what it has while the database is away."""

    settings: Settings
    folder: BrokerFolder
    ca: Authority
    foreign: Sequence[ForeignTopic]
    process: MosquittoProcess

    def run(self, stop: Stop) -> None:
        """Until `stop`. Raises ServiceError when Mosquitto does not start or ends by itself."""
        engine = connect(self.settings)
        tenant = self.settings.of(Core).tenant

        def step() -> bool:
            with transaction(engine) as session:
                holds = enforced.read(session, tenant)
            changed = self.folder.sync(self.ca, holds, self.foreign, datetime.now(UTC))
            if changed:
                _log.info("the broker reads its files again", changed=changed, reached=self.folder.reload())
            refused = self.process.refused()
            if refused:
                hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
                try:
                    with transaction(engine) as session:
                        refusals.book(session, tenant, hour, refused)
                except SQLAlchemyError:
                    self.process.not_booked(refused)
                    raise
            return False

        self.process.start()
        keeper = in_thread("broker", step, stop, STEP_S)
        while not stop.wait(0.2):
            if (code := self.process.ended()) is not None:
                stop.set()
                raise ServiceError(f"Mosquitto ended by itself with {code}.", "What it said last is in the log above.")
        self.process.stop()
        keeper.join(STEP_S)
        step()
        engine.dispose()
