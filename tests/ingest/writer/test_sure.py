"""Up to where a forgetful store holds the log for certain: by the time of writing, whatever the time of receiving."""

from __future__ import annotations

from sqlalchemy import Engine

from ingest import offsets
from ingest.offsets import Position
from ingest.writer.sure import READER, Sure
from kit.db import transaction


def test_what_was_booked_long_enough_ago_is_sure(engine: Engine) -> None:
    now = 100.0
    sure = Sure(10_000, 2, lambda: now)
    booked = [Position(5, 1), Position(7, 1)]
    with transaction(engine) as session:
        assert sure.load(session, booked) == [Position(), Position()]
        sure.booked(session, booked)
        now += 9
        sure.booked(session, [Position(90, 2), Position(91, 2)])
        assert offsets.positions(session, READER, 2) == [Position(), Position()]
        now += 1
        sure.booked(session, [Position(95, 3), Position(96, 3)])
    with transaction(engine) as session:
        assert Sure(10_000, 2).load(session, [Position(95, 3), Position(96, 3)]) == booked


def test_a_store_that_forgets_nothing_holds_nothing_back(engine: Engine) -> None:
    booked = [Position(5, 1)]
    with transaction(engine) as session:
        offsets.place(session, READER, 0, Position(1, 1))
        sure = Sure(0, 1)
        assert sure.load(session, booked) == booked
        sure.booked(session, booked)
        assert offsets.positions(session, READER, 1) == [Position()]
