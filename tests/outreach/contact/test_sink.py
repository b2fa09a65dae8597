"""The built-in mail sink takes whatever comes over SMTP, and loses nothing that it said yes to."""

from __future__ import annotations

import smtplib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from kit.clock import VirtualClock, to_ms
from kit.db import transaction
from outreach.cases import queries
from outreach.contact import sink
from outreach.errors import MailNotFound
from tests.outreach.conftest import NOON, TENANT

CLOCK = VirtualClock(to_ms(NOON))


def post(port: int, *mails: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        for mail in mails:
            client.sendmail("a@example.com", ["b@example.com", "c@example.com"], mail)


def test_a_second_copy_of_a_mail_is_counted_not_kept(engine: Engine) -> None:
    mail = b"Message-ID: <1@x>\r\nSubject: =?utf-8?q?hei=C3=9F?=\r\n\r\nhello\r\n"
    with sink.running(engine, CLOCK, TENANT) as port:
        post(port, mail, mail, b"Subject: no id\r\n\r\none\r\n", b"Subject: no id\r\n\r\none\r\n")
    with transaction(engine) as session:
        rows = session.execute(text("SELECT id, message_id, copies FROM sink_mail ORDER BY id")).all()
        seen = queries.sink_mail(session, TENANT, rows[0].id)
        assert (seen.subject, seen.text, seen.recipient) == ("heiß", "hello\n", "b@example.com, c@example.com")
        assert [row.copies for row in rows] == [2, 1, 1]
        for nobody in (0, -1, 10**30, rows[-1].id + 1):
            with pytest.raises(MailNotFound):
                queries.sink_mail(session, TENANT, nobody)
        with pytest.raises(MailNotFound):
            queries.sink_mail(session, "another tenant", rows[0].id)


def test_garbage_is_kept_as_garbage(engine: Engine) -> None:
    strange = [
        b"\x00\x01\x02\r\n",
        b"Content-Type: text/plain; charset=martian\r\n\r\n\xff\xfe\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nno parts\r\n",
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!!\r\n",
        b"Subject: =?utf-8?b?////?=\r\nFrom: @@@ <\r\nTo: \r\n\r\n",
    ]
    with sink.running(engine, CLOCK, TENANT) as port:
        post(port, *strange)
    with transaction(engine) as session:
        kept = session.execute(text("SELECT count(*), count(raw) FROM sink_mail")).one()
    assert tuple(kept) == (len(strange), len(strange))


def test_without_its_database_the_sink_refuses_for_now(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE sink_mail RENAME TO gone"))
    with sink.running(engine, CLOCK, TENANT) as port, pytest.raises(smtplib.SMTPDataError) as caught:
        post(port, b"Subject: x\r\n\r\ny\r\n")
    assert caught.value.smtp_code == 451


@given(st.binary(max_size=300) | st.builds(lambda t: t.encode("utf-8", "surrogatepass"), st.text(max_size=200)))
def test_any_bytes_can_be_shown(data: bytes) -> None:
    for form in (data, b"Subject: " + data, b"Content-Type: " + data, b"From: a\r\n\r\n" + data):
        seen = sink.read(form)
        for key in ("message_id", "subject", "text", "html"):
            assert "\0" not in seen[key]
            seen[key].encode("utf-8")
