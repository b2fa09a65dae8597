"""What dialects remember across starts of the gateway, and what they want published."""

from __future__ import annotations

from collections import deque

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from ingest.gateway.routes import Router
from ingest.gateway.sender import Publish
from ingest.tables import AnnouncementRow
from kit.db import transaction
from kit.logs import get
from kit.supervise import Stop

RETRY_S = 1.0  # shorter asks a dead database for nothing

_log = get("gateway.memory")


def recall(engine: Engine, router: Router, stop: Stop) -> bool:
    """Give the dialects what was announced before this process started; waits for the database. False: stopped."""
    while not stop.is_set():
        try:
            router.remember(_announced(engine, router.tenant))
        except SQLAlchemyError as error:
            _log.warning("what devices announced cannot be read yet", reason=type(error).__name__, retry_s=RETRY_S)
            stop.wait(RETRY_S)
        else:
            return True
    return False


def _announced(engine: Engine, tenant: str) -> list[tuple[str, bytes]]:
    """Topics and payloads, the oldest first."""
    query = select(AnnouncementRow.topic, AnnouncementRow.body).where(AnnouncementRow.tenant == tenant)
    with transaction(engine) as session:
        return [(topic, body) for topic, body in session.execute(query.order_by(AnnouncementRow.received_at))]


class Replier:
    """Publishes what dialects want said, such as a request for a birth; a step for `kit.supervise`."""

    def __init__(self, replies: deque[tuple[str, bytes]], publish: Publish) -> None:
        self._replies = replies
        self._publish = publish

    def step(self) -> bool:
        """Publish one reply; whether there was one. Raises ServiceError while the broker takes nothing."""
        try:
            topic, payload = self._replies.popleft()
        except IndexError:
            return False
        self._publish(topic, payload)  # one that fails is lost: its dialect asks again
        return True
