"""``forewarn sim run``: a scenario over the wire, as real devices would send it, or as fast as the broker takes it."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from device_sim import credentials
from device_sim.config import Config
from device_sim.errors import ScenarioInvalid
from device_sim.fleet import Fleet, Sent, connect, lifelike
from device_sim.links import Links
from device_sim.manifest import write
from device_sim.scenarios import SCENARIOS
from device_sim.scenarios.scenario import Birth, Scenario
from ingest.wire.codecs import CODECS
from kit.cli import JsonFlag, emit, settings
from kit.clock import SystemClock
from kit.settings import Broker, Settings
from kit.supervise import Stop


class Connections(StrEnum):
    """How devices are connected."""

    EACH = "each"
    ONE = "one"


ScenarioName = Annotated[str, typer.Argument(help="Name of the scenario (see `forewarn sim list`), or its file.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Same seed, same fleet. Default: from the settings.")]
Days = Annotated[
    int | None, typer.Option(min=1, max=60, help="Days of history. Default: the scenario's, else from the settings.")
]
Speed = Annotated[str, typer.Option(help="Pace of the history: times real time, or max.")]
Duration = Annotated[
    float, typer.Option(min=0, help="Seconds to live on in real time after the history; 0: stop there.")
]
Kind = Annotated[
    Connections | None,
    typer.Option(help="One for each device, with status and last will, or one for all. Default: from the settings."),
]
Secrets = Annotated[
    Path | None,
    typer.Option("--credentials", help="Folder of certificates or file of passwords of the devices; means `each`."),
]
Codec = Annotated[
    str | None, typer.Option(help=f"Payload format of every device: {', '.join(CODECS)}. Default: its habit.")
]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Folder for fleet.json and truth.json. Default: data folder/sim.")
]


def run(
    ctx: typer.Context,
    scenario: ScenarioName,
    *,
    seed: Seed = None,
    days: Days = None,
    speed: Speed = "max",
    duration: Duration = 0.0,
    connections: Kind = None,
    secrets: Secrets = None,
    codec: Codec = None,
    out: Out = None,
    as_json: JsonFlag = False,
) -> None:
    """Send a scenario's history, then its present, through the broker into the running product.

    History ends now. Devices report as is their habit, over a network as bad as the scenario says. The devices must be
    registered first, because the product refuses strangers:

      forewarn sim manifest demo -o fleet.json && forewarn devices import fleet.json

    With --speed max it is a load generator: messages_per_s counts what the broker acknowledged.

    Examples: forewarn sim run one_heat_pump --days 7 --speed 50000 --duration 60 ·
    forewarn sim run fleet_30d --days 2 --connections each --codec senml_json --json
    """
    current = settings(ctx)
    pace = lifelike(current.of(Config), speed_of(speed))
    made = with_codec(_made(current, scenario, seed, days), codec)
    each, given = _identities(current, made, connections, secrets)
    paths = write(out or current.data_path("sim", made.name, "x").parent, made)
    stop, began = Stop().on_signals(), time.monotonic()
    links = connect(current, made, stop, each=each, credentials=given)
    connect_s = round(time.monotonic() - began, 2)
    fleet = Fleet(made, links, pace=pace, clock=SystemClock(), sent_ms=made.birth.start_ms)
    try:
        used = _play(fleet, links, made, stop, duration, quiet=as_json)
    finally:
        links.close()
    written = {"manifest": str(paths[0]), "truth": str(paths[1])}
    emit({**_about(made, links), "connect_s": connect_s, **used, "interrupted": stop.is_set(), **written}, as_json)


def _identities(
    current: Settings, made: Scenario, connections: Connections | None, secrets: Path | None
) -> tuple[bool | None, dict[str, credentials.Credential] | None]:
    """Whether each device has a connection of its own (None: as the settings say), and what it proves itself with."""
    if secrets is None:
        return (None if connections is None else connections is Connections.EACH), None
    if connections is Connections.ONE:
        raise ScenarioInvalid("One connection cannot use the credentials of many devices.", "Leave out --connections.")
    return True, credentials.read(secrets, [spec.id for spec in made.devices], current.of(Broker))


def _about(made: Scenario, links: Links) -> dict[str, Any]:
    return {
        "scenario": made.name,
        "seed": made.birth.seed,
        "devices": len(made.devices),
        "faults": len(made.truth),
        "connections": links.tally.connections,
    }


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


def with_codec(scenario: Scenario, codec: str | None) -> Scenario:
    """The scenario with every device speaking `codec`; None leaves their habits. Raises PluginError for no codec."""
    if codec is None:
        return scenario
    CODECS.get(codec)
    devices = tuple(replace(spec, habit=replace(spec.habit, codec=codec)) for spec in scenario.devices)
    return replace(scenario, devices=devices)


def _made(current: Settings, scenario: str, seed: int | None, days: int | None) -> Scenario:
    config, recipe = current.of(Config), SCENARIOS.get(scenario)
    chosen = next(one for one in (seed, recipe.seed, config.seed) if one is not None)
    return recipe.make(Birth(chosen, SystemClock().now_ms(), days or recipe.days or config.history_days))


def _play(fleet: Fleet, links: Links, made: Scenario, stop: Stop, duration: float, *, quiet: bool) -> dict[str, Any]:
    """Play it and say what it took: what the broker acknowledged, in how much time, and what of ours."""
    clock, birth = SystemClock(), made.birth
    began, cpu = time.monotonic(), time.process_time()
    with _progress(links, quiet=quiet) as progress:
        task = progress.add_task("history", total=birth.now_ms - birth.start_ms)

        def show(sent: Sent) -> None:
            progress.update(task, completed=sent.until_ms - birth.start_ms)

        reached = fleet.catch_up(stop, show)
        seconds = time.monotonic() - began
        if reached and duration:
            progress.update(task, description="live")
            fleet.live(stop, show, until_ms=clock.now_ms() + round(duration * 1000))
    delivered, cpu = links.delivered, time.process_time() - cpu
    return {
        "messages": delivered.messages,
        "readings": delivered.readings,
        "unacknowledged": links.tally.waiting,
        "unheard": links.tally.unheard,
        "history_s": round(seconds, 2),
        "messages_per_s": round(delivered.messages / seconds) if seconds > 0 and not duration else None,
        "seconds": round(time.monotonic() - began, 2),
        "cpu_s": round(cpu, 2),
        "generation_cpu_s": round(fleet.generation_s, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "network": {name: count for name, count in asdict(fleet.network()).items() if count},
        "underway": fleet.underway,
        "acknowledged_until_ms": fleet.sent.until_ms,
    }


class _Traffic(ProgressColumn):
    """What goes over the wire at this moment."""

    def __init__(self, links: Links) -> None:
        super().__init__()
        self._links = links
        self._seen = (time.monotonic(), 0)
        self._rate = 0.0

    def render(self, task: Task) -> Text:  # noqa: ARG002 - rich calls it so
        now, count = time.monotonic(), self._links.delivered.messages
        since, before = self._seen
        if now - since >= 1.0:
            self._rate, self._seen = (count - before) / (now - since), (now, count)
        tally = self._links.tally
        return Text(
            f"{count:,} messages, {self._rate:,.0f}/s, {tally.waiting:,} unacknowledged, "
            f"{tally.connected:,}/{tally.connections:,} connected"
        )


def _progress(links: Links, *, quiet: bool) -> Progress:
    hidden = quiet or not sys.stderr.isatty()
    columns: tuple[ProgressColumn, ...] = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        _Traffic(links),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=hidden)
