"""``forewarn sim score``: how right, how early, how noisy the product is over a scenario whose truth is known."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from device_sim.errors import ScenarioInvalid
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.scenario import Recipe
from device_sim.scorecard import evidence, markdown, page, report, wording
from device_sim.scorecard.compare import compare, load
from device_sim.scorecard.evidence import Read
from device_sim.scorecard.limits import Limits
from device_sim.scorecard.lives import Life, lives
from device_sim.scorecard.reasons import SENTENCES
from device_sim.scorecard.score import Score
from device_sim.scorecard.score import score as judge
from kit.cli import JsonFlag, emit, settings
from kit.settings import Settings

Names = Annotated[list[str], typer.Argument(help="Scenarios by name or path; see `forewarn sim list`.")]


def score(  # noqa: PLR0917
    ctx: typer.Context,
    scenarios: Names,
    seed: Annotated[int | None, typer.Option(min=0, help="Same seed, same bytes. Default: the scenario's own.")] = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="So many seeds, counted up from the first.")] = 1,
    days: Annotated[int | None, typer.Option(min=1, max=366, help="Length. Default: the scenario's own.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for score.json, .html, .md and evidence.md.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--compare", help="An earlier score.json: what changed since, won and lost.")
    ] = None,
    min_precision: Annotated[float | None, typer.Option(min=0, max=1, help="Exit 1 below this precision.")] = None,
    min_recall: Annotated[float | None, typer.Option(min=0, max=1, help="Exit 1 below this recall.")] = None,
    min_recall_3d: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exit 1 when fewer were told three days ahead.")
    ] = None,
    min_lead_days: Annotated[float | None, typer.Option(help="Exit 1 below this median lead.")] = None,
    max_false: Annotated[
        float | None, typer.Option(min=0, help="Exit 1 above so many false contacts per 1,000 device-days.")
    ] = None,
    max_duplicates: Annotated[int | None, typer.Option(min=0, help="Exit 1 above so many duplicates.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run scenarios through the whole product on a virtual clock, and hold what it did against the truth.

    Nothing of the installation is touched but its settings, which apply. One scenario with one seed and --json prints
    one object, the same to the byte for the same seed; several print every run and the pool with its intervals.

    Example: forewarn sim score small_mixed --seeds 5 --min-precision 0.9 --max-false 1
    """
    earlier = load(against) if against else []
    limits = Limits.of(
        {
            "precision": min_precision,
            "recall": min_recall,
            "recall_3d": min_recall_3d,
            "lead_days_median": min_lead_days,
        },
        {"false_contacts_per_1000_device_days": max_false, "duplicates": max_duplicates},
    )
    current = settings(ctx)
    folder = out or current.data_path("scorecard", "score.json").parent
    card = _Card(folder, _command(scenarios, seed, seeds, days))
    for recipe, number in _runs(scenarios, seed, seeds, days):
        card.add(*_one(current, recipe, number, days, as_json=as_json))
    facts = card.facts()
    compared = compare(card.scores, earlier) if against else None
    card.save(facts, compared)
    _print(facts, compared, as_json=as_json)
    typer.echo(f"Saved {folder / 'score.html'}; JSON, Markdown and the evidence of each contact beside.", err=True)
    if broken := limits.broken(facts["pooled"]):
        for sentence in broken:
            typer.echo(sentence, err=True)
        raise typer.Exit(1)


@dataclass(slots=True)
class _Card:
    """The runs so far. The JSON is saved after every run, so that an interrupted evening keeps what it has."""

    folder: Path
    command: str
    scores: list[Score] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)
    read: list[Read] = field(default_factory=list)

    def add(self, found: Score, drawn: Sequence[Life], read: Sequence[Read]) -> None:
        self.scores.append(found)
        self.lives.extend(drawn)
        self.read.extend(read)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "score.json").write_text(report.text(self.facts()), "utf-8")

    def facts(self) -> dict[str, Any]:
        return report.document(self.scores)

    def save(self, facts: dict[str, Any], compared: dict[str, Any] | None) -> None:
        whole = facts | ({"compared": compared} if compared else {})
        (self.folder / "score.json").write_text(report.text(whole), "utf-8")
        (self.folder / "score.html").write_text(page.write(facts, self.lives, compared), "utf-8")
        (self.folder / "score.md").write_text(markdown.write(facts, self.command), "utf-8")
        (self.folder / "evidence.md").write_text(evidence.write(self.read, self.command), "utf-8")


