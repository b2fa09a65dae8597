"""The scorecard in Markdown, for documents: the figures, the misses, and a table by fault and by device type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from device_sim.scorecard import wording
from device_sim.scorecard.reasons import SENTENCES


def write(facts: Mapping[str, Any], command: str) -> str:
    """The document of `report` as Markdown, under the command that made it."""
    pooled, runs = facts["pooled"], facts["runs"]
    seeds = ", ".join(map(str, pooled["seeds"]))
    versions = ", ".join(sorted({run["version"] for run in runs}))
    about = f"Forewarn {versions}; {len(runs)} runs, seeds {seeds}; {pooled['device_days']:,.0f} device-days."
    tables = (_measures(pooled), _reasons(pooled["reasons"]), _faults(pooled), _types(pooled), _runs(runs))
    return "\n".join([f"`{command}`\n", f"{about}\n", *tables])


def _measures(pooled: Mapping[str, Any]) -> str:
    rows = [
        [
            measure.label,
            wording.shown(name, pooled[name]),
            wording.between(name, pooled["intervals"].get(name)) or wording.NONE,
            measure.about,
        ]
        for name, measure in wording.MEASURES.items()
    ]
    return _table(["measure", "value", "95 % interval", "what it is"], rows)


def _reasons(reasons: Mapping[str, int]) -> str:
    rows = [[SENTENCES[name], str(count)] for name, count in reasons.items()]
    return _table(["why missed or told too late", "faults"], rows) if rows else ""


def _faults(pooled: Mapping[str, Any]) -> str:
    rows = [
        [
            row["name"],
            f"{row['contacted']} of {row['expected']}",
            f"{row['contacted_3d']} of {row['expected_3d']}",
            wording.shown("lead_days_median", row["lead_days_median"]),
            str(row["wrong"]),
        ]
        for row in pooled["by_fault"]
    ]
    return _table(["fault", "told", "three days ahead", "lead, median", "wrong contacts naming it"], rows)


def _types(pooled: Mapping[str, Any]) -> str:
    rows = [
        [
            row["name"],
            f"{row['contacted']} of {row['expected']}",
            str(row["contacts"]),
            wording.shown("precision", row["precision"]),
            wording.shown("false_contacts_per_1000_device_days", row["false_contacts_per_1000_device_days"]),
        ]
        for row in pooled["by_device_type"]
    ]
    return _table(["device type", "told", "contacts", "precision", "false per 1,000 device-days"], rows)


def _runs(runs: Sequence[Mapping[str, Any]]) -> str:
    names = ("precision", "recall", "recall_3d", "lead_days_median", "false_contacts_per_1000_device_days")
    rows = [
        [run["scenario"], str(run["seed"]), *(wording.shown(name, run[name]) for name in names), str(run["duplicates"])]
        for run in runs
    ]
    return _table(["scenario", "seed", "precision", "recall", "3 days ahead", "lead", "false", "duplicates"], rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
