"""A draft policy is a piece of the configuration file, checked to the last key."""

from __future__ import annotations

from pathlib import Path

import pytest

from device_sim.scorecard.backtest.policy import read_policy
from kit.errors import SettingsError
from kit.settings import load


def draft(tmp_path: Path, text: str) -> dict[str, object]:
    path = tmp_path / "draft.toml"
    path.write_text(text, "utf-8")
    return read_policy(path, load(Path("/dev/null"), environ={}))


def test_a_draft_is_what_it_says(tmp_path: Path) -> None:
    text = "[detectors]\ncontact_severity = 2.0\n[detectors.watch.vehicle.coolant_hot]\nlimit = 112\n"
    assert draft(tmp_path, text) == {
        "detectors": {"contact_severity": 2.0, "watch": {"vehicle": {"coolant_hot": {"limit": 112}}}}
    }


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("[database]\nurl = 'x'\n", "database", "[detectors]"),
        ("[detectors\n", "TOML", "line"),
        ("", "changes nothing", "docs/backtest.md"),
        ("[detectors]\ncontact_severty = 2.0\n", "detectors.contact_severty", "contact_severity"),
        ("[detectors]\ncontact_severity = 'much'\n", "detectors.contact_severity", "Correct"),
        ("[detectors]\ncontact_confidence = 1.5\n", "detectors.contact_confidence", "Correct"),
        ("detectors = 3\n", "'detectors' must be a table", "[detectors]"),
        ("[detectors.watch.vehicel.coolant_hot]\nlimit = 1\n", "detectors.watch.vehicel", "'vehicle'"),
        ("[detectors.watch.vehicle.coolant_hot]\nlimt = 1\n", "coolant_hot.limt", "'limit'"),
    ],
)
def test_a_draft_that_cannot_be_is_refused_with_its_key_and_the_fix(
    tmp_path: Path, text: str, problem: str, fix: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        draft(tmp_path, text)
    assert problem in caught.value.problem
    assert fix in caught.value.fix


def test_a_draft_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_policy(tmp_path / "none.toml", load(Path("/dev/null"), environ={}))
