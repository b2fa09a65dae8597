"""`forewarn detectors trust` for people and for scripts."""

from __future__ import annotations

import json

import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner

from detectors import cli, queries
from detectors.finding import Evidence, Finding, finding_id
from detectors.tables import ShadowCheckpointRow
from detectors.trust import budget
from detectors.trust.promise import ORDINARY
from detectors.trust.weigh import Weighing
from kit.clock import SystemClock
from kit.db import transaction
from kit.settings import Settings


def forewarn(settings: Settings, *words: str) -> str:
    root = typer.Typer()
    cli.register(root)
    done = CliRunner().invoke(root, list(words), obj=settings)
    assert done.exit_code == 0, done.exception
    return done.stdout


@pytest.fixture(autouse=True)
def nothing_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """No scorecard speaks for any fault, so that what verdicts do can be counted by hand."""
    monkeypatch.setattr("detectors.trust.prior.measured", dict)


def told_and_judged(engine: Engine) -> None:
    """One contact about a coolant leak, which staff call wrong."""
    clock = SystemClock()
    now = clock.now()
    evidence = Evidence("Hot.", (), now, now, (), 1, 0.0)
    identity = finding_id("demo", "car-1", "coolant_leak", now, "raised")
    finding = Finding(
        identity, "demo", "car-1", "coolant_leak", "raised", now, now, 9.0, 5.0, 0.9, True, "limit", "v7", evidence
    )  # fmt: skip
    with transaction(engine) as session:
        queries.write(session, [finding])
        budget.told(session, identity, released_by="", at=now)
        queries.record_verdict(session, identity, "false", source="staff", actor="kim", note="", at=now)
        session.add(ShadowCheckpointRow(partition=0, log_offset=1, version="v8", state=b"", began_at=now, until_at=now))
    loop = Weighing(engine, clock, ORDINARY)
    while loop.step():
        pass


def test_before_any_verdict_it_says_the_promise_and_that_nothing_was_judged(settings: Settings, engine: Engine) -> None:
    said = forewarn(settings, "detectors", "trust")
    assert "at most 1 false contacts per 1,000 device-days" in said
    assert "Nothing has been judged yet" in said


def test_it_shows_the_precision_with_its_interval_the_decision_and_the_shadow(
    settings: Settings, engine: Engine
) -> None:
    told_and_judged(engine)
    said = forewarn(settings, "detectors", "trust")
    for words in ("coolant_leak", "v7", "77%", "contact", "1 are spent", "shadow", "live"):
        assert words in said
    facts = json.loads(forewarn(settings, "detectors", "trust", "--json"))
    (line,) = facts["standings"]
    assert (line["right"], line["wrong"], line["contacts"], line["open"]) == (0, 1, 1, 0)
    assert line["low"] < line["precision"] < line["high"]
    assert facts["spent"]["expected_false"] == 1
    assert facts["expected_rate"] is None  # no device is registered, so there is no rate
    assert facts["shadow"]["live"]["wrong"] == 1
    assert facts["shadow"]["shadow"]["findings"] == 0
    assert facts["decisions"][0]["state"] == "contact"
