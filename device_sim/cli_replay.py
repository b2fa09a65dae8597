"""``forewarn replay``: a recorded CSV file as one device, through the broker into the running product."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from device_sim.cli_run import speed_of
from device_sim.clients import Publisher
from device_sim.config import Config
from device_sim.errors import ScenarioInvalid
from device_sim.replay.mapping import load, packaged
from device_sim.replay.player import Options, Player
from device_sim.replay.recording import Recording
from kit.cli import JsonFlag, emit, settings
from kit.clock import SystemClock, to_ms
from kit.settings import Broker, Core
from kit.supervise import Stop


def register(root: typer.Typer) -> None:
    """Add ``replay`` to the root application."""
    root.command("replay")(replay)


def replay(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The recording: CSV with a header line, or .csv.gz.")],
    mapping: Annotated[
        str, typer.Option("--mapping", "-m", help=f"Mapping file, or one that comes along: {', '.join(packaged())}.")
    ],
    *,
    device: Annotated[str, typer.Option("--device", "-d", help="Identifier of the registered device that it plays.")],
    speed: Annotated[str, typer.Option(help="Times the recorded pace, or max.")] = "max",
    start: Annotated[
        str | None, typer.Option(help="Event time of the first row (RFC 3339), instead of the mapping's time base.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Play only so many rows.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Play a recording into the running product, and wait until the broker has acknowledged every reading.

    The device must be registered first, with the device type of the mapping; the product quarantines strangers:

      forewarn devices add ahu-1 --type air_handler

    Cells that hold nothing usable are left out and counted. What the gateway refuses is in `forewarn quarantine list`.

    Example: forewarn replay SZCAV.csv.gz --mapping lbnl_ahu --device ahu-1 --speed max
    """
    current = settings(ctx)
    config = current.of(Config)
    options = Options(speed_of(speed), _start(start), limit, config.rows_per_message, config.ack_timeout_s)
    recording = Recording(file)
    player = Player(recording, load(mapping), current.of(Core).tenant, device, options, clock=SystemClock())
    stop = Stop().on_signals()
    publisher = Publisher(current.of(Broker), window=config.in_flight, stop=stop)
    try:
        with _progress(quiet=as_json) as progress:
            task = progress.add_task(file.name, total=max(1, player.span_ms))
            account = player.play(publisher, stop, lambda done: progress.update(task, completed=done))
    finally:
        publisher.close()
    emit(account, as_json)
    if account["damage"]:
        typer.echo(f"The recording ended early: {account['damage']}", err=True)


def _start(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return to_ms(datetime.fromisoformat(text))
    except ValueError as error:
        raise ScenarioInvalid(
            f"'{text}' is no start time: {error}.", "Write it as 2026-01-31T09:00:00+01:00."
        ) from None


def _progress(*, quiet: bool) -> Progress:
    hidden = quiet or not sys.stderr.isatty()
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=hidden)
