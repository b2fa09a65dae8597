"""Findings to cases: exactly one case, whatever comes and however many take it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from kit.db import transaction
from outreach.cases import lifecycle, queries, timeline, triage
from outreach.cases.timeline import facts_of
from outreach.cases.views import CaseState
from outreach.tables import CaseRow, EpisodeRow
from tests.outreach.conftest import NOON, TENANT, WATCH, World, make_finding


def states(world: World) -> list[tuple[int, str]]:
    with transaction(world.engine) as session:
        return [(row.number, row.state) for row in queries.queue(session, TENANT, group="all")]


def kinds(world: World, number: int) -> list[str]:
    with transaction(world.engine) as session:
        return [event.kind for event in timeline.read(session, number)]


def test_a_finding_opens_one_case_with_its_evidence(world: World) -> None:
    world.people()
    world.found(make_finding())
    assert world.triage() == 1
    with transaction(world.engine) as session:
        (row,) = queries.queue(session, TENANT)
        case = queries.access_case(session, TENANT, row.number)
    assert (row.reference, row.title) == ("FW-1001", "Coolant loss or overheating: Van 12")
    assert (row.state, row.priority, row.customer_name) == (CaseState.NEW, 1, "Ada Lind")
    assert case.finding == make_finding()
    assert case.findings == (make_finding(),)
    assert case.customer is not None
    assert case.customer.consents == ("service",)
    assert "Van 12" in case.advice.seen
    assert [event.kind for event in case.timeline] == ["opened"]


def test_more_findings_of_an_open_fault_join_its_case(world: World) -> None:
    world.people()
    world.found(make_finding(), make_finding(onset=NOON - timedelta(minutes=30)))
    world.triage()
    assert states(world) == [(1001, "new")]
    assert kinds(world, 1001) == ["opened", "finding"]


def test_another_fault_of_the_device_has_its_own_case(world: World) -> None:
    world.found(make_finding(), make_finding(fault="charging_fault"), make_finding(device="car-2"))
    world.triage()
    assert len(states(world)) == 3


def test_a_cleared_fault_ends_the_episode_and_is_watched(world: World) -> None:
    world.found(make_finding(), make_finding(kind="cleared", detected=NOON))
    world.triage()
    with transaction(world.engine) as session:
        case = session.get_one(CaseRow, 1001)
        assert (case.state, case.monitoring_until) == ("monitoring", NOON + timedelta(hours=24))
        assert session.scalar(select(EpisodeRow.ended_at)) == NOON


def test_what_became_normal_unseen_neither_opens_a_case_nor_ends_one(world: World) -> None:
    unseen = make_finding(kind="normal", fault="unusual_behaviour", onset=NOON)
    world.found(unseen, make_finding(fault="unusual_behaviour"), make_finding(kind="normal", fault="unusual_behaviour"))
    world.triage()
    assert kinds(world, 1001) == ["opened"]
    assert states(world) == [(1001, "new")]


def test_a_fault_that_comes_back_while_watched_reopens_its_case(world: World) -> None:
    again = make_finding(onset=NOON + timedelta(hours=1))
    world.found(make_finding(), make_finding(kind="cleared"), again)
    world.triage()
    assert states(world) == [(1001, "open")]
    assert kinds(world, 1001) == ["opened", "cleared", "recurred"]


def test_a_fault_that_comes_back_after_the_end_opens_a_case_that_names_the_old_one(world: World) -> None:
    from outreach.cases import actions

    world.found(make_finding())
    world.triage()
    with transaction(world.engine) as session:
        actions.close(session, world.clock, TENANT, 1001, "staff@example.com", "done")
    world.found(make_finding(onset=NOON))
    world.triage()
    assert states(world) == [(1002, "new"), (1001, "closed")]
    with transaction(world.engine) as session:
        events = timeline.read(session, 1002)
    assert (events[1].kind, events[1].detail) == ("linked", {"previous": 1001})


def test_an_end_without_a_beginning_is_no_case(world: World) -> None:
    world.found(make_finding(kind="cleared"))
    assert world.triage() == 1
    assert states(world) == []


def test_a_fault_and_a_device_that_nobody_knows_still_make_a_case(world: World) -> None:
    world.found(make_finding(device="stranger", fault="flux_capacitor"))
    world.triage()
    with transaction(world.engine) as session:
        case = queries.access_case(session, TENANT, 1001)
    assert case.row.title == "Flux capacitor: stranger"
    assert case.customer is None


@pytest.mark.parametrize("through_the_lock", [True, False])
def test_two_workers_never_open_two_cases(world: World, through_the_lock: bool) -> None:
    """Also without the advisory lock: then the database's unique index alone keeps the promise."""
    given = [make_finding(onset=NOON - timedelta(minutes=minute)) for minute in range(20)]
    world.found(*given)
    barrier = threading.Barrier(2)

    def work(mine: list[int]) -> None:
        barrier.wait()
        for index in mine:
            if through_the_lock:
                triage.step(world.engine, world.clock, WATCH)
            else:
                with transaction(world.engine) as session:
                    triage.take(session, given[index], NOON, WATCH)

    threads = [threading.Thread(target=work, args=(list(range(start, 20, 2)),)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.triage()
    assert states(world) == [(states(world)[0][0], "new")]
    with transaction(world.engine) as session:
        assert session.scalar(select(func.count()).select_from(EpisodeRow)) == 1
    number = states(world)[0][0]
    assert sorted(kinds(world, number)) == ["finding"] * 19 + ["opened"]


def test_taking_a_finding_again_changes_nothing(world: World) -> None:
    world.found(make_finding())
    world.triage()
    with transaction(world.engine) as session:
        assert triage.take(session, make_finding(), NOON, WATCH) == "known"
    assert kinds(world, 1001) == ["opened"]


def test_the_row_is_the_fold_of_the_timeline(world: World) -> None:
    world.found(make_finding(), make_finding(kind="cleared"), make_finding(onset=NOON))
    world.triage()
    with transaction(world.engine) as session:
        events = timeline.read(session, 1001)
        assert lifecycle.fold(timeline.happened(events)) == facts_of(session.get_one(CaseRow, 1001))


def test_the_queue_pages_by_priority_and_finds_by_words(world: World) -> None:
    world.people()
    for number in range(5):
        world.found(make_finding(device=f"unit-{number}", fault="unusual_behaviour"))
    world.found(make_finding())
    world.triage()
    with transaction(world.engine) as session:
        first = queries.queue(session, TENANT, limit=3)
        rest = queries.queue(session, TENANT, limit=50, before=first[-1].number)
        assert [row.number for row in (*first, *rest)] == [1006, 1005, 1004, 1003, 1002, 1001]
        assert [row.number for row in queries.queue(session, TENANT, search="fw-1003")] == [1003]
        assert [row.number for row in queries.queue(session, TENANT, search="coolant ada")] == [1006]
        assert queries.queue(session, TENANT, search="100%_") == []
        assert queries.queue(session, "another tenant", group="all") == []


def test_a_change_is_told_to_who_listens(world: World) -> None:
    with world.engine.connect() as listener:
        raw = listener.connection.driver_connection
        assert raw is not None
        listener.exec_driver_sql("LISTEN forewarn_cases")
        listener.commit()
        world.found(make_finding())
        world.triage()
        told = [note.payload for note in raw.notifies(timeout=5, stop_after=1)]
    assert told == ["1001"]


def test_old_device_time_shortens_the_watch_but_never_to_nothing() -> None:
    assert WATCH.until(NOON - timedelta(days=9), NOON) == NOON + timedelta(minutes=5)
    assert WATCH.until(NOON, NOON) == NOON + timedelta(hours=24)
    assert replace(WATCH, healthy=timedelta(hours=1)).until(NOON, NOON) == NOON + timedelta(hours=1)
