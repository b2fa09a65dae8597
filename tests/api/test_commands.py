"""`forewarn staff`: accounts by command, passwords shown once, mistakes as sentences."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from kit.settings import Core, Database, Settings
from tests.api.conftest import Browser, Running


def forewarn(settings: Settings, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a person would, on this test's database."""
    url = settings.of(Database).url
    assert url is not None
    environment = os.environ | {
        "FOREWARN__CORE__DATA_DIR": str(settings.of(Core).data_dir),
        "FOREWARN__DATABASE__URL": url.get_secret_value(),
    }
    return subprocess.run(
        [sys.executable, "-m", "kit.cli", *arguments],
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_an_added_account_signs_in_with_the_password_that_was_shown(settings: Settings, running: Running) -> None:
    done = forewarn(settings, "staff", "add", "Kim@Example.com", "--time-zone", "Asia/Tokyo", "--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["address"] == "kim@example.com"
    assert Browser(running.client()).sign_in("kim@example.com", shown["password"]).status_code == 303
    listed = json.loads(forewarn(settings, "staff", "list", "--json").stdout)
    assert listed == [
        {
            "address": "kim@example.com",
            "name": "kim@example.com",
            "time_zone": "Asia/Tokyo",
            "commands": False,
            "disabled": False,
        }
    ]
    again = forewarn(settings, "staff", "add", "kim@example.com")
    assert again.returncode != 0
    assert "There is already a staff account kim@example.com." in " ".join(again.stderr.split())


@pytest.mark.slow
def test_a_password_from_standard_input_is_not_printed(settings: Settings, running: Running) -> None:
    secret = "a password of my own"
    forewarn(settings, "staff", "add", "kim@example.com", "--json")
    done = forewarn(settings, "staff", "reset-password", "kim@example.com", "--password-stdin", stdin=secret + "\n")
    assert done.returncode == 0, done.stderr
    assert secret not in done.stdout + done.stderr
    assert Browser(running.client()).sign_in("kim@example.com", secret).status_code == 303


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "not-an-address"), "is not an e-mail address"),
        (("add", "kim@example.com", "--time-zone", "Mars/Base"), "There is no time zone 'Mars/Base'."),
        (("reset-password", "nobody@example.com"), "There is no staff account nobody@example.com."),
        (("add", "kim@example.com", "--password-stdin"), "A password has 12 to 256 characters."),
    ],
)
def test_mistakes_are_sentences(settings: Settings, arguments: tuple[str, ...], sentence: str) -> None:
    done = forewarn(settings, "staff", *arguments, stdin="short\n")
    assert done.returncode != 0
    assert sentence in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
