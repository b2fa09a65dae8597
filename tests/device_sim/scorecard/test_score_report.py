"""Scorecards of several runs: intervals, comparison, limits, and the forms that they are written in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from device_sim.errors import ScoreUnreadable
from device_sim.scorecard import markdown, report
from device_sim.scorecard.compare import compare, load
from device_sim.scorecard.limits import Limits
from device_sim.scorecard.pool import difference
from device_sim.scorecard.score import Score, score
from device_sim.scorecard.tally import Tally, measures, total
from device_sim.scorecard.wording import MEASURES
from tests.device_sim.scorecard.hand import fleet, record

WANTED = {
    "scenario",
    "seed",
    "precision",
    "recall",
    "recall_3d",
    "lead_days_median",
    "lead_days_p10",
    "false_contacts_per_1000_device_days",
    "duplicates",
}


def scores(skill: int = 3, seeds: int = 5) -> list[Score]:
    return [score(fleet(seed, skill)) for seed in range(1, seeds + 1)]


def saved(folder: Path, made: list[Score]) -> Path:
    path = folder / "score.json"
    path.write_text(report.text(report.document(made)), "utf-8")
    return path


def test_a_run_is_one_object_with_what_is_asked_for() -> None:
    facts = json.loads(report.text(report.run(scores()[0])))
    assert set(facts) >= WANTED
    assert facts["reasons"] == {"too_weak": 1}


def test_the_same_record_gives_the_same_bytes() -> None:
    assert report.text(report.run(score(fleet(3)))) == report.text(report.run(score(fleet(3))))
    assert report.text(report.document(scores())) == report.text(report.document(scores()))


def test_an_empty_run_is_null_and_never_nan() -> None:
    text = report.text(report.run(score(record())))
    assert json.loads(text)["precision"] is None
    assert "NaN" not in text


def test_a_tally_survives_json() -> None:
    tally = scores()[0].tally
    assert Tally.of(json.loads(json.dumps(tally.facts()))) == tally


def test_runs_added_up_count_what_each_counted() -> None:
    made = [one.tally for one in scores()]
    whole = total(made)
    assert whole.contacts == sum(one.contacts for one in made)
    assert len(whole.samples["lead_days"]) == sum(len(one.samples["lead_days"]) for one in made)


def test_an_interval_holds_the_pooled_value_and_one_seed_has_none() -> None:
    mixed = [score(fleet(seed, skill)) for seed, skill in ((1, 1), (2, 2), (3, 3), (4, 4), (5, 3))]
    pooled: dict[str, Any] = report.document(mixed)["pooled"]
    for name in ("precision", "recall", "recall_3d", "lead_days_median"):
        low, high = pooled["intervals"][name]
        assert low <= pooled[name] <= high
    low, high = pooled["intervals"]["recall"]
    assert low < high
    assert pooled["judged"]["contacts"] == sum(one.tally.contacts for one in mixed)
    assert not any(report.document(mixed[:1])["pooled"]["intervals"].values())


def test_a_difference_between_equal_runs_is_nothing_for_certain() -> None:
    tallies = [one.tally for one in scores()]
    change, spread = difference(["a"] * 5, tallies, tallies)
    assert change["recall"] == 0
    assert spread["recall"] == (0, 0)


def test_a_comparison_names_what_was_won_and_what_was_lost(tmp_path: Path) -> None:
    better, worse = scores(3), scores(2)
    gained = compare(better, load(saved(tmp_path, worse)))
    assert [one["device"] for one in gained["won"]] == ["car-2"] * 5
    assert gained["lost"] == []
    assert gained["difference"]["recall"] == 0.25
    fallen = compare(worse, load(saved(tmp_path, better)))
    assert [(one["device"], one["why"]) for one in fallen["lost"]] == [("car-2", "too_weak")] * 5


def test_a_comparison_is_over_the_runs_that_both_have(tmp_path: Path) -> None:
    compared = compare(scores(seeds=5), load(saved(tmp_path, scores(seeds=3))))
    assert (compared["runs"], compared["not_in_both"]) == (3, 2)
    nothing = compare(scores(seeds=1), [])
    assert nothing["runs"] == 0
    assert nothing["difference"]["precision"] is None


def test_a_single_saved_object_can_be_compared_with(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(report.text(report.run(scores()[0])), "utf-8")
    assert compare(scores(), load(path))["runs"] == 1


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", "{}", '{"runs": [{}]}', '{"runs": 5}', '{"runs": [{"scenario": "a", "seed": "x"}]}'],
)
def test_a_file_that_is_no_scorecard_is_refused_with_the_fix(tmp_path: Path, content: str) -> None:
    path = tmp_path / "score.json"
    path.write_text(content, "utf-8")
    with pytest.raises(ScoreUnreadable, match=r"score\.json"):
        load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScoreUnreadable):
        load(tmp_path / "none.json")


def test_limits_name_what_is_broken_and_an_undefined_measure_keeps_no_lower_limit() -> None:
    pooled = measures(total(one.tally for one in scores()))
    kept = Limits.of({"precision": 0.7, "recall": None}, {"duplicates": 0})
    assert kept.broken(pooled) == []
    strict = Limits.of({"precision": 0.9}, {"false_contacts_per_1000_device_days": 1.0})
    precision, false = strict.broken(pooled)
    assert "Precision of contacts is 75.0 %" in precision
    assert "at most 1" in false
    nothing = measures(score(record()).tally)
    assert "undefined" in Limits.of({"recall": 0.1}, {}).broken(nothing)[0]


def test_markdown_holds_every_measure_and_the_command() -> None:
    text = markdown.write(report.document(scores()), "forewarn sim score by_hand --seeds 5")
    assert "`forewarn sim score by_hand --seeds 5`" in text
    assert all(measure.label in text for measure in MEASURES.values())
