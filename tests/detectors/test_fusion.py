"""The best explanation of a device's symptoms, as one episode, told once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detectors.algorithms.detector import LASTING
from detectors.engine.claims import ContactRule, Teller
from detectors.faults import fusion
from detectors.faults.evidence import Scene
from detectors.faults.explain import lines
from detectors.faults.fault import Fault
from detectors.faults.fusion import Claim, Patient, Symptom
from detectors.faults.known.general import UNUSUAL_BEHAVIOUR
from detectors.faults.profile import Profile, limit, plain, seasonal
from detectors.finding import Finding
from ingest.wire.device_types import DEVICE_TYPES
from kit.plugins import Registry
from tests.detectors.detector_feed import MINUTE, START, device

HOUR = 60 * MINUTE


def fault(name: str, signature: dict[str, float], **more: object) -> Fault:
    made = Fault(name, name.replace("_", " "), (), "low", "low", "silent", contact=True, signature=signature)
    return replace(made, **more)  # type: ignore[arg-type]


FAULTS = (
    fault("narrow", {"hot": 1.0}),
    fault("wide", {"hot": 0.5, "loud": 0.6}),
    fault("heavy", {"hot": 0.8, "rough": 0.8, "calm": -1.0}),
    fault("other", {"flat": 1.0, "hot": 0.2}),
    fault("patient", {"worn": 1.0}, once_lasting=True),
    UNUSUAL_BEHAVIOUR,
)
INDOOR = plain("Indoor temperature", "Cel", "indoor_temp")
WATCHED = ("hot", "loud", "rough", "calm", "flat", "worn")
PROFILE = Profile("heat_pump", (*(limit(name, INDOOR) for name in WATCHED), seasonal("odd", INDOOR)))
SCENE = Scene(DEVICE_TYPES.get("heat_pump"), PROFILE, lambda _place, _start, _end: ())


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    registry: Registry[Fault] = Registry("fault", {one.name: one for one in FAULTS})
    for module in ("fusion", "evidence", "explain"):
        monkeypatch.setattr(f"detectors.faults.{module}.FAULTS", registry)
    monkeypatch.setattr("detectors.engine.claims.FAULTS", registry)


def symptom(name: str, at: int, active: int = 1, severity: float = 1.0, onset: int = 0) -> Symptom:
    return Symptom(
        key=name,
        watch=WATCHED.index(name),
        active=active,
        onset=START + onset * HOUR,
        ts=START + at * HOUR,
        count=12 * (at - onset),
        surprise=5.0,
        severity=severity,
        value=30.0,
        low=-float("inf"),
        high=25.0,
        first=30.0,
        second=0.0,
    )


def story(*symptoms: Symptom) -> list[Claim]:
    patient = Patient()
    return [claim for one in symptoms for claim in fusion.change(patient, "heat_pump", one)]


def told(*symptoms: Symptom, rule: ContactRule | None = None) -> list[Finding]:
    patient, teller = Patient(), Teller(rule or ContactRule(), "1")
    found = []
    for one in symptoms:
        made = fusion.change(patient, "heat_pump", one)
        found += teller.tell(made, patient, device(1, "heat_pump"), SCENE)
    return found


def outline(findings: list[Finding]) -> list[tuple[str, str, bool]]:
    return [(one.fault, one.kind, one.contact) for one in findings]


def test_a_fault_that_explains_more_takes_the_place_of_the_one_raised_before_and_nobody_is_told_twice() -> None:
    found = told(symptom("hot", 1), symptom("loud", 2))
    assert outline(found) == [("narrow", "raised", True), ("wide", "raised", False), ("narrow", "cleared", False)]
    assert found[2].evidence.reasons == ("The same signs are explained better by another fault: wide.",)


def test_the_better_explanation_may_still_be_told_when_the_first_was_too_weak() -> None:
    found = told(symptom("hot", 1, severity=0.3), symptom("loud", 2, severity=2.0))
    assert outline(found) == [("narrow", "raised", False), ("wide", "raised", True), ("narrow", "cleared", False)]


def test_of_two_that_become_possible_at_once_the_one_that_explains_more_is_raised_alone() -> None:
    first, *rest = story(symptom("loud", 1), symptom("hot", 2))
    assert (first.fault, first.others) == ("wide", (("narrow", 1.0), ("heavy", 0.8), ("other", 0.2)))
    assert rest == []


def test_a_fault_with_evidence_of_its_own_is_a_trouble_of_its_own() -> None:
    claims = story(symptom("hot", 1), symptom("flat", 2))
    assert [(claim.fault, claim.kind) for claim in claims if not claim.again] == [
        ("narrow", "raised"),
        ("other", "raised"),
    ]


def test_a_symptom_can_speak_against_a_fault() -> None:
    assert "heavy" in {claim.fault for claim in story(symptom("rough", 1), symptom("hot", 2))}
    assert "heavy" not in {claim.fault for claim in story(symptom("calm", 0), symptom("rough", 1), symptom("hot", 2))}


def test_a_finding_too_weak_for_the_customer_is_told_once_it_has_grown_as_the_same_episode() -> None:
    weak, strong, cleared = told(
        symptom("hot", 1, severity=0.2),
        symptom("hot", 2, severity=0.4),
        symptom("hot", 3, severity=0.9),
        symptom("hot", 4, severity=3.0),
        symptom("hot", 5, active=0),
    )
    assert outline([weak, strong, cleared]) == [
        ("narrow", "raised", False),
        ("narrow", "raised", True),
        ("narrow", "cleared", False),
    ]
    assert weak.onset == strong.onset == cleared.onset
    assert len({weak.id, strong.id, cleared.id}) == 3
    assert strong.detected > weak.detected


def test_a_fault_that_must_last_is_told_only_then() -> None:
    found = told(symptom("worn", 1, severity=9.0), symptom("worn", 20, active=LASTING, severity=9.0))
    assert outline(found) == [("patient", "raised", False), ("patient", "raised", True)]


def test_a_better_explanation_that_goes_leaves_room_for_the_plain_one_and_nobody_is_told_twice() -> None:
    found = told(symptom("hot", 1), symptom("loud", 2), symptom("loud", 3, active=0), symptom("hot", 4, severity=2))
    assert outline(found)[3:] == [("narrow", "raised", False), ("wide", "cleared", False)]


def odd(at: int, onset: int, active: int = LASTING) -> Symptom:
    """The signals of the device do not move together."""
    return replace(symptom("hot", at, active, onset=onset), key="coupling", watch=len(WATCHED), unusual=True)


def test_what_a_repair_left_behind_is_unusual_only_if_it_does_not_fade() -> None:
    trouble = (symptom("flat", 1, onset=0), odd(20, 10), symptom("flat", 40, 0))
    behind = [(claim.fault, claim.kind) for claim in story(*trouble, odd(99, 10))]
    assert behind == [("other", "raised"), ("other", "cleared")]
    stayed = [(claim.fault, claim.kind) for claim in story(*trouble, odd(101, 10))]
    assert stayed[2:] == [("unusual_behaviour", "raised")]
    afresh = [(claim.fault, claim.kind) for claim in story(*trouble, odd(60, 10, 0), odd(90, 45))]
    assert afresh[2:] == [("unusual_behaviour", "raised")]


def test_a_finding_is_explained_with_its_values_signs_weights_and_what_else_was_considered() -> None:
    (finding,) = told(symptom("loud", 1), symptom("hot", 2, severity=4.0))
    text = "\n".join(lines(finding))
    for part in (
        "wide on heat_pump-1: strong enough to tell the customer",
        "Indoor temperature (indoor_temp): 30 °C at 2026-01-01 02:00 UTC, expected −40 °C to 25 °C",
        "0.5  hot: Indoor temperature, since 2026-01-01 00:00 UTC; limit, severity 4, surprise 5",
        "0.6  loud",
        "Also considered:\n  narrow, weight 1",
        "24 readings seen",
        f"limit, version 1\n  finding {finding.id}",
    ):
        assert part in text, text
