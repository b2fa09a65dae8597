"""The commands print facts for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from kit.errors import ForewarnError
from kit.settings import load
from outreach import build, cli
from outreach.config import Config
from tests.outreach.conftest import World, make_finding


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "FOREWARN__CORE__DATA_DIR": str(tmp_path),
        "FOREWARN__DATABASE__URL": database_url.replace("+psycopg", ""),
    }


def forewarn(environ: dict[str, str], *words: str) -> Result:
    root = typer.Typer()
    cli.register(root)
    return CliRunner().invoke(root, list(words), obj=load(environ=environ))


def facts(environ: dict[str, str], *words: str) -> Any:
    done = forewarn(environ, *words, "--json")
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def test_cases_and_customers_from_the_command_line(world: World, environ: dict[str, str], tmp_path: Path) -> None:
    world.people()
    world.found(make_finding())
    world.triage()
    (tmp_path / "more.json").write_text('{"customers": [{"id": "c-9", "name": "Bo", "consents": ["service"]}]}')
    assert forewarn(environ, "customers", "import", str(tmp_path / "more.json")).stdout == "1 customers taken in.\n"
    assert [person["id"] for person in facts(environ, "customers", "list")] == ["c-1", "c-9"]
    assert [(row["reference"], row["state"]) for row in facts(environ, "cases", "list")] == [("FW-1001", "new")]
    shown = facts(environ, "cases", "show", "FW-1001")
    assert (shown["answered"], shown["timeline"][0]["kind"]) == (None, "opened")
    assert "Coolant temperature 112 °C" in forewarn(environ, "cases", "show", "fw-1001").stdout
    assert "FW-1001" in forewarn(environ, "cases", "list").stdout
    assert "Bo" in forewarn(environ, "customers", "list").stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("cases", "show", "FW-7"), "There is no case FW-7."),
        (("cases", "show", "9" * 60), "There is no case"),
        (("cases", "show", "x"), "is no case number"),
        (("cases", "list", "--group", "lost"), "There is no group 'lost'."),
        (("customers", "import", "nowhere.json"), "cannot be imported"),
    ],
)
def test_a_wrong_word_is_answered_with_a_sentence(
    environ: dict[str, str], words: tuple[str, ...], problem: str
) -> None:
    error = forewarn(environ, *words).exception
    assert isinstance(error, ForewarnError)
    assert problem in error.problem
    assert error.fix


def test_the_first_run_takes_in_the_fleet_s_customers(world: World, environ: dict[str, str], tmp_path: Path) -> None:
    settings = load(environ=environ)
    build.import_customers(settings)  # no fleet file: nothing to do
    (tmp_path / "fleet.json").write_text('{"customers": [{"id": "c-9", "name": "Bo"}]}')
    build.import_customers(settings)
    build.import_customers(settings)
    assert build.pulse(world.engine, settings)["cases"] == {"open": 0, "closed": 0}


def test_the_doctor_says_whether_mails_can_leave(environ: dict[str, str]) -> None:
    assert build.doctor(load(environ=environ))[0].ok
    away = environ | {"FOREWARN__OUTREACH__SMTP_HOST": "127.0.0.1", "FOREWARN__OUTREACH__SMTP_PORT": "1"}
    (example,) = build.doctor(load(environ=away))
    (check,) = build.doctor(load(environ=away | {"FOREWARN__OUTREACH__SENDER": "Care <care@fw.example>"}))
    assert "example" in example.detail
    assert "127.0.0.1:1 cannot be used" in check.detail
    assert not example.ok
    assert not check.ok
    assert example.fix
    assert check.fix


def test_a_sender_that_is_no_address_is_refused() -> None:
    for wrong in ("nobody", "a@b\nBcc: x@y"):
        with pytest.raises(ValueError, match="example"):
            Config(sender=wrong)
