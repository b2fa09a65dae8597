"""The mail channel against providers that refuse, stall and hang up at every step of the conversation."""

from __future__ import annotations

import email
import email.policy
import smtplib
import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.clock import VirtualClock, to_ms
from outreach.contact.channels.channel import Fate, Receipt
from outreach.contact.channels.email import EmailChannel, Route, greet
from outreach.contact.channels.mime import Unsendable, mail, transparent
from outreach.contact.letter import Letter, one_line
from tests.outreach.contact.provider import provider

AT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SENDER = "Forewarn <care@fw.example>"
LETTER = Letter(
    message_id="0b1e@fw.example",
    recipient_name="Jörg Öllinger",
    address="joerg@example.com",
    language="de",
    subject="Der Motor wird heißer, als er sollte: Van 12 (FW-1001)",  # codespell:ignore
    text="Guten Tag,\n.\n..zwei Punkte\nund " + "ein sehr langer Satz " * 60 + "\n",
    html="<p>Guten Tag, ß</p>\n",
    unsubscribe_url="https://fw.example/c/unsubscribe/" + "x" * 240,
    reference="FW-1001",
)


def channel(port: int, **changes: object) -> EmailChannel:
    route = Route("127.0.0.1", port, "none", None, None, timeout_s=1.0, total_s=4.0)
    return EmailChannel(replace(route, **changes), SENDER, None, VirtualClock(to_ms(AT)))  # type: ignore[arg-type]


def attempt(habit: str) -> tuple[Receipt, int]:
    with provider(lambda: habit) as desk:
        receipt = channel(desk.port).deliver(LETTER)
        return receipt, len(desk.mails)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("habit", "fate", "accepted"),
    [
        ("ok", Fate.DELIVERED, 1),
        ("451_mail", Fate.TEMPORARY, 0),
        ("550_mail", Fate.TEMPORARY, 0),  # our sender address is ours to mend
        ("451_rcpt", Fate.TEMPORARY, 0),
        ("550_rcpt", Fate.PERMANENT, 0),
        ("451_data", Fate.TEMPORARY, 0),
        ("554_data", Fate.PERMANENT, 0),
        ("gone_at_data", Fate.TEMPORARY, 0),  # nothing had been handed over yet
        ("gone_before_accept", Fate.UNKNOWN, 0),
        ("gone_after_accept", Fate.UNKNOWN, 1),
        ("stall_after_accept", Fate.UNKNOWN, 1),
        ("nonsense_after_accept", Fate.UNKNOWN, 1),
    ],
)
def test_every_end_of_a_conversation_has_its_fate(habit: str, fate: Fate, accepted: int) -> None:
    receipt, mails = attempt(habit)
    assert (receipt.fate, mails) == (fate, accepted), receipt
    assert receipt.words


def test_nobody_at_the_door_is_temporary() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused
        assert channel(taken.getsockname()[1]).deliver(LETTER).fate is Fate.TEMPORARY


@pytest.mark.slow
def test_a_server_that_never_speaks_is_temporary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert channel(mute.getsockname()[1]).deliver(LETTER).fate is Fate.TEMPORARY


def test_encryption_that_is_asked_for_and_not_offered_sends_nothing() -> None:
    with provider(lambda: "ok") as desk:
        receipt = channel(desk.port, tls="starttls").deliver(LETTER)
        assert (receipt.fate, desk.mails) == (Fate.TEMPORARY, [])


def test_a_sign_in_that_fails_sends_nothing_and_is_tried_again() -> None:
    with provider(lambda: "ok") as desk:
        receipt = channel(desk.port, user="me", password="secret-word").deliver(LETTER)
        assert (receipt.fate, desk.mails) == (Fate.TEMPORARY, [])
        assert "secret-word" not in receipt.words


def test_the_doctor_greets_without_sending() -> None:
    with provider(lambda: "ok") as desk:
        greet(Route("127.0.0.1", desk.port, "none", None, None, 1.0, 4.0))
        assert desk.mails == []


def test_the_mail_arrives_as_it_was_written() -> None:
    with provider(lambda: "ok") as desk:
        channel(desk.port).deliver(LETTER)
        (got,) = desk.mails
    plain, html = got.get_body(("plain",)), got.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == LETTER.text
    assert html.get_content().replace("\r\n", "\n") == LETTER.html
    assert got["Subject"] == LETTER.subject
    assert got["To"] == "Jörg Öllinger <joerg@example.com>"
    assert got["List-Unsubscribe"] == f"<{LETTER.unsubscribe_url}>"
    assert got["Message-ID"] == "<0b1e@fw.example>"
    assert got["Auto-Submitted"] == "auto-generated"


def test_the_unsubscribe_header_is_one_plain_line() -> None:
    """Folded into encoded words, a long link would be no link any more."""
    line = next(line for line in mail(LETTER, SENDER, None, AT).split(b"\r\n") if line.startswith(b"List-Unsubscribe:"))
    assert line == f"List-Unsubscribe: <{LETTER.unsubscribe_url}>".encode()


@given(name=st.text(max_size=60), subject=st.text(max_size=300), body=st.text(max_size=400))
def test_no_text_breaks_out_of_its_place(name: str, subject: str, body: str) -> None:
    letter = replace(LETTER, recipient_name=name, subject=subject, text=body)
    try:
        data = mail(letter, SENDER, None, AT)
    except Unsendable:
        return
    data.decode("ascii")
    got = email.message_from_bytes(data, policy=email.policy.default)
    assert list(got) == HEADERS
    assert got["To"].addresses[0].addr_spec == LETTER.address
    assert len(one_line(subject)) <= 180


HEADERS = list(email.message_from_bytes(mail(LETTER, SENDER, None, AT), policy=email.policy.default))


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "x\r\nBcc: y@z.example", "jörg@example.com", "a b@c.d"])
def test_an_address_that_is_none_fails_for_good(address: str) -> None:
    with provider(lambda: "ok") as desk:
        receipt = channel(desk.port).deliver(replace(LETTER, address=address))
        assert (receipt.fate, desk.mails) == (Fate.PERMANENT, [])


@given(st.binary(max_size=400))
def test_dots_and_line_ends_travel_unharmed(data: bytes) -> None:
    wire = transparent(data)
    assert wire.endswith(b"\r\n.\r\n")
    body = wire[: -len(b"\r\n.\r\n")]
    assert b"\r\n.\r\n" not in body + b"\r\n"
    assert smtplib._fix_eols(data.decode("latin-1").rstrip("\r\n")).encode("latin-1") == b"\r\n".join(
        line[1:] if line.startswith(b".") else line for line in body.split(b"\r\n")
    )
