"""Commands of ingest: devices, quarantine, ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from ingest import ledger, quarantine
from ingest.ledger import LedgerLine
from ingest.registry import devices as registry
from ingest.registry.devices import DeviceSpec
from ingest.registry.manifest import import_devices
from kit.cli import JsonFlag, emit, settings
from kit.db import check, connect, transaction
from kit.settings import Core

_DEVICE_COLUMNS = ("identifier", "type", "model", "firmware", "label", "owner", "time_zone")

devices_app = typer.Typer(help="The device registry.", no_args_is_help=True)
quarantine_app = typer.Typer(help="What was refused, and why.", no_args_is_help=True)


def register(root: typer.Typer) -> None:
    """Add the commands of this folder."""
    root.add_typer(devices_app, name="devices")
    root.add_typer(quarantine_app, name="quarantine")
    root.command("ledger")(ledger_command)


@contextmanager
def _session(ctx: typer.Context) -> Iterator[tuple[Session, str]]:
    current = settings(ctx)
    engine = connect(current)
    check(engine)
    with transaction(engine) as session:
        yield session, current.of(Core).tenant
    engine.dispose()


@devices_app.command("add")
def add(
    ctx: typer.Context,
    identifier: Annotated[str, typer.Argument(help="The device's name in its topic.")],
    *,
    device_type: Annotated[str, typer.Option("--type", help="Device type, such as vehicle or heat_pump.")],
    model: Annotated[str, typer.Option(help="Model.")] = "",
    firmware: Annotated[str, typer.Option(help="Firmware version.")] = "",
    label: Annotated[str, typer.Option(help="Name for people.")] = "",
    time_zone: Annotated[str, typer.Option(help="Time zone, such as Europe/Berlin.")] = "UTC",
    owner: Annotated[str | None, typer.Option(help="Customer who owns it.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Register a device, or bring what is known about it up to date.

    Example: forewarn devices add car-7 --type vehicle --owner c-1 --label "Family car"
    """
    with _session(ctx) as (session, tenant):
        spec = DeviceSpec(tenant, identifier, device_type, model, firmware, label, time_zone, owner)
        emit(asdict(registry.register(session, spec)), as_json)


@devices_app.command("list")
def list_devices(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """List every registered device.

    Example: forewarn devices list --json
    """
    with _session(ctx) as (session, tenant):
        rows = [asdict(device) for device in registry.all_devices(session, tenant)]
    emit(rows, as_json, columns=_DEVICE_COLUMNS, empty="No device is registered. Add one with `forewarn devices add`.")


@devices_app.command("show")
def show(
    ctx: typer.Context,
    identifier: Annotated[str, typer.Argument(help="The device's name in its topic.")],
    as_json: JsonFlag = False,
) -> None:
    """Show one device and its account.

    Example: forewarn devices show car-7
    """
    with _session(ctx) as (session, tenant):
        device = registry.access_device(session, tenant, identifier)
        lines = ledger.of_device(session, tenant, identifier, limit=24)
    emit({**asdict(device), "last_hours": [_fields(line) for line in lines]} if as_json else asdict(device), as_json)
    if not as_json and lines:
        emit([_fields(line) for line in lines], as_json, columns=("hour", *ledger.FIELDS))


@devices_app.command("import")
def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Manifest: a JSON file with a list of devices.")],
    as_json: JsonFlag = False,
) -> None:
    """Register every device of a manifest: all of them, or with an error none.

    Example: forewarn devices import fleet.json
    """
    with _session(ctx) as (session, tenant):
        imported = import_devices(session, file, tenant)
    emit({"devices": len(imported)}, as_json)


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
    with _session(ctx) as (session, tenant):
        lines = quarantine.newest(session, tenant, limit, device)
    rows = [{**asdict(line), "sample": line.sample.decode("utf-8", "backslashreplace")} for line in lines]
    emit(
        rows, as_json, columns=("received_at", "device", "reason", "detail", "count"), empty="Nothing was quarantined."
    )


def ledger_command(
    ctx: typer.Context,
    device: Annotated[str | None, typer.Option(help="The hours of this device instead of every device's sum.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the account: received = stored + duplicate + quarantined + throttled.

    Example: forewarn ledger --device car-7
    """
    with _session(ctx) as (session, tenant):
        lines = ledger.by_device(session, tenant) if device is None else ledger.of_device(session, tenant, device)
    first = "device" if device is None else "hour"
    emit([_fields(line) for line in lines], as_json, columns=(first, *ledger.FIELDS))


def _fields(line: LedgerLine) -> dict[str, Any]:
    hour = None if line.hour is None else line.hour.isoformat()
    return {"device": line.device or "(not registered)", "hour": hour, **asdict(line.counts)}
