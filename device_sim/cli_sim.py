"""``forewarn sim``: list and check scenarios, write a manifest; `run` is in `device_sim.cli_run`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from device_sim.cli_run import run
from device_sim.config import Config
from device_sim.manifest import manifest, write_json
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.checks import harmless
from device_sim.scenarios.scenario import Birth, Recipe, Scenario
from kit.cli import JsonFlag, emit, settings
from kit.clock import SystemClock, from_ms
from kit.settings import Settings

app = typer.Typer(help="Simulated devices with faults whose truth is known.", no_args_is_help=True)

ScenarioName = Annotated[
    str, typer.Argument(help="Name of the scenario (see `forewarn sim list`) or path of its file.")
]
Seed = Annotated[int | None, typer.Option(min=0, help="Same seed, same fleet. Default: the scenario's, the settings'.")]
Days = Annotated[
    int | None, typer.Option(min=2, max=400, help="Days of history. Default: the scenario's, else the settings'.")
]

QUICK = 600  # device-days; more, and a score takes longer than a person waits for it without leaving


def register(root: typer.Typer) -> None:
    """Add ``sim`` to the root application."""
    app.command("run")(run)
    root.add_typer(app, name="sim")


@app.command("list")
def list_scenarios(as_json: JsonFlag = False) -> None:
    """List the scenarios; those that are quick are good for a first score.

    Example: forewarn sim list
    """
    rows = [facts(name, recipe) for name, recipe in SCENARIOS.items()]
    emit(rows, as_json, columns=("name", "devices", "days", "faults", "changes", "quick", "summary"))


@app.command("check")
def check(scenario: ScenarioName, seed: Seed = None, as_json: JsonFlag = False) -> None:
    """Check a scenario file and say what it makes; an error names the line and the fix.

    Example: forewarn sim check mine.toml
    """
    recipe = SCENARIOS.get(scenario)
    made = recipe.make(recipe.birth(seed))
    kinds = Counter(spec.type for spec in made.devices)
    faults = Counter(occurrence.fault for occurrence in made.truth)
    found = {
        "name": made.name,
        "seed": made.birth.seed,
        "days": made.birth.days,
        "start": from_ms(made.period.start_ms).date().isoformat(),
        "customers": len(made.customers),
        "devices": dict(sorted(kinds.items())),
        "faults": dict(sorted(faults.items())),
    }
    emit(found, as_json)


def facts(name: str, recipe: Recipe) -> dict[str, Any]:
    """One line of the list: how large a scenario is, made as it is scored.

    `changes` are the harmless ones. Of recorded lives, which may not be there, both numbers are unknown: null.
    """
    birth = recipe.birth()
    made = None if recipe.recorded else recipe.make(birth)
    devices = len(made.devices) if made else recipe.recorded
    device_days = devices * birth.days
    changes = sum(harmless(one.fault) for one in made.truth) if made else 0
    return {
        "name": name,
        "summary": recipe.summary,
        "devices": devices,
        "days": birth.days,
        "device_days": device_days,
        "faults": len(made.truth) - changes if made else None,
        "changes": changes if made else None,
        "quick": device_days <= QUICK,
    }


@app.command("manifest")
def write_manifest(
    ctx: typer.Context,
    scenario: ScenarioName,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; else it is printed.")] = None,
    seed: Seed = None,
    days: Days = None,
) -> None:
    """Write the devices and customers of a scenario, ready for `forewarn devices import` and `customers import`.

    Example: forewarn sim manifest one_heat_pump --out fleet.json
    """
    made = _make(settings(ctx), scenario, seed, days)
    if out is None:
        emit(manifest(made), as_json=True)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    write_json(out, manifest(made))
    typer.echo(f"Wrote {len(made.devices)} devices and {len(made.customers)} customers to {out}.")


def _make(current: Settings, scenario: str, seed: int | None, days: int | None) -> Scenario:
    """The scenario as `sim run` plays it: its history ends now."""
    config, recipe = current.of(Config), SCENARIOS.get(scenario)
    chosen = next(one for one in (seed, recipe.seed, config.seed) if one is not None)
    return recipe.make(Birth(chosen, SystemClock().now_ms(), days or recipe.days or config.history_days))
