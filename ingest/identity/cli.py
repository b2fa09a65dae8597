"""Commands for identity: what devices prove themselves with, whose they are, the authority, the broker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from ingest.command import actor, command_session
from ingest.config import Config
from ingest.errors import CertificateRefused
from ingest.identity import credentials
from ingest.identity.authority import AUTHORITY_NAME, Authority, Issued, Subject, home, write_private
from ingest.identity.broker.cli import broker_app
from ingest.identity.credentials import Kind
from ingest.registry import claims
from ingest.registry import devices as registry
from ingest.registry.audit import note
from ingest.registry.cli import Identifier
from ingest.registry.devices import Device
from ingest.wire.device_types import DEVICE_TYPES
from ingest.wire.topics import checked
from kit.cli import JsonFlag, emit, settings
from kit.settings import Core, Settings

ca_app = typer.Typer(help="Our own certificate authority.", no_args_is_help=True)


def register(root: typer.Typer, devices: typer.Typer) -> None:
    """Add the commands of this room: groups of their own, and what concerns one device."""
    root.add_typer(ca_app, name="ca")
    root.add_typer(broker_app, name="broker")
    commands: dict[str, Callable[..., None]] = {
        "rotate": rotate,
        "revoke": revoke,
        "credentials": list_credentials,
        "claim-code": claim_code,
        "claim": claim,
        "transfer": transfer,
    }
    for name, command in commands.items():
        devices.command(name)(command)


@ca_app.command("init")
def init(
    ctx: typer.Context,
    name: Annotated[str, typer.Option(help="Name in the authority's certificate.")] = AUTHORITY_NAME,
    as_json: JsonFlag = False,
) -> None:
    """Make the authority's key and certificate, once. Whoever has the key can make devices: back it up, guard it.

    Example: forewarn ca init --name "Example Ltd devices"
    """
    folder = home(settings(ctx))
    made = Authority.init(folder, name)
    emit({"folder": str(folder), "expires_at": made.expires_at}, as_json)


@ca_app.command("show")
def show(ctx: typer.Context) -> None:
    """Print the authority's certificate, which devices trust.

    Example: forewarn ca show > ca.pem
    """
    typer.echo(Authority.load(home(settings(ctx))).certificate.decode(), nl=False)


@ca_app.command("issue")
def issue(
    ctx: typer.Context,
    identifier: Identifier,
    *,
    device_type: Annotated[str, typer.Option("--type", help="Device type, named in the certificate.")],
    request: Annotated[
        Path | None, typer.Option("--csr", help="Signing request of the device, which keeps its key.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for certificate and key.")] = Path(),
    as_json: JsonFlag = False,
) -> None:
    """Make a certificate in the factory, for a device that will register itself; a registered one uses `rotate`.

    Example: forewarn ca issue car-7 --type vehicle --out certificates
    """
    current = settings(ctx)
    ca = Authority.load(home(current))
    kind = DEVICE_TYPES.get(device_type).name
    subject = Subject(checked(identifier), current.of(Core).tenant, kind)
    emit({"device": identifier, **_written(_signed(current, ca, subject, request), out, identifier, ca)}, as_json)


def rotate(
    ctx: typer.Context,
    identifier: Identifier,
    *,
    kind: Annotated[Kind, typer.Option(help="What to give.")] = Kind.CERTIFICATE,
    request: Annotated[
        Path | None, typer.Option("--csr", help="Signing request of the device, which keeps its key.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for certificate and key.")] = Path(),
    overlap_hours: Annotated[
        float, typer.Option(min=0, help="So long the one before stays valid; a password ends with the next one.")
    ] = 24.0,
    as_json: JsonFlag = False,
) -> None:
    """Give a device new credentials, the first or the next; a secret is shown this once. A revoked device is back.

    Examples: forewarn devices rotate car-7 · forewarn devices rotate car-7 --csr car-7.csr ·
    forewarn devices rotate car-7 --kind http_key
    """
    current = settings(ctx)
    if request is not None and kind is not Kind.CERTIFICATE:
        raise CertificateRefused(f"a {kind} needs none")
    with command_session(ctx) as (session, tenant):
        device = registry.access_device(session, tenant, identifier)
        ended = credentials.end(session, device, kind, timedelta(hours=overlap_hours))
        registry.set_revoked(session, device.no, revoked=False)
        secret, issued = _give(current, session, device, kind, request)
        note(session, device, actor(), "credential given", f"{kind}; {ended} of this kind end in {overlap_hours:g} h")
    if issued is not None:  # handed out only once it is on record: what is not there could not be revoked
        secret = _written(issued, out, identifier, Authority.load(home(current)))
    emit({"device": identifier, "kind": str(kind), **secret}, as_json)


def _give(
    current: Settings, session: Session, device: Device, kind: Kind, request: Path | None
) -> tuple[dict[str, Any], Issued | None]:
    """What to show, and the certificate where it is one."""
    if kind is Kind.PASSWORD:
        return {"username": device.identifier, "password": credentials.give_password(session, device)}, None
    if kind is Kind.HTTP_KEY:
        return {"key": credentials.give_key(session, device)}, None
    ca = Authority.load(home(current))
    subject = Subject(device.identifier, device.tenant, device.type)
    issued = _signed(current, ca, subject, request)
    credentials.keep(session, device, Kind.CERTIFICATE, issued.serial, issued.expires_at)
    return {}, issued


def _signed(current: Settings, ca: Authority, subject: Subject, request: Path | None) -> Issued:
    life = timedelta(days=current.of(Config).identity.certificate_days)
    return ca.device(subject, life) if request is None else ca.sign(request.read_bytes(), subject, life)


def _written(issued: Issued, out: Path, name: str, ca: Authority) -> dict[str, Any]:
    """Write what a device needs next to each other: its certificate, its key where we made it, and ours."""
    out.mkdir(parents=True, exist_ok=True)
    stem = f"{name.replace(':', '_')}-{issued.serial[:8]}"
    files = {"certificate": out / f"{stem}.pem", "authority": out / "ca.pem"}
    if issued.key is not None:
        files["key"] = out / f"{stem}.key"
        write_private(files["key"], issued.key)
    files["certificate"].write_bytes(issued.certificate)
    files["authority"].write_bytes(ca.certificate)
    return {**{what: str(path) for what, path in files.items()}, "expires_at": issued.expires_at}


def revoke(
    ctx: typer.Context,
    identifier: Identifier,
    *,
    credential: Annotated[int | None, typer.Option(help="Only this one; see `devices credentials`.")] = None,
    reason: Annotated[str, typer.Option(help="For the record.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Shut a device out, with all its credentials, until it is given new ones; or take only one credential from it.

    Example: forewarn devices revoke car-7 --reason "stolen"
    """
    with command_session(ctx) as (session, tenant):
        device = registry.access_device(session, tenant, identifier)
        ended = credentials.revoke(session, device, credential)
        what = "device revoked" if credential is None else "credential revoked"
        if credential is None:
            registry.set_revoked(session, device.no, revoked=True)
        note(session, device, actor(), what, f"{ended} credentials; {reason}".removesuffix("; "))
    emit({"device": identifier, "credentials_revoked": ended, "shut_out": credential is None}, as_json)


