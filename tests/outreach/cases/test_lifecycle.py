"""The life of a case, as a pure function of its timeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.cases.lifecycle import FINISHED, EventKind, Facts, Happened, apply, fold
from outreach.cases.priority import priority, raised
from outreach.cases.views import Answer, CaseState, Verdict
from outreach.errors import ImpossibleMove

AT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LATER = (AT + timedelta(hours=24)).isoformat()


def happened(kind: EventKind, **detail: object) -> Happened:
    return Happened(kind, AT, detail)


details = st.fixed_dictionaries(
    {
        "priority": st.integers(1, 4),
        "until": st.just(LATER),
        "answer": st.sampled_from(list(Answer)),
        "verdict": st.sampled_from(list(Verdict)),
        "owner": st.sampled_from(["", "kim@example.org"]),
    }
)
events = st.builds(Happened, st.sampled_from(list(EventKind)), st.just(AT), details)


@given(st.lists(events, max_size=30))
def test_any_timeline_keeps_the_laws(timeline: list[Happened]) -> None:
    facts = Facts()
    for event in timeline:
        before = facts
        try:
            facts = apply(facts, event)
        except ImpossibleMove:
            assert event.kind in {EventKind.RESOLVED, EventKind.CLOSED, EventKind.REOPENED}
            continue
        assert 1 <= facts.priority <= 4
        assert (facts.monitoring_until is not None) == (facts.state is CaseState.MONITORING)
        if before.state in FINISHED and facts.state not in FINISHED:
            assert event.kind is EventKind.REOPENED, "only a person's wish opens a finished case again"
        if before.state is not CaseState.NEW:
            assert facts.state is not CaseState.NEW


def test_the_usual_life() -> None:
    facts = fold(
        [
            happened(EventKind.OPENED, priority=2),
            happened(EventKind.NOTICE_QUEUED),
            happened(EventKind.NOTICE_DELIVERED),
            happened(EventKind.ASSIGNED, owner="kim@example.org"),
            happened(EventKind.ANSWERED, answer="call_me"),
            happened(EventKind.VERDICT, verdict="true"),
            happened(EventKind.CLEARED, until=LATER),
            happened(EventKind.RESOLVED),
        ]
    )
    assert facts == Facts(CaseState.RESOLVED, 1, "kim@example.org", Verdict.TRUE, None, Answer.CALL_ME, AT)


@pytest.mark.parametrize("state", list(CaseState))
def test_a_recovery_never_wakes_a_finished_case(state: CaseState) -> None:
    facts = apply(Facts(state=state), happened(EventKind.CLEARED, until=LATER))
    assert facts.state is (state if state in FINISHED else CaseState.MONITORING)


def test_a_customer_who_cannot_tell_does_not_wipe_out_an_opinion() -> None:
    judged = apply(Facts(), happened(EventKind.VERDICT, verdict="true"))
    assert apply(judged, happened(EventKind.ANSWERED, answer="not_me")).verdict is Verdict.TRUE
    assert apply(judged, happened(EventKind.VERDICT, verdict="unknown")).verdict is Verdict.UNKNOWN


def test_priority_rises_with_impact_and_with_urgency() -> None:
    levels = ("low", "medium", "high")
    for (i, impact), (u, urgency) in product(enumerate(levels), repeat=2):
        here = priority(impact, urgency)
        assert 1 <= here <= 4
        if i < 2:
            assert priority(levels[i + 1], urgency) <= here
        if u < 2:
            assert priority(impact, levels[u + 1]) <= here
    assert priority("high", "high") == 1
    assert priority("low", "low") == 4
    assert [raised(level) for level in (4, 2, 1)] == [3, 1, 1]
