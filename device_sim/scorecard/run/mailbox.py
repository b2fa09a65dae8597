"""The customers' mail server: a real one, that takes what is sent to living addresses and refuses the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from outreach.contact import sink
from outreach.contact.links import Purpose

_LINK = re.compile(rf"/c/({'|'.join(Purpose)})/([\w.~-]+)")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as its reader has it: the id of the notice, and the tokens of its links."""

    notice: str
    address: str
    links: dict[str, str]


class Mailbox:
    """The handler of the server (aiosmtpd's), called in its thread; `take` empties it."""

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self._arrived: list[Mail] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: object, _session: object, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Whether somebody lives there."""
        if address in self.dead:
            return "550 5.1.1 Nobody has this address any more"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        """Keep the mail."""
        seen = sink.read(envelope.content)
        links = dict(_LINK.findall(seen["text"]))
        self._arrived.append(Mail(seen["message_id"].partition("@")[0], envelope.rcpt_tos[0], links))
        return "250 2.0.0 Taken"

    def take(self) -> list[Mail]:
        """What arrived since the last call, in order."""
        arrived, self._arrived = self._arrived, []
        return arrived
