from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from detectors import queries
from detectors.errors import FindingNotFound
from detectors.finding import Evidence, Finding, SignalEvidence, finding_id
from detectors.tables import VerdictRow
from kit.db import transaction

ONSET = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)


def finding(device: str = "car-1", fault: str = "coolant_leak") -> Finding:
    signal = SignalEvidence(
        "coolant_temp", "Coolant temperature", "Cel", "cause", ONSET, 112.5, 84.0, 97.0, 9.0, 6.5, ((1, 84.0, 97.0),)
    )
    evidence = Evidence("Too hot.", ("Hotter than ever.",), ONSET, ONSET, (signal,), 120, 0.01)
    return Finding(
        finding_id("t", device, fault, ONSET, "raised"),
        "t",
        device,
        fault,
        "raised",
        ONSET,
        ONSET + timedelta(minutes=5),
        9.0,
        6.5,
        0.9,
        contact=True,
        detector="fusion",
        version="1",
        evidence=evidence,
    )


def test_a_finding_comes_back_as_it_was_written(engine: Engine) -> None:
    with transaction(engine) as session:
        assert queries.write(session, [finding()]) == 1
    with transaction(engine) as session:
        assert queries.get(session, finding().id) == finding()
        assert queries.of_device(session, "t", "car-1") == [finding()]


def test_the_same_finding_written_twice_is_one_row(engine: Engine) -> None:
    with transaction(engine) as session:
        queries.write(session, [finding()])
    with transaction(engine) as session:
        assert queries.write(session, [replace(finding(), severity=99.0), finding("car-2")]) == 1
        assert queries.count(session) == 2
        assert queries.get(session, finding().id).severity == 6.5


def test_a_trouble_that_is_raised_again_with_more_evidence_counts_once(engine: Engine) -> None:
    grown = replace(finding(), id=finding_id("t", "car-1", "coolant_leak", ONSET, "raised", "grown"))
    ended = replace(finding(), kind="cleared", id=finding_id("t", "car-1", "coolant_leak", ONSET, "cleared"))
    with transaction(engine) as session:
        queries.write(session, [finding(), grown, ended, finding("car-2")])
        assert queries.count(session) == 2
    assert [one.is_again for one in (finding(), grown, ended)] == [False, True, False]


def test_what_became_normal_is_read_newest_first_and_is_no_trouble(engine: Engine) -> None:
    first, second = (
        replace(
            finding(),
            id=finding_id("t", "car-1", "unusual_behaviour", ONSET, "normal", watch),
            kind="normal",
            detected=ONSET + timedelta(days=days),
        )
        for watch, days in (("a", 7), ("b", 8))
    )
    with transaction(engine) as session:
        queries.write(session, [first, second, finding("car-2")])
        assert queries.became_normal(session, "t", "car-1") == [second, first]
        assert queries.became_normal(session, "t", "car-2") == []
        assert queries.count(session) == 1


def test_triage_claims_oldest_first_and_each_finding_once(engine: Engine) -> None:
    for device in ("car-1", "car-2", "car-3"):
        with transaction(engine) as session:
            queries.write(session, [finding(device)])
    with transaction(engine) as first:
        claimed = queries.claim_new(first, 2)
        assert [item.device for item in claimed] == ["car-1", "car-2"]
        with transaction(engine) as second:
            assert [item.device for item in queries.claim_new(second, 10)] == ["car-3"]
        queries.mark_triaged(first, [item.id for item in claimed])
    with transaction(engine) as session:
        assert [item.device for item in queries.claim_new(session, 10)] == ["car-3"]


def test_a_verdict_on_an_unknown_finding_is_refused(engine: Engine) -> None:
    with pytest.raises(FindingNotFound), transaction(engine) as session:
        queries.record_verdict(session, uuid.uuid4(), "true", source="staff", actor="a", note="", at=ONSET)
    with transaction(engine) as session:
        queries.write(session, [finding()])
        queries.record_verdict(session, finding().id, "false", source="customer", actor="c", note="no", at=ONSET)
        assert session.scalars(select(VerdictRow.verdict)).all() == ["false"]
