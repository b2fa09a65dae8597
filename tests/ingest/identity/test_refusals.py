"""Refusals: counted out of the broker's log however it is cut, booked once, whatever a client puts into a topic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ingest.identity.broker import refusals
from ingest.identity.broker.refusals import LogReader, Refused

HOUR = datetime(2026, 11, 22, 10, tzinfo=UTC)
LOG = b"""\
1795306132: New client connected from 127.0.0.1:45218 as car-1 (p2, c1, k60, u'car-1').
1795306133: Received PUBLISH from car-1 (d0, q1, r0, m1, 'fw/v1/demo/car-1/telemetry', ... (2 bytes))
1795306133: Denied PUBLISH from car-1 (d0, q1, r0, m1, 'fw/v1/demo/car-2/telemetry', ... (5 bytes))
1795306133: Sending PUBACK to car-1 (m1, rc135)
1795306134: Denied PUBLISH from car-1 (d1, q0, r1, m0, 'fw/v1/demo/car-3/status', ... (6 bytes))
1795306134: Denied PUBLISH from _forewarn (d0, q1, r0, m9, 'x', ... (6 bytes))
1795306134: Client <unknown> disconnected, not authorised.
1795306134: OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate
1795306134: Warning: something is odd
"""


@given(cuts=st.lists(st.integers(0, len(LOG)), max_size=20))
def test_a_log_is_counted_alike_however_it_is_cut(cuts: list[int]) -> None:
    said: list[str] = []
    reader = LogReader(said.append)
    places = [0, *sorted(cuts), len(LOG)]
    found = sum(reader.feed(LOG[start:end]) for start, end in pairwise(places))
    assert found == 3
    assert reader.take() == {"car-1": Refused(2, "fw/v1/demo/car-3/status"), "": Refused(1, "x")}
    assert reader.take() == {}
    assert reader.connections == 2
    assert said == ["Warning: something is odd"]


@given(junk=st.lists(st.binary(max_size=300), max_size=10))
def test_no_log_breaks_the_reader(junk: list[bytes]) -> None:
    reader = LogReader(lambda line: None)
    for piece in junk:
        reader.feed(piece)
    reader.feed(b"\n" + LOG)
    assert reader.take()["car-1"].count >= 2


def test_an_endless_line_does_not_fill_the_memory() -> None:
    reader = LogReader(lambda line: None)
    for _ in range(100):
        reader.feed(b"x" * 100_000)
    assert len(reader._rest) <= refusals.LINE_MOST
    reader.feed(b"\n" + LOG)
    assert reader.take()["car-1"].count == 2


def test_counts_that_could_not_be_booked_come_again() -> None:
    reader = LogReader(lambda line: None)
    reader.feed(LOG)
    first = reader.take()
    reader.feed(LOG)
    reader.give_back(first)
    assert reader.take()["car-1"].count == 4


def test_refusals_are_booked_by_identity_and_hour(session: Session) -> None:
    refusals.book(session, "demo", HOUR, {"car-1": Refused(2, "a"), "": Refused(1, "b")})
    refusals.book(session, "demo", HOUR, {"car-1": Refused(3, "c")})
    refusals.book(session, "demo", HOUR + timedelta(hours=1), {"car-1": Refused(1, "d")})
    refusals.book(session, "other", HOUR, {"car-1": Refused(7, "e")})
    lines = refusals.since(session, "demo", HOUR)
    assert [(line.device, line.count, line.topic) for line in lines] == [
        ("car-1", 1, "d"),
        ("car-1", 5, "c"),
        ("", 1, "b"),
    ]
    assert len(refusals.since(session, "demo", HOUR + timedelta(minutes=1))) == 1
