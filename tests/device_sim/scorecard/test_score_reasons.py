"""Every way of being missed has its reason, and every reason its sentence."""

from __future__ import annotations

import pytest

from device_sim.scorecard.reasons import SENTENCES, STAGES_TO_REASONS
from device_sim.scorecard.score import score
from outreach.contact.gate import STAGES
from tests.device_sim.scorecard.hand import case, found, notice, record, wrong

LEAK = wrong("car", "coolant_leak", 10, 20)
STRONG = found("f", "car", "coolant_leak", 14)
WEAK = found("w", "car", "coolant_leak", 14, contact=False)
CASE = case(1, STRONG)


def reason(**parts: object) -> str:
    made = score(record([LEAK], **parts))  # type: ignore[arg-type]
    return made.outcomes[0].reason


def test_nothing_found() -> None:
    assert reason() == "never_seen"


def test_nothing_found_because_the_device_was_silent() -> None:
    made = score(record([LEAK, wrong("car", "silent", 11, 11)]))
    assert made.outcomes[0].reason == "device_silent"


def test_found_but_too_weak() -> None:
    assert reason(findings=[WEAK], cases=[case(1, WEAK)]) == "too_weak"


def test_found_without_a_case_and_a_case_without_a_notice() -> None:
    assert reason(findings=[STRONG]) == "no_case"
    assert reason(findings=[STRONG], cases=[CASE]) == "no_notice"


@pytest.mark.parametrize(
    ("state", "stage", "expected"),
    [
        ("withheld", "consent", "no_consent"),
        ("withheld", "owner", "no_owner"),
        ("withheld", "address", "no_address"),
        ("withheld", "duplicate", "duplicate"),
        ("withheld", "a_stage_from_outside", "gate"),
        ("withdrawn", "still_true", "cleared"),
        ("waiting", "fresh", "waiting_for_person"),
        ("waiting", "disputed", "disputed"),
        ("held", "quiet_time", "quiet_hours"),
        ("failed", "gate", "undeliverable"),
        ("unknown", "gate", "unsure"),
        ("queued", "gate", "on_its_way"),
    ],
)
def test_what_became_of_the_notice_is_the_reason(state: str, stage: str, expected: str) -> None:
    notices = [notice(CASE, STRONG, None, state, stage)]
    assert reason(findings=[STRONG], cases=[CASE], notices=notices) == expected


def test_told_before_it_began() -> None:
    early = found("e", "car", "coolant_leak", 5)
    both = case(1, early, STRONG)
    notices = [notice(both, early, 5.1)]
    assert reason(findings=[early, STRONG], cases=[both], notices=notices) == "told_before"


def test_every_stage_of_the_gate_is_known_here_and_every_reason_has_a_sentence() -> None:
    assert set(STAGES_TO_REASONS) == set(STAGES)
    assert set(STAGES_TO_REASONS.values()) <= set(SENTENCES)
