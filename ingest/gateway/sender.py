"""Sends queued commands down to their devices, over the gateway's own connection, and ends those nobody answered."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Engine

from ingest import commands, metrics
from ingest.wire import topics
from kit.clock import Clock
from kit.db import transaction
from kit.logs import get

REST_S = 0.5  # how long a person waits at most before a command leaves; shorter asks the database for nothing

_log = get("gateway.commands")


class Publish(Protocol):
    """Hand a message to the broker; returns once the broker has it. Raises ServiceError in a bounded time."""

    def __call__(self, topic: str, payload: bytes) -> None: ...


class Sender:
    """One step is one command, or the end of what is overdue; several gateways share the work (SKIP LOCKED).

    The command is published inside the transaction that claims it: when the process dies in between it is sent again,
    with the same id.
    """

    def __init__(self, engine: Engine, publish: Publish, tenant: str, clock: Clock) -> None:
        self._engine = engine
        self._publish = publish
        self._tenant = tenant
        self._clock = clock

    def step(self) -> bool:
        """True when a command was sent: there may be more. Raises ServiceError while the broker takes nothing."""
        now = self._clock.now()
        with transaction(self._engine) as session:
            if overdue := commands.expire(session, self._tenant, now):
                _log.info("commands expired", commands=overdue)
        with transaction(self._engine) as session:
            command = commands.claim(session, self._tenant, now)
            if command is None:
                return False
            self._publish(topics.command(self._tenant, command.device), commands.payload(command))
            commands.sent(session, command.id, self._clock.now())
        metrics.commands_sent.inc()
        _log.info("command sent", device=command.device, command=command.name, id=str(command.id))
        return True
