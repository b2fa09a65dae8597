"""``forewarn sim``: play a scenario, list them, write a manifest."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from device_sim.config import Config
from device_sim.errors import ScenarioInvalid
from device_sim.fleet import Fleet, Sent, connect, pace_of
from device_sim.manifest import manifest, write, write_json
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.scenario import Birth, Scenario
from kit.cli import JsonFlag, emit, settings
from kit.clock import SystemClock
from kit.settings import Core, Settings
from kit.supervise import Stop

app = typer.Typer(help="Simulated devices with faults whose truth is known.", no_args_is_help=True)

ScenarioName = Annotated[str, typer.Argument(help="Name of the scenario; see `forewarn sim list`.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Same seed, same fleet. Default: from the settings.")]
Days = Annotated[int | None, typer.Option(min=2, max=28, help="Days of history. Default: from the settings.")]


def register(root: typer.Typer) -> None:
    """Add ``sim`` to the root application."""
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


@app.command("run")
def run(
    ctx: typer.Context,
    scenario: ScenarioName,
    *,
    seed: Seed = None,
    days: Days = None,
    speed: Annotated[str, typer.Option(help="Pace of the history: times real time, or max.")] = "max",
    duration: Annotated[
        float, typer.Option(min=0, help="Seconds to live on in real time after the history; 0: stop there.")
    ] = 0.0,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for fleet.json and truth.json. Default: data folder/sim.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Send a scenario's history, then its present, through the broker into the running product.

    The devices must be registered first, because the product refuses strangers:

      forewarn sim manifest demo -o fleet.json && forewarn devices import fleet.json

    Example: forewarn sim run one_heat_pump --days 7 --speed 50000 --duration 60
    """
    current = settings(ctx)
    pace = speed_of(speed)
    made = _make(current, scenario, seed, days)
    paths = write(out or current.data_path("sim", scenario, "x").parent, made)
    began = time.monotonic()
    sent = _play(current, made, pace, duration, quiet=as_json)
    facts = {
        "scenario": scenario,
        "seed": made.birth.seed,
        "devices": len(made.devices),
        "faults": len(made.truth),
        "messages": sent.messages,
        "readings": sent.readings,
        "acknowledged_until_ms": sent.until_ms,
        "seconds": round(time.monotonic() - began, 2),
        "manifest": str(paths[0]),
        "truth": str(paths[1]),
    }
    emit(facts, as_json)


def speed_of(text: str) -> float | None:
    """A pace as typed: None for ``max``. Raises ScenarioInvalid."""
    if text.strip().lower() == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < 1e9:
        raise ScenarioInvalid(f"'{text}' is no speed.", "Give a number above 0, as in --speed 600, or --speed max.")
    return speed


def _make(current: Settings, scenario: str, seed: int | None, days: int | None) -> Scenario:
    config = current.of(Config)
    chosen = config.seed if seed is None else seed
    recipe = SCENARIOS.get(scenario)
    return recipe.make(Birth(chosen, SystemClock().now_ms(), config.history_days if days is None else days))


def _play(current: Settings, made: Scenario, speed: float | None, duration: float, *, quiet: bool) -> Sent:
    clock, stop = SystemClock(), Stop().on_signals()
    links = connect(current, made, stop)
    pace, tenant = pace_of(current.of(Config), speed), current.of(Core).tenant
    fleet = Fleet(made, links, tenant, pace=pace, clock=clock, sent_ms=made.birth.start_ms)
    try:
        with _progress(quiet) as progress:
            task = progress.add_task("history", total=made.birth.now_ms - made.birth.start_ms, sent="")

            def show(sent: Sent) -> None:
                done = sent.until_ms - made.birth.start_ms
                progress.update(task, completed=done, sent=f"{sent.readings:,} readings")

            if fleet.catch_up(stop, show) and duration:
                fleet.live(stop, show, until_ms=clock.now_ms() + round(duration * 1000))
    finally:
        links.close()
    return fleet.sent


def _progress(quiet: bool) -> Progress:
    columns: list[Any] = [TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[sent]}")]
    console = Console(stderr=True)
    hidden = quiet or not sys.stderr.isatty()
    return Progress(*columns, TimeRemainingColumn(), console=console, transient=True, disable=hidden)
