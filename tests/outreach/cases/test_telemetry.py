"""What readings and events say of findings: each rule, and the way from what happened to the verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from detectors.finding import Finding, Horizon
from detectors.tables import VerdictRow
from kit.db import transaction
from outreach.cases import monitoring, telemetry
from outreach.cases.evidence import CALLED_WITHIN, RULES, Course, judged
from outreach.cases.views import Answer, Verdict
from outreach.tables import AnswerRow, CaseEventRow, CaseRow, EpisodeRow, OutboxRow
from tests.outreach.conftest import NOON, TENANT, WATCH, World, make_finding

DAY = timedelta(days=1)
BEGAN = Course(NOON)
CLEARED = replace(BEGAN, over=True, cleared_at=NOON + 3 * DAY)
FORETOLD = replace(BEGAN, foretold_at=NOON, overdue_at=NOON + 10 * DAY)
SAYS: list[tuple[str, Course]] = [
    ("mended", replace(CLEARED, told_at=NOON + DAY, mended_at=NOON + 2 * DAY)),
    ("called", replace(BEGAN, called_at=NOON + DAY)),
    ("called", replace(BEGAN, called_at=NOON + DAY, told_at=NOON + 2 * DAY)),
    ("denied_then_called", replace(BEGAN, over=True, told_at=NOON, denied_at=NOON, called_at=NOON + DAY)),
    ("came_true", replace(FORETOLD, told_at=NOON, called_at=NOON + 9 * DAY)),
    ("came_true", replace(FORETOLD, told_at=NOON, silent_at=NOON + 9 * DAY)),
    ("did_not_come", replace(FORETOLD, over=True, cleared_at=NOON + DAY)),
    ("passed", CLEARED),
    ("ended_after_notice", replace(CLEARED, told_at=NOON + DAY)),
    ("ended_after_notice", replace(FORETOLD, over=True, cleared_at=NOON + DAY, told_at=NOON)),
]
SAYS_NOTHING = [
    BEGAN,
    replace(BEGAN, told_at=NOON, called_at=NOON + DAY),  # who has been told asks about what they were told
    replace(BEGAN, called_at=NOON + CALLED_WITHIN + DAY),
    replace(BEGAN, mended_at=NOON + DAY),  # it still shows
    replace(BEGAN, over=True, denied_at=NOON + DAY, told_at=NOON),
    replace(FORETOLD, mended_at=NOON + DAY),
    FORETOLD,  # the limit may have been reached, and nobody called
    replace(FORETOLD, told_at=NOON),
]


@pytest.mark.parametrize(("rule", "course"), SAYS)
def test_each_rule_applies_to_its_course(rule: str, course: Course) -> None:
    said = judged(course, NOON + 20 * DAY)
    assert said is not None
    assert said.name == rule


@pytest.mark.parametrize("course", SAYS_NOTHING)
def test_nothing_is_said_without_two_things_that_agree(course: Course) -> None:
    assert judged(course, NOON + 20 * DAY) is None


def test_a_forecast_is_not_wrong_before_it_is_late_by_far() -> None:
    ended = replace(FORETOLD, over=True, cleared_at=NOON + DAY)
    assert [rule.name for day in (9, 10) if (rule := judged(ended, NOON + day * DAY))] == ["passed", "did_not_come"]


def test_every_rule_is_shown_by_a_course_and_says_why() -> None:
    assert {rule.name for rule in RULES} == {name for name, _ in SAYS}
    assert all(rule.said.endswith(".") and rule.why.endswith(".") for rule in RULES)


def test_that_a_finding_ended_is_never_taken_for_its_truth() -> None:
    for course in (CLEARED, replace(CLEARED, told_at=NOON + DAY)):
        said = judged(course, NOON + 20 * DAY)
        assert said is not None
        assert said.verdict is Verdict.UNKNOWN


def look(world: World) -> int:
    looked = 0
    while telemetry.step(world.engine, world.clock):
        looked += 1
    return looked


def verdicts(world: World) -> list[tuple[str, str]]:
    with transaction(world.engine) as session:
        rows = session.execute(select(VerdictRow.verdict, VerdictRow.note).where(VerdictRow.source == "telemetry"))
        return [(row.verdict, row.note.split(":")[0]) for row in rows]


def answered(world: World, answer: Answer) -> None:
    with transaction(world.engine) as session:
        number = session.scalar(select(CaseRow.number).order_by(CaseRow.number).limit(1))
        session.add(AnswerRow(case_number=number, customer_id="c-1", answer=answer, at=world.clock.now()))


def resolve(world: World) -> None:
    world.later(hours=30)
    while monitoring.step(world.engine, world.clock, WATCH):
        pass


def help_asked(world: World) -> Finding:
    return make_finding(fault="help_requested", onset=world.clock.now(), detected=world.clock.now(), contact=False)


def test_a_repair_that_ends_it_speaks_for_the_finding_once_the_case_is_resolved(world: World) -> None:
    world.people()
    world.found(make_finding())
    world.triage()
    answered(world, Answer.FIXED)
    world.found(make_finding(kind="cleared", detected=NOON))
    world.triage()
    assert look(world) == 0
    resolve(world)
    assert look(world) == 1
    assert verdicts(world) == [("true", "mended")]
    with transaction(world.engine) as session:
        event = session.scalars(select(CaseEventRow).where(CaseEventRow.kind == "judged")).one()
        assert event.text == "It went away with the repair that the customer told us of. That speaks for the finding."
        assert event.detail["rule"] == "mended"
        case = session.scalars(select(CaseRow)).one()
        assert (case.verdict, case.state) == (None, "resolved")


def test_what_ends_by_itself_is_unknown(world: World) -> None:
    world.people()
    world.found(make_finding(), make_finding(kind="cleared", detected=NOON))
    world.triage()
    resolve(world)
    look(world)
    assert verdicts(world) == [("unknown", "passed")]


def test_a_call_for_help_speaks_for_what_its_owner_had_not_been_told(world: World) -> None:
    world.people()
    world.found(make_finding(), make_finding(device="car-2"))
    world.triage()
    world.later(hours=3)
    world.found(help_asked(world))
    world.triage()
    assert look(world) == 1
    assert verdicts(world) == [("true", "called")]
    world.later(hours=3)
    world.found(help_asked(world))
    world.triage()
    look(world)
    assert len(verdicts(world)) == 1  # the same again is nothing new


def test_a_call_for_help_by_who_was_told_says_nothing_unless_they_denied_it(world: World) -> None:
    world.people()
    world.found(make_finding())
    world.triage()
    with transaction(world.engine) as session:
        episode = session.scalars(select(EpisodeRow)).one()
        case = session.scalars(select(CaseRow)).one()
        session.add(told(case, episode, world.clock.now()))
    world.later(hours=3)
    world.found(help_asked(world))
    world.triage()
    look(world)
    assert not verdicts(world)
    answered(world, Answer.WRONG)
    world.later(hours=3)
    world.found(help_asked(world))
    world.triage()
    look(world)
    assert verdicts(world) == [("true", "denied_then_called")]


def test_a_forecast_that_is_long_overdue_speaks_against_the_finding(world: World) -> None:
    world.people()
    found = make_finding(detected=NOON)
    horizon = Horizon(NOON, NOON + 2 * DAY, NOON + 4 * DAY, 0.9)
    world.found(replace(found, evidence=replace(found.evidence, horizon=horizon)))
    world.triage()
    world.later(hours=5)
    world.found(make_finding(kind="cleared", detected=world.clock.now()))
    world.triage()
    resolve(world)
    look(world)
    assert verdicts(world) == [("unknown", "passed")]
    world.later(days=7)
    look(world)
    assert verdicts(world) == [("unknown", "passed"), ("false", "did_not_come")]
    assert look(world) == 0


def test_a_device_that_falls_silent_in_the_foretold_time_speaks_for_the_finding(world: World) -> None:
    world.people()
    found = make_finding(detected=NOON)
    horizon = Horizon(NOON, NOON + 2 * DAY, NOON + 4 * DAY, 0.9)
    world.found(replace(found, evidence=replace(found.evidence, horizon=horizon)))
    world.triage()
    world.later(days=3)
    world.found(make_finding(fault="silent", onset=world.clock.now(), detected=world.clock.now()))
    world.triage()
    look(world)
    assert verdicts(world) == [("true", "came_true")]
    world.later(days=30)
    look(world)
    assert len(verdicts(world)) == 1


def told(case: CaseRow, episode: EpisodeRow, at: datetime) -> OutboxRow:
    words = dict.fromkeys(
        ("playbook", "dedupe_key", "purpose", "channel", "address", "reason", "approved_by", "stage"), ""
    )
    letter = dict.fromkeys(("message_id", "subject", "text", "html", "receipt"), "")
    return OutboxRow(
        id=episode.id,
        tenant=TENANT,
        case_number=case.number,
        episode_id=episode.id,
        state="delivered",
        created_at=at,
        checked_revision=0,
        due_at=at,
        attempts=1,
        failures=0,
        delivered_at=at,
        **words,
        **letter,
    )
