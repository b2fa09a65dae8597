"""`forewarn sim list`, `check` and `manifest` as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from device_sim import cli_sim
from device_sim.models.machine import DAY_MS
from device_sim.scenarios import SCENARIOS
from kit.cli import app

FILE = """
summary = "Mine."
days = 12
seed = 5
[[devices]]
type = "heat_pump"
count = 3
[[faults]]
fault = "refrigerant_leak"
device = "heat_pump-2"
day = 6
"""


@pytest.fixture(autouse=True)
def logs_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command sets logging up for its process, and this process has other tests to run."""
    monkeypatch.setattr("kit.cli.logs.configure", lambda *_: None)


def run(*words: str) -> Result:
    if not any(group.name == "sim" for group in app.registered_groups):
        cli_sim.register(app)
    return CliRunner().invoke(app, list(words))


def facts(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_the_list_names_every_scenario_with_its_size() -> None:
    rows = {row["name"]: row for row in facts("sim", "list")}
    assert set(rows) == set(SCENARIOS)
    assert rows["one_freezer"]["devices"] == 1
    assert rows["small_mixed"]["quick"] is True
    assert rows["every_fault"]["quick"] is False
    assert rows["healthy_fleet"]["faults"] == 0 < rows["healthy_fleet"]["changes"]
    for row in rows.values():
        assert row["device_days"] == row["devices"] * row["days"] > 0
        assert row["faults"] is None or row["faults"] >= 0
        assert row["summary"]


def test_a_file_is_checked_and_its_contents_are_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FILE, "utf-8")
    told = facts("sim", "check", str(path))
    assert (told["name"], told["seed"], told["days"], told["start"]) == ("mine", 5, 12, "2026-01-12")
    assert told["devices"] == {"heat_pump": 3}
    assert told["faults"] == {"refrigerant_leak": 1}


def test_a_wrong_file_is_refused_with_its_line_and_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FILE.replace("refrigerant_leak", "refrigerant_leek"), "utf-8")
    with pytest.raises(Exception, match="line 9") as caught:
        SCENARIOS.get(str(path)).make(SCENARIOS.get(str(path)).birth())
    assert "refrigerant_leak" in getattr(caught.value, "fix", "")
    assert run("sim", "check", str(path)).exit_code != 0


def test_the_manifest_of_a_file_names_its_devices_and_customers(tmp_path: Path) -> None:
    path, out = tmp_path / "mine.toml", tmp_path / "out" / "fleet.json"
    path.write_text(FILE, "utf-8")
    done = run("sim", "manifest", str(path), "--out", str(out))
    assert done.exit_code == 0, done.output
    content = json.loads(out.read_text("utf-8"))
    assert [one["id"] for one in content["devices"]] == ["heat_pump-1", "heat_pump-2", "heat_pump-3"]
    assert {one["owner"] for one in content["devices"]} == {one["id"] for one in content["customers"]}


def test_a_scenario_that_is_scored_begins_at_the_same_instant_every_time() -> None:
    recipe = SCENARIOS.get("small_mixed")
    assert recipe.birth() == recipe.birth()
    assert recipe.birth(days=3).start_ms == recipe.birth().start_ms
    assert recipe.birth().start_ms % DAY_MS == 0
