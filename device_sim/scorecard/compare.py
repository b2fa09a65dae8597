"""A scorecard beside an earlier one: what changed, by how much for certain, and which faults were won and lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from device_sim.errors import ScoreUnreadable
from device_sim.scorecard.pool import MAIN, difference
from device_sim.scorecard.score import Score
from device_sim.scorecard.tally import Tally

RunKey = tuple[str, int]
FaultKey = tuple[str, int, str, str, int]  # scenario, seed, device, fault, onset in epoch milliseconds
ClaimKey = tuple[str, int, str, str]  # scenario, seed, device, claimed fault


@dataclass(frozen=True, slots=True)
class Earlier:
    """One saved run: its tally, whether each fault that counts was contacted, and its wrong contacts."""

    key: RunKey
    version: str
    tally: Tally
    told: dict[FaultKey, bool]
    wrong: Counter[ClaimKey]


@dataclass(frozen=True, slots=True)
class Change:
    """One fault that was won or lost, or a wrong contact that is new or gone."""

    scenario: str
    seed: int
    device: str
    fault: str
    why: str = ""


def load(path: Path) -> list[Earlier]:
    """The runs of a saved scorecard. Raises ScoreUnreadable."""
    try:
        facts = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ScoreUnreadable(path, error.strerror or "it cannot be opened") from error
    except ValueError as error:
        raise ScoreUnreadable(path, "it is no JSON") from error
    try:
        return [earlier(run) for run in facts.get("runs", [facts])]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ScoreUnreadable(path, f"it is no scorecard of this form ({error or type(error).__name__})") from error


def compare(scores: Sequence[Score], before: Sequence[Earlier]) -> dict[str, Any]:
    """The difference now minus then over the runs that both have, ready for JSON."""
    known = {run.key: run for run in before}
    pairs = [(score, known[key]) for score in scores if (key := (score.scenario, score.seed)) in known]
    names = [score.scenario for score, _ in pairs]
    change, spread = difference(names, [score.tally for score, _ in pairs], [run.tally for _, run in pairs])
    won, lost = _won_and_lost(pairs)
    new, gone = _wrong(pairs)
    return {
        "runs": len(pairs),
        "not_in_both": len(scores) + len(known) - 2 * len(pairs),
        "versions": sorted({run.version for _, run in pairs}),
        "difference": {name: change[name] for name in MAIN},
        "intervals": spread,
        **{name: [asdict(one) for one in found] for name, found in (("won", won), ("lost", lost))},
        **{name: [asdict(one) for one in found] for name, found in (("wrong_new", new), ("wrong_gone", gone))},
    }


def earlier(run: dict[str, Any]) -> Earlier:
    """A run as `report.run` tells it. Raises KeyError, TypeError, ValueError for anything else."""
    scenario, seed = str(run["scenario"]), int(run["seed"])
    told = {
        (scenario, seed, str(one["device"]), str(one["fault"]), int(one["onset_ms"])): one["contact_ms"] is not None
        for one in run["outcomes"]
        if one["counts"] and one["expects"] == "contact"
    }
    wrong = Counter(
        (scenario, seed, str(one["device"]), str(one["fault"])) for one in run["judged_contacts"] if not one["right"]
    )
    return Earlier((scenario, seed), str(run["version"]), Tally.of(run["tally"]), told, wrong)


def _won_and_lost(pairs: Sequence[tuple[Score, Earlier]]) -> tuple[list[Change], list[Change]]:
    won, lost = [], []
    for score, then in pairs:
        for one in score.outcomes:
            told = then.told.get((score.scenario, score.seed, one.device, one.fault, one.onset_ms))
            change = Change(score.scenario, score.seed, one.device, one.fault, one.reason)
            if told is False and one.contact_ms is not None:
                won.append(change)
            elif told and one.contact_ms is None:
                lost.append(change)
    return won, lost


def _wrong(pairs: Sequence[tuple[Score, Earlier]]) -> tuple[list[Change], list[Change]]:
    new: list[Change] = []
    gone: list[Change] = []
    for score, then in pairs:
        now = Counter((score.scenario, score.seed, one.device, one.fault) for one in score.contacts if not one.right)
        new.extend(Change(*key) for key in sorted((now - then.wrong).elements()))
        gone.extend(Change(*key) for key in sorted((then.wrong - now).elements()))
    return new, gone
