"""A mail provider that misbehaves on request, over real SMTP: refuses, stalls, hangs up before or after it accepts."""

from __future__ import annotations

import asyncio
import email
import email.policy
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

Habit = Callable[[], str]  # how the next conversation goes, one of the words below

STALL_S = 30.0


class Provider(SMTP):
    """One connection. Habits: ok, 451_rcpt, 550_rcpt, 451_mail, 550_mail, 451_data, 554_data, gone_at_data,
    gone_before_accept, gone_after_accept, stall_after_accept, nonsense_after_accept."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, ident="provider")
        self.habit = desk.habit()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self.habit == "gone_at_data":
            assert self.transport is not None
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Desk:
    """What all connections share: the habits, and the mails that were really accepted."""

    def __init__(self, habit: Habit) -> None:
        self.habit = habit
        self.mails: list[EmailMessage] = []
        self.copies: Counter[str] = Counter()
        self.port = 0

    async def handle_MAIL(  # noqa: N802
        self, server: Provider, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if server.habit == "451_mail":
            return "451 4.3.0 busy"
        if server.habit == "550_mail":
            return "550 5.7.1 sender not welcome"
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(  # noqa: N802
        self, server: Provider, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if server.habit == "451_rcpt":
            return "451 4.2.1 greylisted"
        if server.habit == "550_rcpt":
            return "550 5.1.1 nobody of that name here"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Provider, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert server.transport is not None
        if server.habit == "451_data":
            return "451 4.3.0 try later"
        if server.habit == "554_data":
            return "554 5.6.0 not this text"
        if server.habit != "gone_before_accept":
            self._accept(envelope)
        if server.habit in {"gone_before_accept", "gone_after_accept"}:
            server.transport.abort()
        elif server.habit == "stall_after_accept":
            await asyncio.sleep(STALL_S)
        elif server.habit == "nonsense_after_accept":
            server.transport.write(b"thanks a lot\r\n")
            await asyncio.sleep(STALL_S)
        return "250 2.0.0 queued"

    def _accept(self, envelope: Envelope) -> None:
        content = envelope.content
        assert isinstance(content, bytes)
        mail: Any = email.message_from_bytes(content, policy=email.policy.default)
        self.mails.append(mail)
        self.copies[str(mail["Message-ID"])] += 1


@contextmanager
def provider(habit: Habit) -> Iterator[Desk]:
    """Run a provider on a free port of the loopback address."""
    desk, loop, ready = Desk(habit), asyncio.new_event_loop(), threading.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(loop.create_server(lambda: Provider(desk), "127.0.0.1"))
        desk.port = server.sockets[0].getsockname()[1]
        ready.set()
        loop.run_forever()
        server.close()
        rest = asyncio.all_tasks(loop)
        for task in rest:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield desk
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def moody(seed: int, moods: dict[str, float]) -> Habit:
    """Habits by share; what is left of 1 is ok. Safe to call from the provider's one thread."""
    dice = random.Random(seed)

    def habit() -> str:
        drawn = dice.random()
        for mood, share in moods.items():
            drawn -= share
            if drawn < 0:
                return mood
        return "ok"

    return habit
