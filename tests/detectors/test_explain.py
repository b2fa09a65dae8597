"""`forewarn detectors explain` for people and for scripts."""

from __future__ import annotations

import json
import uuid

import typer
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from detectors import cli, queries
from detectors.errors import FindingNotFound
from detectors.finding import Evidence, Finding, Sign
from kit.db import transaction
from kit.settings import Settings
from tests.detectors.test_queries import ONSET, finding


def forewarn(settings: Settings, *words: str) -> Result:
    root = typer.Typer()
    cli.register(root)
    return CliRunner().invoke(root, list(words), obj=settings)


def known(engine: Engine) -> Finding:
    found = finding()
    sign = Sign("coolant_hot", "Coolant temperature", 1.0, "limit", ONSET, 9.0, 6.5)
    seen = found.evidence
    evidence = Evidence(
        seen.summary, seen.reasons, ONSET, ONSET, seen.signals, 120, 0.01, signs=(sign,), considered=(("silent", 0.5),)
    )
    kept = Finding(**{name: getattr(found, name) for name in Finding.__dataclass_fields__} | {"evidence": evidence})
    with transaction(engine) as session:
        queries.write(session, [kept])
    return kept


def test_it_says_the_values_the_signs_with_their_weights_and_what_else_it_might_be(
    settings: Settings, engine: Engine
) -> None:
    done = forewarn(settings, "detectors", "explain", str(known(engine).id))
    assert done.exit_code == 0, done.exception
    for words in (
        "Coolant loss or overheating on car-1: strong enough to tell the customer",
        "Coolant temperature (coolant_temp): 112.5 °C at 2026-05-01 12:30 UTC, expected 84 °C to 97 °C; severity 6.5",
        "1  coolant_hot: Coolant temperature, since 2026-05-01 12:30 UTC; limit",
        "Device has fallen silent, weight 0.5",
        "confidence 90%",
        "120 readings seen, 1% of those expected missing",
    ):
        assert words in done.stdout


def test_scripts_get_the_whole_finding_and_what_is_kept_comes_back_whole(settings: Settings, engine: Engine) -> None:
    kept = known(engine)
    said = json.loads(forewarn(settings, "detectors", "explain", str(kept.id), "--json").stdout)
    assert said["evidence"]["signs"][0]["symptom"] == "coolant_hot"
    assert said["evidence"]["considered"] == [["silent", 0.5]]
    with transaction(engine) as session:
        assert queries.get(session, kept.id) == kept


def test_an_unknown_finding_is_an_error_that_says_so(settings: Settings, engine: Engine) -> None:
    assert isinstance(forewarn(settings, "detectors", "explain", str(uuid.uuid4())).exception, FindingNotFound)
