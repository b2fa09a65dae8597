"""The whole product on real services, its mail going to a real SMTP server that keeps what it gets."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from kit.services import free_port

sys.path.insert(0, str(Path(__file__).parent))

from product import Product


@dataclass
class Mailbox:
    """What the mail server took in, in order."""

    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """A mail server on a free port, and that port."""
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def product(
    environment: dict[str, str], tmp_path: Path, mailbox: tuple[Mailbox, int], capfd: pytest.CaptureFixture[str]
) -> Iterator[Product]:
    """Forewarn on this test's own services; nothing runs yet."""
    web = free_port()
    product = Product(
        environment
        | {
            "FOREWARN__API__PORT": str(web),
            "FOREWARN__CORE__PUBLIC_URL": f"http://127.0.0.1:{web}",
            "FOREWARN__OUTREACH__SMTP_HOST": "127.0.0.1",
            "FOREWARN__OUTREACH__SMTP_PORT": str(mailbox[1]),
            "FOREWARN__OUTREACH__SMTP_TLS": "none",
        },
        tmp_path,
    )
    yield product
    product.stop_all()
