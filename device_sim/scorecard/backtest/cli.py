"""``forewarn backtest``: what a draft policy would have found, and whom it would have told."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from device_sim.errors import BacktestImpossible
from device_sim.scenarios import SCENARIOS
from device_sim.scorecard import page, report
from device_sim.scorecard.backtest.history import History, instant, read_truth
from device_sim.scorecard.backtest.side_by_side import COUNTED, SHARES, side_by_side, side_of
from device_sim.scorecard.compare import compare, earlier
from device_sim.scorecard.lives import lives
from device_sim.scorecard.record import Record
from kit.cli import JsonFlag, emit, settings
from kit.clock import from_ms
from kit.settings import Core, Settings

WORDS = {
    "faults": "faults to be told of",
    "faults_told": "of these told",
    "recall_3d": "recall, 3 days ahead",
    "lead_days_median": "median lead, days",
    "false_contacts_per_1000_device_days": "false contacts per 1,000 device-days",
}


def backtest(  # noqa: PLR0917
    ctx: typer.Context,
    policy: Annotated[Path, typer.Option("--policy", "-p", help="The draft: a piece of forewarn.toml.")],
    since: Annotated[str | None, typer.Option(help="Judge from this time on (RFC 3339 or a date).")] = None,
    until: Annotated[str | None, typer.Option(help="Judge up to this time.")] = None,
    devices: Annotated[
        list[str] | None, typer.Option("--device", "-d", help="Only this device; may be repeated.")
    ] = None,
    truth: Annotated[Path | None, typer.Option(help="What really happened, as `forewarn sim run` writes it.")] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--files", help="A CSV as the device of that name; may be repeated."),
    ] = None,
    mapping: Annotated[str | None, typer.Option("--mapping", "-m", help="Mapping of the files.")] = None,
    scenario: Annotated[str | None, typer.Option(help="A scenario instead; its customers answer.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the scenario. Default: its own.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=366, help="Of the scenario. Default: its own.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for backtest.json and backtest.html.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Replay history under the policy in force and under a draft, both in shadow, and print them side by side.

    The history is what the telemetry store holds, recorded files, or a scenario. Nothing of the installation is
    changed and no mail leaves. Without --truth, stored history is held against the verdicts of its people.

    Examples: forewarn backtest --policy draft.toml --since 2026-01-01 ·
    forewarn backtest --policy draft.toml --scenario small_mixed --seed 7
    """
    from device_sim.scorecard.backtest.policy import read_policy
    from device_sim.scorecard.backtest.recorded import recorded
    from device_sim.scorecard.backtest.stored import stored

    current = settings(ctx)
    draft = read_policy(policy, current)
    _check(scenario, files, mapping, {"--truth": truth, "--since": since, "--until": until, "--device": devices})
    if scenario:
        facts, records = _of_scenario(current, draft, scenario, seed, days, quiet=as_json)
    else:
        known = read_truth(truth) if truth else None
        wanted = instant(since, "--since") if since else None, instant(until, "--until") if until else None
        with (
            nullcontext(recorded(files, mapping or "", current.of(Core).tenant, wanted, known or ()))
            if files
            else stored(current, devices or (), wanted, known)
        ) as history:
            facts, records = _of_history(current, draft, history, quiet=as_json)
    if out:
        _save(out, facts, records)
    if as_json:
        typer.echo(report.text(facts), nl=False)
    else:
        _print(facts)


def _check(scenario: str | None, files: list[Path] | None, mapping: str | None, others: Mapping[str, Any]) -> None:
    """Raises BacktestImpossible for options that do not go together."""
    if scenario and files:
        raise BacktestImpossible("Both a scenario and files are given.", "Give one of them.")
    if bool(files) != bool(mapping):
        raise BacktestImpossible("Files need a mapping, and a mapping files.", "Give --files FILE --mapping NAME.")
    only = next((name for name, given in others.items() if given and (scenario or (files and name == "--device"))), "")
    if only:
        what = "a scenario has its own truth, time and devices" if scenario else "the files are the devices"
        raise BacktestImpossible(f"{only} does not go with that: {what}.", f"Leave {only} out.")


