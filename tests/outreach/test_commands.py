"""The commands print facts for people and for scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kit.settings import load
from outreach import build
from outreach.config import Config
from tests.outreach.conftest import World, make_finding


@pytest.fixture
def environ(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "FOREWARN__CORE__DATA_DIR": str(tmp_path),
        "FOREWARN__DATABASE__URL": database_url.replace("+psycopg", ""),
    }


def forewarn(environ: dict[str, str], *words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "kit.cli", *words], env=environ, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def test_cases_and_customers_from_the_command_line(world: World, environ: dict[str, str], tmp_path: Path) -> None:
    world.people()
    world.found(make_finding())
    world.triage()
    (tmp_path / "more.json").write_text('{"customers": [{"id": "c-9", "name": "Bo", "consents": ["service"]}]}')
    assert forewarn(environ, "customers", "import", str(tmp_path / "more.json"))[0] == 0
    people = json.loads(forewarn(environ, "customers", "list", "--json")[1])
    assert [person["id"] for person in people] == ["c-1", "c-9"]
    listed = json.loads(forewarn(environ, "cases", "list", "--json")[1])
    assert [(row["reference"], row["state"]) for row in listed] == [("FW-1001", "new")]
    shown = json.loads(forewarn(environ, "cases", "show", "FW-1001", "--json")[1])
    assert (shown["answered"], shown["timeline"][0]["kind"]) == (None, "opened")
    code, out, _ = forewarn(environ, "cases", "show", "fw-1001")
    assert code == 0
    assert "Coolant temperature 112 °C" in out
    code, _, wrong = forewarn(environ, "cases", "show", "FW-7")
    assert (code != 0, "There is no case FW-7." in wrong) == (True, True)
    assert "is no case number" in forewarn(environ, "cases", "show", "x")[2]


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
    (check,) = build.doctor(load(environ=away))
    assert not check.ok
    assert check.fix


def test_a_sender_that_is_no_address_is_refused() -> None:
    for wrong in ("nobody", "a@b\nBcc: x@y"):
        with pytest.raises(ValueError, match="example"):
            Config(sender=wrong)
