"""Commands of ingest: devices, quarantine, ledger."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer

from ingest import quarantine
from ingest.command import command_session
from ingest.gateway import cli as downward
from ingest.identity import cli as identity
from ingest.registry.cli import devices_app
from ingest.store import cli as store
from ingest.writer import cli as writer
from kit.cli import JsonFlag, emit, settings

quarantine_app = typer.Typer(help="What was refused, and why.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add the commands of this folder."""
    identity.register(root, devices_app)
    store.register(root, devices_app)
    downward.register(devices_app)
    root.add_typer(devices_app, name="devices")
    root.add_typer(quarantine_app, name="quarantine")
    writer.register(root)


@quarantine_app.command("list")
def list_quarantine(
    ctx: typer.Context,
    device: Annotated[str | None, typer.Option(help="Only this device.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """List samples of refused payloads, the newest first.

    Example: forewarn quarantine list --device car-7
    """
    with command_session(ctx) as (session, tenant):
        lines = quarantine.newest(session, tenant, limit, device)
    rows = [{**asdict(line), "sample": line.sample.decode("utf-8", "backslashreplace")} for line in lines]
    emit(
        rows, as_json, columns=("received_at", "device", "reason", "detail", "count"), empty="Nothing was quarantined."
    )


@quarantine_app.command("redrive")
def redrive_command(
    ctx: typer.Context,
    device: Annotated[str | None, typer.Option(help="Only what this device sent.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only what was refused for this reason.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come of it, and change nothing.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Judge quarantined payloads again: after a device was registered, a type extended, a route mended.

    Example: forewarn quarantine redrive --reason unknown_device
    """
    from ingest.build import open_log
    from ingest.redrive import Wanted, redrive

    current = settings(ctx)
    with closing(open_log(current)) as log:
        found = redrive(current, log, Wanted(device, reason), dry_run)
    emit(asdict(found), as_json)
