"""``forewarn sim``: list scenarios, write a manifest; `run` is in `device_sim.cli_run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from device_sim.cli_run import run
from device_sim.config import Config
from device_sim.manifest import manifest, write_json
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.scenario import Birth, Scenario
from kit.cli import JsonFlag, emit, settings
from kit.clock import SystemClock
from kit.settings import Settings

app = typer.Typer(help="Simulated devices with faults whose truth is known.", no_args_is_help=True)

ScenarioName = Annotated[str, typer.Argument(help="Name of the scenario; see `forewarn sim list`.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Same seed, same fleet. Default: from the settings.")]
Days = Annotated[int | None, typer.Option(min=2, max=28, help="Days of history. Default: from the settings.")]


def register(root: typer.Typer) -> None:
    """Add ``sim`` to the root application."""
    app.command("run")(run)
    root.add_typer(app, name="sim")


@app.command("list")
def list_scenarios(as_json: JsonFlag = False) -> None:
    """List the scenarios.

    Example: forewarn sim list
    """
    rows = [{"scenario": name, "what_it_is": recipe.summary} for name, recipe in SCENARIOS.items()]
    emit(rows, as_json, columns=("scenario", "what_it_is"))


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
    config = current.of(Config)
    chosen = config.seed if seed is None else seed
    recipe = SCENARIOS.get(scenario)
    return recipe.make(Birth(chosen, SystemClock().now_ms(), config.history_days if days is None else days))
