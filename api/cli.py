"""Commands of this folder: `forewarn api` and `forewarn staff`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from api.build import FIRST_ADDRESS, PASSWORD_FILE
from api.security import accounts, passwords
from kit.cli import JsonFlag, emit, settings
from kit.clock import SystemClock
from kit.db import connect, transaction
from kit.settings import Core, Settings
from kit.supervise import Stop

api_app = typer.Typer(help="The web pages and the REST API.", no_args_is_help=True)
staff_app = typer.Typer(help="Accounts of the people who use the console.", no_args_is_help=True)

_COLUMNS = ("address", "name", "time_zone", "commands", "disabled")

Address = Annotated[str, typer.Argument(help="E-mail address that they sign in with.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


def register(root: typer.Typer) -> None:
    """Add this folder's commands to the root."""
    root.add_typer(api_app, name="api")
    root.add_typer(staff_app, name="staff")


@api_app.command("serve")
def api_serve(
    ctx: typer.Context, port: Annotated[int | None, typer.Option(help="Port; overrides the settings.")] = None
) -> None:
    """Serve the console, the customers' pages and the REST API until Ctrl-C.

    Example: forewarn api serve --port 8081
    """
    from api.server import serve

    serve(settings(ctx), Stop().on_signals(), port)


@staff_app.command("add")
def staff_add(
    ctx: typer.Context,
    address: Address,
    *,
    name: Annotated[str, typer.Option(help="Name that colleagues see.")] = "",
    time_zone: Annotated[str, typer.Option(help="Zone in which they read times.")] = "UTC",
    commands: Annotated[bool, typer.Option("--commands", help="They may send commands to devices.")] = False,
    password_stdin: FromStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Add a member of staff; without --password-stdin a password is made and shown once.

    Example: forewarn staff add kim@example.com --name "Kim Lee" --time-zone Europe/Berlin
    """
    current = settings(ctx)
    password, made = _password(password_stdin)
    with _session(current) as session:
        account = accounts.add(
            session,
            SystemClock(),
            current.of(Core).tenant,
            address,
            name=name,
            password=password,
            time_zone=time_zone,
            commands=commands,
        )
    emit({"address": account.address, "name": account.name, **made}, as_json)


@staff_app.command("list")
def staff_list(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """List the staff accounts.

    Example: forewarn staff list --json
    """
    current = settings(ctx)
    with _session(current) as session:
        rows = [
            {name: getattr(one, name) for name in _COLUMNS}
            for one in accounts.everybody(session, current.of(Core).tenant)
        ]
    emit(rows, as_json, columns=_COLUMNS, empty="No staff accounts yet.")


@staff_app.command("reset-password")
def staff_reset_password(
    ctx: typer.Context, address: Address, password_stdin: FromStdin = False, as_json: JsonFlag = False
) -> None:
    """Give an account a new password and end all of its sessions.

    Example: forewarn staff reset-password kim@example.com
    """
    current = settings(ctx)
    password, made = _password(password_stdin)
    with _session(current) as session:
        account = accounts.reset_password(session, current.of(Core).tenant, address, password)
    if account.address == FIRST_ADDRESS:
        current.data_path(PASSWORD_FILE).unlink(missing_ok=True)
    emit({"address": account.address, **made}, as_json)


@staff_app.command("permit")
def staff_permit(
    ctx: typer.Context,
    address: Address,
    commands: Annotated[bool, typer.Option(help="Whether they may send commands to devices.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Let a member of staff send commands to devices, or no longer.

    Example: forewarn staff permit kim@example.com --no-commands
    """
    current = settings(ctx)
    with _session(current) as session:
        account = accounts.permit(session, current.of(Core).tenant, address, commands)
    emit({"address": account.address, "commands": account.commands}, as_json)


@contextmanager
def _session(current: Settings) -> Iterator[Session]:
    engine = connect(current)
    try:
        with transaction(engine) as session:
            yield session
    finally:
        engine.dispose()


def _password(from_stdin: bool) -> tuple[str, dict[str, str]]:
    """The password, and what to print about it: one that was made is shown this once."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n"), {}
    made = passwords.invent()
    return made, {"password": made}
