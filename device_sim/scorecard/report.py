"""A scorecard as JSON: one object a run, and a document over several. Same runs, same bytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from device_sim.scorecard.outcome import Outcome
from device_sim.scorecard.pool import intervals, pooled
from device_sim.scorecard.score import GROUPS, Score
from device_sim.scorecard.tally import Tally, measures, total

FORM = 1
COLUMNS = (
    "precision",
    "recall",
    "recall_3d",
    "lead_days_median",
    "false_contacts_per_1000_device_days",
    "finding_precision",
    "finding_recall",
)
COUNTS = ("contacts", "right", "duplicates", "expected", "contacted", "expected_3d", "contacted_3d", "findings")


def run(score: Score) -> dict[str, Any]:
    """One run as one object: its measures first, then what they are made of. Null where undefined."""
    return {
        "scenario": score.scenario,
        "seed": score.seed,
        "version": score.version,
        "devices": score.devices,
        "days": round(score.days, 3),
        "device_days": round(score.tally.device_days, 3),
        **measures(score.tally),
        "expected": score.tally.expected,
        "contacted": score.tally.contacted,
        "expected_3d": score.tally.expected_3d,
        "contacted_3d": score.tally.contacted_3d,
        "reasons": reasons([score]),
        **{f"by_{by}": rows(score.groups[by]) for by in GROUPS},
        "outcomes": [asdict(one) for one in score.outcomes],
        "judged_contacts": [asdict(one) | {"right": one.right} for one in score.contacts],
        "counts": dict(score.counts),
        "tally": score.tally.facts(),
    }


def document(scores: Sequence[Score]) -> dict[str, Any]:
    """Several runs with their pooled measures and the intervals of these."""
    tallies = [score.tally for score in scores]
    return {
        "scorecard": FORM,
        "runs": [run(score) for score in scores],
        "pooled": {
            "scenarios": sorted({score.scenario for score in scores}),
            "seeds": sorted({score.seed for score in scores}),
            "device_days": round(sum(tally.device_days for tally in tallies), 3),
            **pooled(tallies),
            "judged": {name: count for name, count in total(tallies).facts().items() if name != "samples"},
            "intervals": intervals([score.scenario for score in scores], tallies),
            "reasons": reasons(scores),
            **{f"by_{by}": rows(grouped(scores, by)) for by in GROUPS},
        },
    }


def text(facts: Mapping[str, Any]) -> str:
    """The JSON of it, to the byte the same for the same facts. Raises ValueError for what is no JSON, as NaN."""
    return json.dumps(facts, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def rows(groups: Mapping[str, Tally]) -> list[dict[str, Any]]:
    """A table: a row for each group, by name."""
    return [_row(name, tally) for name, tally in sorted(groups.items())]


def grouped(scores: Iterable[Score], by: str) -> dict[str, Tally]:
    """The groups of several runs added up."""
    parts: dict[str, list[Tally]] = {}
    for score in scores:
        for name, tally in score.groups[by].items():
            parts.setdefault(name, []).append(tally)
    return {name: total(tallies) for name, tallies in parts.items()}


def reasons(scores: Iterable[Score]) -> dict[str, int]:
    """How many faults were missed for which reason, the commonest first."""
    found = Counter(one.reason for score in scores for one in missed(score.outcomes))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def missed(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those of which somebody should have learned, or learned earlier."""
    return [one for one in outcomes if one.reason and one.expects != "nothing"]


def _row(name: str, tally: Tally) -> dict[str, Any]:
    measured = measures(tally)
    return {
        "name": name,
        **{key: getattr(tally, key) for key in COUNTS},
        "wrong": tally.contacts - tally.right,
        "device_days": round(tally.device_days, 3),
        **{key: measured[key] for key in COLUMNS},
    }
