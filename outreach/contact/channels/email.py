"""E-mail over SMTP, with the one distinction that matters: was the server given the mail or not.

Up to the end of the DATA command's own answer nothing has been handed over: any loss is a temporary failure. From the
first octet of the content on, only the server's final answer tells. Without it the fate is unknown, and a mail of
unknown fate is never sent again by itself. Refusals of the recipient or the content (5xx) are permanent; refusals
before that (greeting, TLS, sign-in, sender) are ours to mend, so they are tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from email.utils import parseaddr

import aiosmtplib
from sqlalchemy import select
from sqlalchemy.orm import Session

from kit.clock import Clock, SystemClock
from kit.settings import Core, Settings
from outreach import metrics
from outreach.config import Config
from outreach.contact.channels.channel import Fate, Proof, Receipt
from outreach.contact.channels.mime import Unsendable, mail, transparent
from outreach.contact.letter import Letter
from outreach.tables import SinkMailRow

GOODBYE_S = 2.0  # the mail is delivered already; a server that does not say goodbye is not waited for
LEASE_SHARE = 0.8  # of the lease: an attempt ends well before anybody else looks into its fate
_ANSWER = 354

MAIL_ERRORS = (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError)  # all that a mail server can do to us


@dataclass(frozen=True, slots=True)
class Route:
    """Where mails go. `sink_tenant` is set when that is the built-in mail sink, which can be asked later."""

    host: str
    port: int
    tls: str
    user: str | None
    password: str | None
    timeout_s: float
    total_s: float
    sink_tenant: str | None = None


class _Progress:
    """How far one conversation has come."""

    recipient_named = False
    handed_over = False


class EmailChannel:
    """Delivers letters to the mail server of `route`."""

    name = "email"

    def __init__(self, route: Route, sender: str, reply_to: str | None, clock: Clock) -> None:
        self._route = route
        self._sender = sender
        self._reply_to = reply_to
        self._clock = clock

    def deliver(self, letter: Letter) -> Receipt:
        try:
            data = mail(letter, self._sender, self._reply_to, self._clock.now())
        except Unsendable as error:
            return Receipt(Fate.PERMANENT, f"This cannot be sent as a mail: {error}")
        began = time.monotonic()
        receipt = asyncio.run(self._attempt(letter.address, data))
        metrics.delivery_seconds.labels(self.name).observe(time.monotonic() - began)
        metrics.deliveries.labels(self.name, receipt.fate).inc()
        return receipt

    def proof(self, session: Session, message_id: str) -> Proof:
        """The built-in sink keeps what it took, and keeps one copy of one Message-ID: not there means not sent."""
        if self._route.sink_tenant is None:
            return Proof.NONE
        there = session.scalar(
            select(SinkMailRow.id).where(
                SinkMailRow.tenant == self._route.sink_tenant, SinkMailRow.message_id == message_id
            )
        )
        return Proof.NOT_DELIVERED if there is None else Proof.DELIVERED

    async def _attempt(self, address: str, data: bytes) -> Receipt:
        progress = _Progress()
        server = f"{self._route.host}:{self._route.port}"
        client = _client(self._route)
        try:
            async with asyncio.timeout(self._route.total_s):
                return await self._converse(client, address, data, progress)
        except aiosmtplib.SMTPResponseException as error:
            return Receipt(_fate(error.code, progress), f"{server} answered {error.code} {error.message}")
        except MAIL_ERRORS as error:
            reason = str(error) or type(error).__name__
            if progress.handed_over:
                return Receipt(Fate.UNKNOWN, f"{server} had the mail but did not confirm it: {reason}")
            return Receipt(Fate.TEMPORARY, f"{server} could not be used: {reason}")
        finally:
            client.close()

    async def _converse(self, client: aiosmtplib.SMTP, address: str, data: bytes, progress: _Progress) -> Receipt:
        await client.connect()
        if self._route.user is not None:
            await client.login(self._route.user, self._route.password or "")
        await client.mail(parseaddr(self._sender)[1])
        progress.recipient_named = True
        await client.rcpt(address)
        go_on = await client.execute_command(b"DATA")
        if go_on.code != _ANSWER:
            raise aiosmtplib.SMTPDataError(go_on.code, go_on.message)
        protocol = client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        progress.handed_over = True
        protocol.write(transparent(data))
        answer = await protocol.read_response(timeout=self._route.timeout_s)
        if answer.code // 100 != 2:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            await client.quit(timeout=GOODBYE_S)
        return Receipt(Fate.DELIVERED, f"{answer.code} {answer.message}")


def _fate(code: int, progress: _Progress) -> Fate:
    """What a refusal means; an answer that is none (code below 400) proves nothing."""
    if code < 400:
        return Fate.UNKNOWN if progress.handed_over else Fate.TEMPORARY
    return Fate.PERMANENT if code >= 500 and progress.recipient_named else Fate.TEMPORARY


def open_channel(settings: Settings, sink_port: int | None) -> EmailChannel:
    """The channel that the settings describe: the configured mail server, else the built-in sink at `sink_port`."""
    config = settings.of(Config)
    return EmailChannel(route(settings, sink_port), config.sender, config.reply_to, SystemClock())


def route(settings: Settings, sink_port: int | None) -> Route:
    """Where the settings say that mails go."""
    config = settings.of(Config)
    total_s = config.lease_s * LEASE_SHARE
    if config.smtp_host is None:
        tenant = settings.of(Core).tenant
        return Route("127.0.0.1", sink_port or 0, "none", None, None, config.smtp_timeout_s, total_s, tenant)
    password = config.smtp_password.get_secret_value() if config.smtp_password else None
    return Route(
        host=config.smtp_host,
        port=config.smtp_port,
        tls=config.smtp_tls,
        user=config.smtp_user,
        password=password,
        timeout_s=config.smtp_timeout_s,
        total_s=total_s,
    )


def greet(route: Route) -> None:
    """Connect, secure and sign in, as for a mail, and leave. Raises one of MAIL_ERRORS."""

    async def hello() -> None:
        client = _client(route)
        try:
            async with asyncio.timeout(route.timeout_s):
                await client.connect()
                if route.user is not None:
                    await client.login(route.user, route.password or "")
                with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                    await client.quit(timeout=GOODBYE_S)
        finally:
            client.close()

    asyncio.run(hello())


def _client(route: Route) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=route.host,
        port=route.port,
        timeout=route.timeout_s,
        use_tls=route.tls == "tls",
        start_tls=route.tls == "starttls",
    )
