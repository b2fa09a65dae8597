"""What the broker refused, counted: read out of Mosquitto's own log and booked by identity and hour.

Mosquitto says that it denied a message only in its debug log, which it writes for every message. So the log goes
through a pipe that is searched as a whole, never line by line, and nothing of it reaches the disk.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ingest.tables import BrokerRefusalRow
from ingest.wire.topics import is_identifier

DENIED = re.compile(rb"Denied PUBLISH from ([^\n]*) \(d\d, q\d, r\d, m\d+, '([^\n]*)', \.\.\. ")
SHUT_OUT = re.compile(
    rb"disconnected, not authorised\.|routines:[^\n]*(?:certificate|no shared)|alert [^\n]*certificate"
)
TROUBLE = re.compile(rb"^(?:\d+: )?((?:Error|Warning)[^\n]*)", re.MULTILINE)
LINE_MOST = 70_000  # bytes kept of a line that has not ended yet; a topic has at most 65,535
TOPIC_MOST = 200  # characters; enough to see whose topic it was


@dataclass(frozen=True, slots=True)
class Refused:
    """How many messages of an identity were refused, and on which topic the last time."""

    count: int
    topic: str


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """What the broker refused of one identity in one hour; device "" stands for names that no device can have."""

    device: str
    hour: datetime
    count: int
    topic: str


class LogReader:
    """Takes Mosquitto's log in pieces of any size and counts; belongs to one thread."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """`say` gets every error and warning of Mosquitto's."""
        self._say = say
        self._rest = b""
        self._counts: Counter[str] = Counter()
        self._topics: dict[str, str] = {}
        self.connections = 0

    def feed(self, piece: bytes) -> int:
        """Count what is in the piece; how many refused messages it had. A line may be cut anywhere."""
        whole, newline, rest = (self._rest + piece).rpartition(b"\n")
        self._rest = rest[:LINE_MOST]
        if not newline:
            return 0
        found = 0
        if b"Denied " in whole:
            for hit in DENIED.finditer(whole):
                self._note(hit[1], hit[2])
                found += 1
        if b"authorised" in whole or b"OpenSSL Error" in whole:
            self.connections += len(SHUT_OUT.findall(whole))
        if b"Error" in whole or b"Warning" in whole:
            for hit in TROUBLE.finditer(whole):
                self._say(hit[1].decode("utf-8", "replace"))
        return found

    def take(self) -> dict[str, Refused]:
        """What was counted since the last time, by identity."""
        taken = {name: Refused(count, self._topics[name]) for name, count in self._counts.items()}
        self._counts.clear()
        self._topics.clear()
        return taken

    def give_back(self, taken: Mapping[str, Refused]) -> None:
        """Keep counts that could not be booked for the next time."""
        for name, refused in taken.items():
            self._counts[name] += refused.count
            self._topics.setdefault(name, refused.topic)

    def _note(self, client: bytes, topic: bytes) -> None:
        name = client.decode("utf-8", "replace")
        name = name if is_identifier(name) else ""
        self._counts[name] += 1
        self._topics[name] = topic.decode("utf-8", "replace")[:TOPIC_MOST].replace("\0", "")


def book(session: Session, tenant: str, hour: datetime, refused: Mapping[str, Refused]) -> None:
    """Add to the account of that hour."""
    for name, what in sorted(refused.items()):
        values = {"tenant": tenant, "device": name, "hour": hour, "count": what.count, "topic": what.topic}
        statement = insert(BrokerRefusalRow).values(**values)
        more = {"count": BrokerRefusalRow.count + what.count, "topic": what.topic}
        session.execute(statement.on_conflict_do_update(index_elements=["tenant", "device", "hour"], set_=more))


def since(session: Session, tenant: str, start: datetime) -> list[RefusalLine]:
    """What was refused in the hours from `start` on, the newest first."""
    rows = session.execute(
        select(BrokerRefusalRow)
        .where(BrokerRefusalRow.tenant == tenant, BrokerRefusalRow.hour >= start)
        .order_by(BrokerRefusalRow.hour.desc(), BrokerRefusalRow.count.desc())
    ).scalars()
    return [RefusalLine(row.device, row.hour, row.count, row.topic) for row in rows]
