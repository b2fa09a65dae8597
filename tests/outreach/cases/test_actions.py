"""What staff do is on the timeline with their name."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from detectors.tables import VerdictRow
from kit.db import transaction
from outreach.cases import actions, queries, timeline
from outreach.cases.views import CaseState, Verdict
from outreach.errors import CaseFinished, CaseNotFound, NothingToSend
from tests.outreach.conftest import TENANT, World, make_finding

KIM = "kim@example.org"


@pytest.fixture
def case(world: World) -> int:
    world.people()
    world.found(make_finding())
    world.triage()
    return 1001


def test_work_on_a_case_is_told_by_its_timeline(world: World, case: int) -> None:
    with transaction(world.engine) as session:
        actions.assign(session, world.clock, TENANT, case, KIM, KIM)
        actions.assign(session, world.clock, TENANT, case, KIM, KIM)
        actions.add_note(session, world.clock, TENANT, case, KIM, "Called,\nno answer. \0\x07")
        actions.add_note(session, world.clock, TENANT, case, KIM, "  \n ")
        actions.give_verdict(session, world.clock, TENANT, case, KIM, "true", "seen it")
        actions.close(session, world.clock, TENANT, case, KIM, "Hose replaced.")
    with transaction(world.engine) as session:
        view = queries.access_case(session, TENANT, case)
        verdict = session.execute(select(VerdictRow.verdict, VerdictRow.source, VerdictRow.actor)).one()
    told = [(event.kind, event.actor, event.text) for event in view.timeline[1:]]
    assert told == [
        ("assigned", KIM, f"Assigned to {KIM}."),
        ("note", KIM, "Called,\nno answer."),
        ("verdict", KIM, "seen it"),
        ("closed", KIM, "Hose replaced."),
    ]
    assert (view.row.state, view.row.owner, view.row.verdict) == (CaseState.CLOSED, KIM, Verdict.TRUE)
    assert tuple(verdict) == ("true", "staff", KIM)


def test_nobody_reaches_a_case_that_is_not_theirs(world: World, case: int) -> None:
    for tenant, number in ((TENANT, 0), (TENANT, -5), (TENANT, 10**30), (TENANT, 9999), ("other", case)):
        with transaction(world.engine) as session:
            with pytest.raises(CaseNotFound):
                queries.access_case(session, tenant, number)
            with pytest.raises(CaseNotFound):
                actions.add_note(session, world.clock, tenant, number, KIM, "hello")


def test_a_verdict_is_one_of_four_words(world: World, case: int) -> None:
    with transaction(world.engine) as session, pytest.raises(ValueError, match="maybe"):
        actions.give_verdict(session, world.clock, TENANT, case, KIM, "maybe", "")


def test_a_case_is_closed_once(world: World, case: int) -> None:
    with transaction(world.engine) as session:
        actions.close(session, world.clock, TENANT, case, KIM, "")
        with pytest.raises(CaseFinished):
            actions.close(session, world.clock, TENANT, case, KIM, "")


def test_there_must_be_a_notice_to_send(world: World, case: int) -> None:
    with transaction(world.engine) as session, pytest.raises(NothingToSend):
        actions.send_notice(session, world.clock, TENANT, case, KIM)


def test_a_very_long_note_is_cut_with_a_mark(world: World, case: int) -> None:
    with transaction(world.engine) as session:
        actions.add_note(session, world.clock, TENANT, case, KIM, "x" * 100_000)
        kept = timeline.read(session, case)[-1].text
    assert len(kept) == timeline.LONGEST_TEXT
    assert kept.endswith("…")
