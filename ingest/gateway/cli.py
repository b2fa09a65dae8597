"""Commands to devices from the command line: `forewarn devices command` and `forewarn devices commands`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer

from ingest import commands
from ingest.command import actor, command_session
from ingest.commands import Argument, Command
from ingest.errors import CommandImpossible
from ingest.registry.cli import Identifier
from ingest.registry.devices import access_device
from kit.cli import JsonFlag, emit
from kit.clock import SystemClock

_COLUMNS = ("created_at", "label", "state", "answer", "requested_by", "reason")
_WORDS = {"true": True, "false": False}


def register(devices_app: typer.Typer) -> None:
    """Add these commands to `forewarn devices`."""
    devices_app.command("command")(send)
    devices_app.command("commands")(show)


def send(
    ctx: typer.Context,
    identifier: Identifier,
    name: Annotated[str, typer.Argument(help="The command, such as identify.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the command.")],
    argument: Annotated[list[str] | None, typer.Option(help="An argument as name=value; may be repeated.")] = None,
    minutes: Annotated[int, typer.Option(min=1, max=10_080, help="Give up after so long.")] = 10,
    as_json: JsonFlag = False,
) -> None:
    """Tell a device to do something; the gateway sends it within a second.

    Example: forewarn devices command car-7 identify --reason "which one is it?"
    """
    with command_session(ctx) as (session, tenant):
        device = access_device(session, tenant, identifier)
        command = commands.request(
            session,
            device,
            name,
            by=actor(),
            reason=reason,
            now=SystemClock().now(),
            timeout=timedelta(minutes=minutes),
            arguments=dict(_argument(identifier, name, text) for text in argument or []),
        )
    emit(_facts(command), as_json)


def show(
    ctx: typer.Context,
    identifier: Identifier,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """List what a device was told, the newest first, and what it can be told.

    Example: forewarn devices commands car-7
    """
    with command_session(ctx) as (session, tenant):
        device = access_device(session, tenant, identifier)
        rows = [_facts(command) for command in commands.of_device(session, device, limit)]
        possible = ", ".join(kind.name for kind in commands.possible(device)) or "nothing"
    emit(rows, as_json, columns=_COLUMNS, empty=f"It was told nothing yet. It can be told: {possible}.")


def _argument(identifier: str, name: str, text: str) -> tuple[str, Argument]:
    """``name=value`` as a pair; true, false and numbers are what they look like. Raises CommandImpossible."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise CommandImpossible(identifier, name, f"The argument '{text[:80]}' is not of the form name=value.")
    for read in (_WORDS.__getitem__, int, float):
        try:
            return key, read(value)
        except (KeyError, ValueError):
            continue
    return key, value


def _facts(command: Command) -> dict[str, Any]:
    return {**asdict(command), "id": str(command.id), "arguments": dict(command.arguments)}
