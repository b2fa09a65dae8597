"""What devices said beside readings: taken once, in order, and read as words whatever they are."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ingest import events
from ingest.reading import EventKind
from ingest.registry.devices import Device
from ingest.tables import DeviceEventRow, DeviceStatusRow
from kit.clock import SystemClock
from kit.db import transaction

NOW = SystemClock().now()


def say(session: Session, device_no: int, body: bytes, kind: EventKind = EventKind.HELP) -> None:
    session.add(DeviceEventRow(device_no=device_no, kind=kind, at=NOW, received_at=NOW, body=body, digest=body.hex()))
    session.flush()


def test_what_a_device_said_is_taken_together_and_once(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        say(session, fleet[0].no, b"one")
        say(session, fleet[1].no, b"other")
        say(session, fleet[0].no, b"two")
        say(session, fleet[0].no, b"news", EventKind.EVENT)
    with transaction(engine) as session:
        first, second = events.claim(session, EventKind.HELP), events.claim(session, EventKind.HELP)
        assert first is not None
        assert second is not None
        assert (first.device, [event.body for event in first.events]) == (fleet[0], [b"one", b"two"])
        assert (second.device, [event.body for event in second.events]) == (fleet[1], [b"other"])
        assert events.claim(session, EventKind.HELP) is None
    with transaction(engine) as session:
        assert events.claim(session, EventKind.HELP) is None
        assert [event.body for event in events.of_device(session, fleet[0])] == [b"news", b"two", b"one"]


def test_what_was_claimed_and_not_committed_is_claimed_again(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        say(session, fleet[0].no, b"one")
    with transaction(engine) as session:
        assert events.claim(session, EventKind.HELP) is not None
        session.rollback()
    with transaction(engine) as session:
        assert events.claim(session, EventKind.HELP) is not None


def test_two_processes_do_not_take_the_same(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        say(session, fleet[0].no, b"one")
    with transaction(engine) as one, transaction(engine) as other:
        assert events.claim(one, EventKind.HELP) is not None
        assert events.claim(other, EventKind.HELP) is None


def test_a_call_of_a_device_that_is_gone_stops_nobody(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        say(session, 987_654, b"ghost")
        say(session, fleet[0].no, b"one")
        claimed = events.claim(session, EventKind.HELP)
        assert claimed is not None
        assert claimed.device == fleet[0]


def test_a_device_that_never_said_whether_it_is_connected_has_no_status(engine: Engine, fleet: list[Device]) -> None:
    with transaction(engine) as session:
        session.add(DeviceStatusRow(device_no=fleet[0].no, online=True, since=NOW))
        session.flush()
        assert events.status(session, fleet[0]) == events.Status(True, NOW)
        assert events.status(session, fleet[1]) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b"it smells of gas", "it smells of gas"),
        (b'{"message": "it smells of gas"}', "it smells of gas"),
        (b'"gas"', "gas"),
        (b"12", ""),
        (b'{"message": 3}', ""),
        (b"a\x00b\nc", "a b c"),
    ],
)
def test_the_words_of_a_device_are_read_from_text_or_json(body: bytes, words: str) -> None:
    assert events.words_in(body) == words


@given(strategies.binary(max_size=400))
def test_any_bytes_are_words_that_a_page_can_show(body: bytes) -> None:
    words = events.words_in(body)
    assert len(words) <= events.WORDS_MOST
    assert words.isprintable()