def list_credentials(ctx: typer.Context, identifier: Identifier, as_json: JsonFlag = False) -> None:
    """List what a device was ever given, the newest first; never a secret.

    Example: forewarn devices credentials car-7
    """
    now = datetime.now(UTC)
    with command_session(ctx) as (session, tenant):
        device = registry.access_device(session, tenant, identifier)
        rows = [
            {
                "id": held.id,
                "kind": str(held.kind),
                "state": held.state(now),
                "serial": held.proof if held.kind is Kind.CERTIFICATE else None,
                "created_at": held.created_at,
                "expires_at": held.expires_at,
            }
            for held in credentials.of_device(session, device.no)
        ]
    columns = ("id", "kind", "state", "created_at", "expires_at", "serial")
    emit(rows, as_json, columns=columns, empty="It has none yet. Give it one with `forewarn devices rotate`.")


def claim_code(ctx: typer.Context, identifier: Identifier, as_json: JsonFlag = False) -> None:
    """Make the code with which a customer makes this device theirs; shown this once, an earlier one ends.

    Example: forewarn devices claim-code car-7
    """
    life = timedelta(days=settings(ctx).of(Config).identity.claim_days)
    with command_session(ctx) as (session, tenant):
        device = registry.access_device(session, tenant, identifier)
        code = claims.new_code(session, device, life)
        note(session, device, actor(), "claim code made", f"valid for {life.days} days")
    emit({"device": identifier, "code": code, "valid_days": life.days}, as_json)


def claim(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="The code that came with the device.")],
    *,
    owner: Annotated[str, typer.Option(help="Customer who takes the device.")],
    as_json: JsonFlag = False,
) -> None:
    """Make a customer the owner of the device that a code is for.

    Example: forewarn devices claim 7KQ2-M4XW-9T3B-HRZA --owner c-1
    """
    with command_session(ctx) as (session, tenant):
        device = claims.claim(session, tenant, code, owner)
        note(session, device, actor(), "claimed", f"by {owner}")
    emit({"device": device.identifier, "owner": owner}, as_json)


def transfer(
    ctx: typer.Context,
    identifier: Identifier,
    *,
    owner: Annotated[
        str | None, typer.Option("--to", help="Customer who has it from now on; left out: nobody.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Hand a device to another customer, from now on: neither sees what it sent under the other.

    Example: forewarn devices transfer car-7 --to c-2
    """
    with command_session(ctx) as (session, tenant):
        device = registry.access_device(session, tenant, identifier)
        if owner is None:
            registry.release(session, device.no)
        else:
            registry.hand_over(session, device.no, owner)
        note(session, device, actor(), "transferred", f"from {device.owner or 'nobody'} to {owner or 'nobody'}")
    emit({"device": identifier, "owner": owner}, as_json)
