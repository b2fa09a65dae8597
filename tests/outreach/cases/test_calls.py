"""Calls for help: one case a device, with the ten minutes before it, whoever presses how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from ingest.events import Event
from ingest.reading import EventKind, ReadingBatch, series_id
from ingest.registry.devices import Device, access_device
from ingest.store.errors import StoreUnavailable
from ingest.tables import DeviceEventRow
from kit.clock import to_ms
from kit.db import transaction
from outreach.cases import actions, calls, queries, timeline
from outreach.cases.views import CaseView
from outreach.config import Config
from outreach.contact import asking, planner
from tests.outreach.conftest import NOON, TENANT, World

MINUTE = timedelta(minutes=1)


@dataclass
class Past:
    """A store of the test's own."""

    readings: Callable[[Device], ReadingBatch] = lambda _device: ReadingBatch.empty()
    whole: bool = True

    def complete(self, _session: Session, _device: Device, _at: datetime) -> bool:
        return self.whole

    def read(self, device: Device, _start: datetime, _end: datetime) -> ReadingBatch:
        return self.readings(device)


NOTHING = Past()


def press(world: World, body: bytes = b"", after: timedelta = timedelta(0), device: str = "car-1") -> None:
    with transaction(world.engine) as session:
        no = access_device(session, TENANT, device).no
        at = NOON + after
        session.add(
            DeviceEventRow(device_no=no, kind=EventKind.HELP, at=at, received_at=at, body=body, digest=str(after))
        )


def answered(world: World, past: calls.Past = NOTHING) -> None:
    while calls.step(world.engine, world.clock, past):
        pass
    world.triage()


def only_case(session: Session) -> CaseView:
    (row,) = queries.queue(session, TENANT)
    return queries.access_case(session, TENANT, row.number)


def ten_minutes(device: Device) -> ReadingBatch:
    """Speed and engine speed once a minute, up to the call."""
    count = 11
    stamps = [to_ms(NOON - MINUTE * n) for n in reversed(range(count))]
    series = [series_id(device.no, 1)] * count + [series_id(device.no, 0)] * count
    return ReadingBatch.of(series, stamps * 2, [float(n) for n in range(count)] + [900.0] * count)


def test_a_call_opens_an_urgent_case_with_the_last_ten_minutes(world: World) -> None:
    world.people()
    press(world, b'{"message": "it smells of gas"}')
    answered(world, Past(ten_minutes))
    with transaction(world.engine) as session:
        case = only_case(session)
    assert (case.row.fault, case.row.priority, case.row.device) == ("help_requested", 2, "car-1")
    assert "it smells of gas" in case.finding.evidence.summary
    assert case.finding.evidence.readings_seen == 22
    assert case.finding.evidence.window_end - case.finding.evidence.window_start == 10 * MINUTE
    signals = {signal.signal: signal for signal in case.finding.evidence.signals}
    assert set(signals) == {"speed", "rpm"}
    assert (signals["speed"].value, signals["speed"].at) == (10.0, NOON)
    assert [value for _, value in signals["speed"].attached] == [float(n) for n in range(11)]


def test_the_customer_is_written_to_only_if_a_person_says_so(world: World) -> None:
    world.people()
    press(world)
    answered(world)
    planner.step(world.engine, world.clock, asking.rules(Config()))
    with transaction(world.engine) as session:
        case = only_case(session)
        (notice,) = queries.notices_of(session, TENANT, case.row.number)
    assert notice.state == "waiting"
    assert "Van 12" in case.advice.seen


def test_who_asks_again_soon_is_heard_on_the_same_case(world: World) -> None:
    world.people()
    press(world, b"hello?")
    answered(world)
    for n in range(1, 8):
        press(world, b"anybody there?", n * MINUTE)
        press(world, b"", n * MINUTE + MINUTE / 2)
        answered(world)
    with transaction(world.engine) as session:
        case = only_case(session)
        events = timeline.read(session, case.row.number)
    assert [event.kind for event in events] == ["opened", "note"]
    assert "anybody there?" in events[1].text


def test_who_asks_again_later_adds_the_readings_of_then(world: World) -> None:
    world.people()
    press(world)
    answered(world)
    press(world, after=11 * MINUTE)
    answered(world)
    with transaction(world.engine) as session:
        case = only_case(session)
    assert [event.kind for event in case.timeline] == ["opened", "finding"]
    assert len(case.findings) == 2


def test_after_the_case_is_closed_a_call_opens_another(world: World) -> None:
    world.people()
    press(world)
    answered(world)
    with transaction(world.engine) as session:
        first = only_case(session).row.number
        actions.close(session, world.clock, TENANT, first, "kim", "called back")
    press(world, after=20 * MINUTE)
    answered(world)
    with transaction(world.engine) as session:
        assert only_case(session).row.number != first


def test_a_store_that_is_away_delays_no_call(world: World) -> None:
    def away(_device: Device) -> ReadingBatch:
        raise StoreUnavailable("The disk is gone.")

    world.people()
    press(world)
    answered(world, Past(away))
    with transaction(world.engine) as session:
        case = only_case(session)
    assert case.finding.evidence.signals == ()
    assert "could not be read" in " ".join(case.finding.evidence.reasons)


@pytest.mark.parametrize("count", [3, 200, 201, 5000])
def test_what_is_attached_stays_small_and_keeps_the_extremes_and_the_newest(count: int) -> None:
    points = [(n, float(n % 97)) for n in range(count)]
    kept = calls.thinned(points, calls.POINTS)
    assert len(kept) <= calls.POINTS
    assert kept == sorted(kept)
    assert kept[-1] == points[-1]
    assert max(value for _, value in kept) == max(value for _, value in points)
    assert min(value for _, value in kept) == 0.0


def test_the_same_words_are_said_once() -> None:
    heard = tuple(Event(EventKind.HELP, NOON, NOON, body) for body in (b"gas", b"", b'"gas"', b"smoke"))
    assert calls.said_in(heard) == ["gas", "smoke"]


def test_readings_on_their_way_into_the_store_are_waited_for_a_little(world: World) -> None:
    world.people()
    press(world)
    behind = Past(whole=False)
    assert not calls.step(world.engine, world.clock, behind)
    assert calls.step(world.engine, world.clock, Past(ten_minutes))
    press(world, b"again", after=timedelta(minutes=11))
    world.later(minutes=11, seconds=5)
    assert not calls.step(world.engine, world.clock, behind)
    world.later(seconds=calls.PATIENCE.total_seconds())
    assert calls.step(world.engine, world.clock, behind)
