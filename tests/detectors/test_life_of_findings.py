"""The life of a fault on one device, whatever its symptoms do: begun before it ends, open once, every claim kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.engine.claims import ContactRule, Teller
from detectors.faults import fusion
from detectors.faults.fusion import Patient, Symptom, Why
from detectors.finding import Finding
from tests.detectors.detector_feed import device
from tests.detectors.test_fusion import HOUR, SCENE, START, WATCHED
from tests.detectors.test_fusion import _catalogue as _catalogue  # noqa: PLC0414 - a fixture of this file, too

ODD = len(WATCHED)  # the place of the watch whose symptom only speaks for unusual behaviour
CAR = device(1, "heat_pump")


@dataclass(frozen=True)
class Step:
    """What one watch shows next."""

    watch: int
    active: int
    severity: float
    why: Why
    alert: bool


steps = st.lists(
    st.builds(
        Step,
        watch=st.integers(0, ODD),
        active=st.sampled_from((0, 0, 1, 2)),
        severity=st.sampled_from((0.3, 1.0, 9.0)),
        why=st.sampled_from(("recovered", "recovered", "normal", "withdrawn")),
        alert=st.booleans(),
    ),
    max_size=40,
)


def symptom(step: Step, at: int, onset: int) -> Symptom:
    key = "odd:high" if step.watch == ODD else WATCHED[step.watch]
    bounds = (30.0, -float("inf"), 25.0, 30.0, 0.0)
    return Symptom(key, step.watch, step.active, onset, at, 9, 5.0, step.severity, *bounds, unusual=step.watch == ODD)


def life(told: list[Step]) -> Iterator[tuple[Finding, Patient]]:
    """Each finding of such a device, with what is known of it after all findings of the same moment."""
    patient, teller, since = Patient(), Teller(ContactRule(), "1"), dict[int, int]()
    for number, step in enumerate(told):
        at = START + number * HOUR
        if step.active:
            since.setdefault(step.watch, at)
        elif step.watch not in patient.symptoms:
            continue
        shown = symptom(step, at, since[step.watch])
        if not step.active:
            since.pop(step.watch)
        made = fusion.alert(patient, step.watch, at) if step.alert and step.active else []
        found = teller.tell(made, patient, CAR, SCENE)
        why: Why = "recovered" if step.active else step.why
        found += teller.tell(fusion.change(patient, "heat_pump", shown, why), patient, CAR, SCENE)
        for finding in found:
            yield finding, patient


@given(steps)
@settings(max_examples=300, deadline=None)
def test_a_fault_ends_only_after_it_began_and_begins_only_when_it_is_not_open(told: list[Step]) -> None:
    standing: dict[str, Finding] = {}
    for finding, _ in life(told):
        if finding.kind == "cleared":
            assert standing.pop(finding.fault).onset == finding.onset
        elif finding.kind == "raised" and finding.fault in standing:
            assert standing[finding.fault].onset == finding.onset  # the same episode with more evidence
        elif finding.kind == "raised":
            standing[finding.fault] = finding


@given(steps)
@settings(max_examples=300, deadline=None)
def test_no_two_claims_are_one_row_and_what_was_said_last_is_what_is_open(told: list[Step]) -> None:
    findings = list(life(told))
    assert len({finding.id for finding, _ in findings}) == len(findings)
    standing: dict[str, str] = {}
    for finding, _ in findings:
        standing |= {finding.fault: finding.kind} if finding.kind in {"raised", "cleared"} else {}
    if findings:
        assert {fault for fault, kind in standing.items() if kind == "raised"} == set(findings[-1][1].open)


@given(steps)
@settings(max_examples=200, deadline=None)
def test_one_trouble_is_told_to_the_customer_once(told: list[Step]) -> None:
    spoken = set[str]()
    for finding, _ in life(told):
        if finding.contact:
            assert finding.fault not in spoken
            spoken.add(finding.fault)
        if finding.kind == "cleared":
            spoken.discard(finding.fault)


@pytest.mark.parametrize("why", ["recovered", "normal"])
def test_what_was_never_raised_is_never_cleared(why: Why) -> None:
    first, gone = Step(ODD, 1, 1.0, "recovered", alert=False), Step(ODD, 0, 1.0, why, alert=False)
    assert [finding.kind for finding, _ in life([first, gone])] == (["normal"] if why == "normal" else [])
