"""Commands for the telemetry store: what it holds, whether its files are sound, and erasing a device."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import typer

from ingest import erasure
from ingest.command import actor, command_session
from ingest.config import Config
from ingest.registry.cli import Identifier
from ingest.store import STORES
from ingest.store.protocol import TelemetryStore
from kit.cli import JsonFlag, emit, settings
from kit.clock import from_ms

store_app = typer.Typer(help="The telemetry store.", no_args_is_help=True)


def register(root: typer.Typer, devices: typer.Typer) -> None:
    """Add the commands of this room."""
    root.add_typer(store_app, name="store")
    erase_device: Callable[..., None] = erase
    devices.command("erase")(erase_device)


@store_app.command("stats")
def stats(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """Print how much is stored: readings, bytes a reading, files, days.

    Example: forewarn store stats --json
    """
    with closing(_opened(ctx)) as store:
        found = store.stats()
    emit(
        {
            "readings": found.readings,
            "bytes": found.bytes or None,
            "bytes_a_reading": round(found.bytes / found.readings, 2) if found.bytes and found.readings else None,
            "files": found.files or None,
            "days": found.days or None,
            "first": from_ms(found.first_ms).isoformat() if found.first_ms else None,
            "last": from_ms(found.last_ms).isoformat() if found.last_ms else None,
            "set_aside": found.set_aside,
        },
        as_json,
    )


@store_app.command("check")
def check(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """Read every file over and compare it with its checksum; ends with 1 when one is damaged.

    The running writer does the same bit by bit, and moves what is damaged out of the store.

    Example: forewarn store check
    """
    with closing(_opened(ctx)) as store:
        damaged = store.damaged()
    emit([{"damaged": name} for name in damaged], as_json, columns=("damaged",), empty="Every file is sound.")
    if damaged:
        raise typer.Exit(1)


def erase(ctx: typer.Context, identifier: Identifier, as_json: JsonFlag = False) -> None:
    """Erase all readings of a device from the store, and its samples and events; the writer does it.

    Revoke the device first, or what it sends meanwhile is stored again.

    Example: forewarn devices erase car-7
    """
    with command_session(ctx) as (session, tenant):
        asked = erasure.request(session, tenant, identifier, actor())
    emit({"device": asked.device, "erasure": asked.id, "state": "the writer erases it within seconds"}, as_json)


def _opened(ctx: typer.Context) -> TelemetryStore:
    current = settings(ctx)
    return STORES.get(current.of(Config).store.kind)(current, read_only=True)
