"""Commands for devices: registered, described, imported."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ingest import ledger
from ingest.command import account_facts, actor, command_session
from ingest.registry import audit
from ingest.registry import devices as registry
from ingest.registry.devices import DeviceSpec
from ingest.registry.manifest import import_devices
from kit.cli import JsonFlag, emit

Identifier = Annotated[str, typer.Argument(help="The device's name in its topic.")]

_COLUMNS = ("identifier", "type", "model", "firmware", "label", "owner", "time_zone", "revoked")

devices_app = typer.Typer(help="The device registry.", no_args_is_help=True)


@devices_app.command("add")
def add(
    ctx: typer.Context,
    identifier: Identifier,
    *,
    device_type: Annotated[str, typer.Option("--type", help="Device type, such as vehicle or heat_pump.")],
    model: Annotated[str, typer.Option(help="Model.")] = "",
    firmware: Annotated[str, typer.Option(help="Firmware version.")] = "",
    label: Annotated[str, typer.Option(help="Name for people.")] = "",
    time_zone: Annotated[str, typer.Option(help="Time zone, such as Europe/Berlin.")] = "UTC",
    owner: Annotated[str | None, typer.Option(help="Customer who owns it.")] = None,
    parent: Annotated[str, typer.Option(help="Hub or gateway through which it speaks, by its identifier.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Register a device, or bring what is known about it up to date.

    Example: forewarn devices add car-7 --type vehicle --owner c-1 --label "Family car"
    """
    with command_session(ctx) as (session, tenant):
        device = registry.register(
            session, DeviceSpec(tenant, identifier, device_type, model, firmware, label, time_zone, owner, parent)
        )
        audit.note(session, device, actor(), "registered", f"as {device.type}, owner {device.owner or 'nobody'}")
    emit(asdict(device), as_json)


@devices_app.command("list")
def list_devices(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """List every registered device.

    Example: forewarn devices list --json
    """
    with command_session(ctx) as (session, tenant):
        rows = [asdict(device) for device in registry.all_devices(session, tenant)]
    emit(rows, as_json, columns=_COLUMNS, empty="No device is registered. Add one with `forewarn devices add`.")


@devices_app.command("show")
def show(ctx: typer.Context, identifier: Identifier, as_json: JsonFlag = False) -> None:
    """Show one device and its account.

    Example: forewarn devices show car-7
    """
    with command_session(ctx) as (session, tenant):
        device = registry.access_device(session, tenant, identifier)
        lines = [account_facts(line) for line in ledger.of_device(session, tenant, identifier, limit=24)]
    emit({**asdict(device), "last_hours": lines} if as_json else asdict(device), as_json)
    if not as_json and lines:
        emit(lines, as_json, columns=("hour", *ledger.FIELDS))


@devices_app.command("import")
def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Manifest: a JSON file with a list of devices.")],
    as_json: JsonFlag = False,
) -> None:
    """Register every device of a manifest: all of them, or with an error none.

    Example: forewarn devices import fleet.json
    """
    with command_session(ctx) as (session, tenant):
        imported = import_devices(session, file, tenant)
        for device in imported:
            audit.note(session, device, actor(), "imported", f"as {device.type}, owner {device.owner or 'nobody'}")
    emit({"devices": len(imported)}, as_json)


@devices_app.command("history")
def history(ctx: typer.Context, identifier: Identifier, as_json: JsonFlag = False) -> None:
    """Say who changed what about a device, and who owned it from when to when.

    Example: forewarn devices history car-7
    """
    with command_session(ctx) as (session, tenant):
        device = registry.access_device(session, tenant, identifier)
        lines = [asdict(line) for line in audit.history(session, tenant, identifier)]
        owners = [asdict(owner) for owner in registry.owners(session, device.no)]
    if as_json:
        emit({"changes": lines, "owners": owners}, as_json)
        return
    emit(owners, as_json, columns=("owner", "started_at", "ended_at"), empty="Nobody ever owned it.")
    emit(lines, as_json, columns=("at", "actor", "action", "detail"), empty="No change is on record.")
