"""``forewarn sim score`` as a person or a merge gate runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from device_sim.scorecard import cli
from kit.errors import ForewarnError


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> typer.Typer:
    monkeypatch.setenv("FOREWARN__CORE__DATA_DIR", str(tmp_path / "data"))
    made = typer.Typer()
    made.command("score")(cli.score)
    return made


def scored(app: typer.Typer, *words: str) -> Result:
    return CliRunner().invoke(app, [*words])


@pytest.mark.parametrize(
    "words",
    [
        ("no_such_scenario",),
        ("/no/such/file.toml",),
        ("one_heat_pump", "one_heat_pump"),
        ("one_heat_pump", "--compare", "/no/such/score.json"),
    ],
)
def test_a_mistake_is_told_before_anything_runs(app: typer.Typer, tmp_path: Path, words: tuple[str, ...]) -> None:
    result = scored(app, *words)
    assert isinstance(result.exception, ForewarnError)
    assert not (tmp_path / "data" / "scorecard" / "score.json").exists()


@pytest.mark.slow
def test_one_run_prints_one_object_the_same_each_time_and_gates(app: typer.Typer, tmp_path: Path) -> None:
    once, again = tmp_path / "once", tmp_path / "again"
    words = ("one_heat_pump", "--seed", "3", "--days", "9", "--json")
    first = scored(app, *words, "--out", str(once))
    assert first.exit_code == 0, first.stderr
    facts = json.loads(first.stdout)
    assert (facts["scenario"], facts["seed"], facts["devices"], facts["days"]) == ("one_heat_pump", 3, 1, 9.0)
    assert str(tmp_path) not in first.stdout
    assert {path.name for path in once.iterdir()} == {"score.json", "score.html", "score.md", "evidence.md"}
    assert (once / "evidence.md").read_text().startswith("`forewarn sim score one_heat_pump --seed 3 --days 9`")
    limits = ("--max-false", "0", "--min-recall-3d", "0.5")
    second = scored(app, *words, "--out", str(again), "--compare", str(once / "score.json"), *limits)
    assert second.exit_code == 1
    assert "Told three days ahead is undefined" in second.stderr
    repeated = json.loads(second.stdout)
    compared = repeated.pop("compared")
    assert repeated == facts
    assert (compared["runs"], compared["won"], compared["lost"]) == (1, [], [])
    assert (once / "score.md").read_bytes() == (again / "score.md").read_bytes()
