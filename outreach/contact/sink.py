"""The built-in mail sink: a real SMTP server on the loopback address whose mails are read on a page.

It answers 250 only when the mail is in the database, keeps one copy of one Message-ID and counts the others.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from kit.clock import Clock
from kit.db import transaction
from kit.errors import ServiceError
from kit.logs import get
from outreach import metrics
from outreach.tables import SinkMailRow

LARGEST_MAIL = 2_000_000  # bytes; our own are below 20,000
START_S = 10.0
_log = get("sink")


@contextmanager
def running(engine: Engine, clock: Clock, tenant: str) -> Iterator[int]:
    """Run the sink in a thread of its own for the length of the block; gives the port that it listens on."""
    with serving(Keeper(engine, clock, tenant)) as port:
        yield port


@contextmanager
def serving(handler: object) -> Iterator[int]:
    """Run a mail server with that handler of aiosmtpd's for the length of the block; gives its port."""
    loop = asyncio.new_event_loop()
    ready: threading.Event = threading.Event()
    server: list[asyncio.Server] = []

    def serve() -> None:
        asyncio.set_event_loop(loop)
        made = loop.create_server(
            lambda: SMTP(handler, data_size_limit=LARGEST_MAIL, ident="Forewarn sink"), "127.0.0.1"
        )
        server.append(loop.run_until_complete(made))
        ready.set()
        loop.run_forever()
        loop.run_until_complete(_finish(server[0]))
        loop.close()

    thread = threading.Thread(target=serve, name="sink", daemon=True)
    thread.start()
    if not ready.wait(START_S):
        raise ServiceError("The built-in mail sink does not start.", "Set [outreach] smtp_host to a mail server.")
    try:
        yield int(server[0].sockets[0].getsockname()[1])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(START_S)


async def _finish(server: asyncio.Server) -> None:
    """Close the door, and end what is still being said."""
    server.close()
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


class Keeper:
    """aiosmtpd's handler: stores each mail before it is acknowledged."""

    def __init__(self, engine: Engine, clock: Clock, tenant: str) -> None:
        self._engine = engine
        self._clock = clock
        self._tenant = tenant

    async def handle_DATA(self, _server: SMTP, _session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail; a database that is away is a temporary failure, as it would be anywhere."""
        try:
            await asyncio.to_thread(self._keep, envelope)
        except SQLAlchemyError as error:
            metrics.sink_refused.inc()
            _log.warning("mail not stored", reason=str(error).splitlines()[0][:300])
            return "451 4.3.0 The mail cannot be stored now, try again later"
        return "250 2.0.0 Kept"

    def _keep(self, envelope: Envelope) -> None:
        raw = envelope.content
        data = raw if isinstance(raw, bytes) else str(raw or "").encode()
        with transaction(self._engine) as session:
            keep(session, self._tenant, envelope.mail_from or "", list(envelope.rcpt_tos), data, self._clock.now())


def keep(session: Session, tenant: str, sender: str, recipients: list[str], data: bytes, at: datetime) -> None:  # noqa: PLR0917
    """Store a mail as it came, readable as far as it can be read."""
    seen = read(data)
    row: dict[str, Any] = {
        "tenant": tenant,
        "message_id": seen["message_id"] or f"none-{uuid.uuid4()}",
        "sender": _storable(sender),
        "recipient": _storable(", ".join(recipients)),
        "subject": seen["subject"],
        "received_at": at,
        "headers": seen["headers"],
        "text": seen["text"],
        "html": seen["html"],
        "raw": data,
        "copies": 1,
    }
    statement = insert(SinkMailRow).values(row)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant", "message_id"], set_={"copies": SinkMailRow.copies + 1}
        )
    )


def read(data: bytes) -> dict[str, Any]:
    """Message id, subject, headers, text and HTML of a mail; what cannot be read is shown as raw text."""
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        headers = [[_storable(name), _storable(str(value))] for name, value in message.items()]
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        return {
            "message_id": _storable(str(message.get("Message-ID", ""))).strip("<> "),
            "subject": _storable(str(message.get("Subject", ""))),
            "headers": headers,
            "text": _storable(plain.get_content()) if plain else "",
            "html": _storable(html.get_content()) if html else "",
        }
    except (ValueError, LookupError, AttributeError, TypeError):  # what the standard parser raises on broken mails
        text = _storable(data.decode("utf-8", "replace"))
        return {"message_id": "", "subject": "", "headers": [], "text": text, "html": ""}


def _storable(text: str) -> str:
    """Text with plain line ends, without what PostgreSQL cannot store."""
    return text.replace("\0", "").replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
