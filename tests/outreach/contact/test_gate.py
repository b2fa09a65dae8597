"""The gate's stages, one by one and together: pure functions with a reason in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from detectors.trust.right import Right
from outreach.cases.views import CaseState, Verdict
from outreach.contact import gate
from outreach.contact.gate.question import Question, Rules, Verb
from outreach.customers.quiet_hours import QuietHours
from tests.outreach.conftest import make_customer

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
RULES = Rules(timedelta(hours=24), timedelta(hours=24), QuietHours(time(21), time(8)))
GOOD = Question(
    now=NOON,
    planned_at=NOON,
    state=CaseState.NEW,
    fault_present=True,
    verdict=None,
    owner_id="c-1",
    case_customer_id="c-1",
    customer=make_customer(consents=("service",)),
    purpose="service",
    channel="email",
    address="ada@example.com",
    onset=NOON - timedelta(days=2),
    detected=NOON - timedelta(hours=1),
    strong=True,
    told_at=None,
    disputed_at=None,
    mended_at=None,
    right=Right(True, "Such contacts are right."),
    approved_by="",
    rules=RULES,
)
TOKYO = make_customer(consents=("service",), time_zone="Asia/Tokyo")
HOUSE = make_customer(consents=("service",), time_zone="Asia/Tokyo", quiet_hours=None)
OBJECTIONS: list[tuple[dict[str, object], str, Verb]] = [
    ({"fault_present": False}, "still_true", Verb.REFUSE),
    ({"state": CaseState.MONITORING}, "still_true", Verb.REFUSE),
    ({"state": CaseState.CLOSED}, "still_true", Verb.REFUSE),
    ({"verdict": Verdict.FALSE}, "still_true", Verb.REFUSE),
    ({"verdict": Verdict.BENIGN}, "still_true", Verb.REFUSE),
    ({"owner_id": None, "customer": None}, "owner", Verb.REFUSE),
    ({"customer": None}, "owner", Verb.REFUSE),
    ({"case_customer_id": "c-0"}, "owner", Verb.REFUSE),
    ({"customer": make_customer()}, "consent", Verb.REFUSE),
    ({"purpose": "coaching"}, "consent", Verb.REFUSE),
    ({"vitals": True}, "consent", Verb.REFUSE),
    ({"address": None}, "address", Verb.REFUSE),
    ({"strong": False}, "evidence", Verb.ASK),
    ({"detected": NOON - timedelta(hours=25)}, "fresh", Verb.ASK),
    ({"told_at": NOON - timedelta(hours=3)}, "duplicate", Verb.REFUSE),
    ({"disputed_at": NOON - timedelta(days=3)}, "disputed", Verb.ASK),
    ({"mended_at": NOON - timedelta(hours=3)}, "mended", Verb.HOLD),
    ({"right": Right(False, "Such contacts were wrong.")}, "right_to_contact", Verb.ASK),
    ({"shared": "9 of 12 freezers showed the same."}, "shared", Verb.ASK),
    ({"customer": TOKYO}, "quiet_time", Verb.HOLD),
    ({"customer": HOUSE}, "quiet_time", Verb.HOLD),
]
OVERRULED = {"evidence", "fresh", "duplicate", "disputed", "mended", "right_to_contact", "shared"}


def test_with_nothing_against_it_the_notice_goes() -> None:
    ruling = gate.decide(GOOD)
    assert ruling.decision.verb is Verb.SEND
    assert [stage for stage, _ in ruling.passed] == list(gate.STAGES)


@pytest.mark.parametrize(("change", "stage", "verb"), OBJECTIONS)
def test_each_objection_has_its_stage_and_a_sentence(change: dict[str, object], stage: str, verb: Verb) -> None:
    ruling = gate.decide(replace(GOOD, **change))  # type: ignore[arg-type]
    assert (ruling.stage, ruling.decision.verb) == (stage, verb)
    assert ruling.decision.reason.endswith(".")
    assert (ruling.decision.until is not None) == (verb is Verb.HOLD)
    assert all(reason.endswith(".") for _, reason in ruling.passed)


@pytest.mark.parametrize(("change", "stage", "verb"), OBJECTIONS)
def test_a_person_overrules_our_doubts_and_never_the_customer_s_rights(
    change: dict[str, object], stage: str, verb: Verb
) -> None:
    ruling = gate.decide(replace(GOOD, **change, approved_by="kim@example.org"))  # type: ignore[arg-type]
    if stage in OVERRULED:
        assert ruling.decision.verb is Verb.SEND
    else:
        assert (ruling.stage, ruling.decision.verb) == (stage, verb)


def test_every_stage_is_objected_to_by_a_test() -> None:
    assert {stage for _, stage, _ in OBJECTIONS} == set(gate.STAGES)


def test_a_hold_ends_when_the_customer_s_morning_comes() -> None:
    ruling = gate.decide(replace(GOOD, customer=TOKYO))
    assert ruling.decision.until == datetime(2026, 3, 10, 23, 0, tzinfo=UTC)
    assert "Asia/Tokyo" in ruling.decision.reason


def test_news_that_was_held_overnight_is_not_old_for_that() -> None:
    held = replace(GOOD, now=NOON + timedelta(hours=30), planned_at=NOON, detected=NOON - timedelta(hours=20))
    assert gate.decide(held).decision.verb is Verb.SEND


def test_vital_signs_may_be_spoken_of_with_both_consents() -> None:
    both = replace(GOOD, vitals=True, customer=make_customer(consents=("service", "vitals")))
    assert gate.decide(both).decision.verb is Verb.SEND
    alone = replace(both, customer=make_customer(consents=("vitals",)))
    assert gate.decide(alone).stage == "consent"


@pytest.mark.parametrize(
    ("began", "mended", "held_for"),
    [
        (timedelta(days=2), timedelta(hours=1), timedelta(hours=93)),  # 47 hours of signs, one of 94 has passed
        (timedelta(days=30), timedelta(hours=1), timedelta(days=7, hours=-1)),
        (timedelta(days=3), timedelta(days=2), None),
        (timedelta(hours=1), timedelta(hours=2), None),  # it began after the repair
    ],
)
def test_what_began_before_a_repair_waits_until_it_had_time_to_fade(
    began: timedelta, mended: timedelta, held_for: timedelta | None
) -> None:
    decision = gate.decide(replace(GOOD, onset=NOON - began, mended_at=NOON - mended)).decision
    assert decision.until == (None if held_for is None else NOON + held_for)