def _of_scenario(
    current: Settings, draft: Mapping[str, Any], name: str, seed: int | None, days: int | None, *, quiet: bool
) -> tuple[dict[str, Any], tuple[Record, Record]]:
    from device_sim.scorecard.run.whole import run  # the whole product, which other commands do not need

    recipe = SCENARIOS.get(name)
    made = recipe.make(recipe.birth(seed, days))
    records = []
    for label, overlay in (("in force", {}), ("draft", draft)):
        with _shown(label, quiet=quiet) as progress:
            records.append(run(made, settings=current, overlay=overlay, progress=progress)[0])
    one, other = records
    sides = side_by_side(*(side_of(record, (), complete=True) for record in records))
    return _about(one, "truth") | {"seed": made.birth.seed} | sides, (one, other)


def _of_history(
    current: Settings, draft: Mapping[str, Any], history: History, *, quiet: bool
) -> tuple[dict[str, Any], tuple[Record, Record]]:
    from device_sim.scorecard.backtest.shadow import shadow

    records = []
    for label, overlay in (("in force", {}), ("draft", draft)):
        with _shown(label, quiet=quiet) as progress:
            records.append(shadow(current, overlay, history, progress))
    one, other = records
    sides = side_by_side(*(side_of(record, history.dismissed, complete=history.complete) for record in records))
    return _about(one, "truth" if history.complete else "verdicts") | sides, (one, other)


def _about(record: Record, held_against: str) -> dict[str, Any]:
    return {
        "history": record.scenario,
        "since": from_ms(record.start_ms).isoformat(),
        "until": from_ms(record.end_ms).isoformat(),
        "devices": len(record.devices),
        "device_days": round(record.device_days, 3),
        "held_against": held_against,
    }


def _save(folder: Path, facts: dict[str, Any], records: tuple[Record, Record]) -> None:
    """The facts, and the draft's scorecard as a page with what changed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "backtest.json").write_text(report.text(facts), "utf-8")
    then, now = (side_of(record, (), complete=True).score for record in records)
    changed = compare([now], [earlier(report.run(then))])
    (folder / "backtest.html").write_text(page.write(report.document([now]), lives(records[1], now), changed), "utf-8")
    typer.echo(f"Saved {folder / 'backtest.html'} with its JSON beside.", err=True)


def _print(facts: dict[str, Any]) -> None:
    rows = [
        {
            "": WORDS.get(name, name.replace("_", " ")),
            **{side.replace("_", " "): _plain(facts[side][name]) for side in ("in_force", "draft", "difference")},
        }
        for name in (*COUNTED, *SHARES)
    ]
    emit(rows, as_json=False, columns=("", "in force", "draft", "difference"))
    titles = {"contacts_lost": "only in force", "contacts_won": "only the draft", "contacts_both": "both"}
    told = [
        {"told by": titles[key], **one, **{when: _minute(one[when]) for when in ("in_force_at", "draft_at")}}
        for key in titles
        for one in facts[key]
    ]
    columns = ("told by", "device", "fault", "judgement", "in_force_at", "draft_at")
    emit(told, as_json=False, columns=columns, empty="Nobody would have been told of anything.")
    where = f"{facts['history']}{', seed ' + str(facts['seed']) if 'seed' in facts else ''}"
    since, until = _minute(facts["since"]), _minute(facts["until"])
    typer.echo(f"{where}: {facts['devices']} devices, {since} to {until} UTC.")
    if facts["held_against"] == "verdicts":
        typer.echo("Held against the verdicts of people; what nobody judged is unknown, not wrong.")


def _minute(time: str | None) -> str:
    return time[:16].replace("T", " ") if time else "–"


def _plain(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


@contextmanager
def _shown(label: str, *, quiet: bool) -> Iterator[Any]:
    """A progress bar on stderr; the block gets what moves it."""
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()]
    hidden = quiet or not sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=hidden) as progress:
        task = progress.add_task(label, total=1.0)
        yield lambda part: progress.update(task, completed=part)