def _command(scenarios: Sequence[str], seed: int | None, seeds: int, days: int | None) -> str:
    given = {"--seed": seed, "--seeds": seeds if seeds > 1 else None, "--days": days}
    options = [f"{name} {value}" for name, value in given.items() if value is not None]
    return " ".join(["forewarn sim score", *scenarios, *options])


def _runs(scenarios: Sequence[str], seed: int | None, seeds: int, days: int | None) -> list[tuple[Recipe, int]]:
    """Every scenario with every seed, all made once beforehand, so that a mistake shows before the first long run.

    Raises ScenarioInvalid, ScenarioUnknown, ScenarioFileInvalid.
    """
    if len(set(scenarios)) < len(scenarios):
        raise ScenarioInvalid("A scenario is named twice.", "Name each once; --seeds repeats it with other seeds.")
    found = []
    for recipe in map(SCENARIOS.get, scenarios):
        first = recipe.birth(seed).seed
        found += [(recipe, number) for number in range(first, first + seeds)]
        recipe.make(recipe.birth(first, days))
    return found


def _one(
    current: Settings, recipe: Recipe, seed: int, days: int | None, *, as_json: bool
) -> tuple[Score, list[Life], list[Read]]:
    """One run, its progress on stderr."""
    from device_sim.scorecard.run.whole import run  # the whole product, which other commands do not need

    made = recipe.make(recipe.birth(seed, days))
    with _progress(as_json) as progress:
        task = progress.add_task(f"{recipe.name}, seed {seed}", total=1.0)
        record, cost = run(made, settings=current, progress=lambda part: progress.update(task, completed=part))
    speed = f"{cost.readings:,} readings in {cost.seconds:.1f} s, {cost.peak_mb:.0f} MB"
    typer.echo(f"{recipe.name}, seed {seed}: {len(made.devices)} devices, {made.period.days:g} days; {speed}", err=True)
    found = judge(record)
    return found, lives(record, found), evidence.read(record, found)


def _progress(as_json: bool) -> Progress:
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()]
    hidden = as_json or not sys.stderr.isatty()
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=hidden)


def _print(facts: dict[str, Any], compared: dict[str, Any] | None, *, as_json: bool) -> None:
    added = {"compared": compared} if compared else {}
    if as_json:
        whole = facts["runs"][0] if len(facts["runs"]) == 1 else facts
        typer.echo(report.text(whole | added), nl=False)
        return
    pooled = facts["pooled"]
    columns = ["measure", "value", *(["interval"] if any(pooled["intervals"].values()) else [])]
    emit(
        [_line(name, pooled, compared) for name in wording.MEASURES], False, [*columns, *(["change"] if added else [])]
    )
    if pooled["reasons"]:
        rows = [{"why_missed_or_late": SENTENCES[name], "faults": count} for name, count in pooled["reasons"].items()]
        emit(rows, as_json=False, columns=("why_missed_or_late", "faults"))
    for key, title in (("won", "won"), ("lost", "lost")):
        for one in (compared or {}).get(key, []):
            typer.echo(f"{title}: {one['scenario']}, seed {one['seed']}, {one['device']}, {one['fault']}")
    typer.echo(f"{', '.join(pooled['scenarios'])}; seeds {', '.join(map(str, pooled['seeds']))}")


def _line(name: str, pooled: dict[str, Any], compared: dict[str, Any] | None) -> dict[str, str]:
    change = compared["difference"].get(name) if compared else None
    return {
        "measure": wording.MEASURES[name].label,
        "value": wording.shown(name, pooled[name]),
        "interval": wording.between(name, pooled["intervals"].get(name)),
        "change": wording.signed(name, change),
    }
