"""Commands of the account and of the log: `forewarn ledger` and `forewarn log …`."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from ingest import ledger, offsets
from ingest.command import account_facts, command_session
from ingest.config import Config
from ingest.log.protocol import PartitionLog
from ingest.log.salvage import salvage
from ingest.writer import trim
from ingest.writer.checks import whole
from kit.cli import JsonFlag, emit, settings
from kit.clock import SystemClock

log_app = typer.Typer(help="The partition log: what is held, who reads it, is it sound.", no_args_is_help=True)

_SPAN = re.compile(r"(\d{1,5})\s*([hd])")
_READ_ITEMS = 64


def register(root: typer.Typer) -> None:
    """Add the commands."""
    root.command("ledger")(ledger_command)
    root.add_typer(log_app, name="log")


def since_of(text: str, now: datetime) -> datetime:
    """The moment that ``24h``, ``7d`` or ``2025-11-21[T14:00]`` (UTC) means. Raises typer.BadParameter."""
    span = _SPAN.fullmatch(text.strip())
    if span:
        hours = int(span[1]) * (24 if span[2] == "d" else 1)
        return now - timedelta(hours=hours)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no time: use 24h, 7d or 2025-11-21.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def ledger_command(
    ctx: typer.Context,
    device: Annotated[str | None, typer.Option(help="The hours of this device instead of every device's sum.")] = None,
    unbalanced: Annotated[bool, typer.Option("--unbalanced", help="Only hours that do not balance.")] = False,
    since: Annotated[str | None, typer.Option(help="Only from then on: 24h, 7d or a date.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the account: received = stored + duplicate + quarantined + throttled.

    With --unbalanced the exit code is 1 when there is any such hour: each is a fault of ours.

    Example: forewarn ledger --device car-7 --since 24h
    """
    start = None if since is None else since_of(since, SystemClock().now())
    with command_session(ctx) as (session, tenant):
        if unbalanced:
            lines = ledger.unbalanced(session, tenant, device, start)
        elif device is not None:
            lines = ledger.of_device(session, tenant, device, since=start)
        else:
            lines = ledger.by_device(session, tenant, start)
    first = ("hour", "device") if unbalanced else ("device",) if device is None else ("hour",)
    empty = "Every hour balances." if unbalanced else "Nothing was received."
    emit([account_facts(line) for line in lines], as_json, columns=(*first, *ledger.FIELDS), empty=empty)
    if unbalanced and lines:
        raise typer.Exit(1)


@log_app.command("status")
def status_command(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """Show what the log holds in each partition and how far behind each reader is.

    Example: forewarn log status --json
    """
    now_ms = SystemClock().now_ms()
    with closing(_open(ctx)) as log, command_session(ctx) as (session, _tenant):
        rows = _partitions(session, log)
        facts = {
            "bytes": log.size_bytes(),
            "bound_bytes": settings(ctx).of(Config).log_max_mb * 1_000_000,
            "oldest_s": round(trim.oldest_ms(log, now_ms) / 1000),
            "behind_s": {reader: round(ms / 1000, 1) for reader, ms in trim.lags_ms(session, log, now_ms).items()},
        }
    emit({**facts, "partitions": rows} if as_json else facts, as_json)
    if not as_json:
        emit(rows, as_json, columns=tuple(rows[0]))


@log_app.command("check")
def check_command(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """Read every entry of the log and say which are damaged; the exit code is 1 when any is.

    Example: forewarn log check
    """
    damaged: list[dict[str, int]] = []
    entries = 0
    with closing(_open(ctx)) as log:
        for partition in range(log.partitions):
            after = 0
            while rows := log.read(partition, after, _READ_ITEMS):
                damaged += [{"partition": partition, "offset": at} for at, data in rows if not whole(data)]
                entries, after = entries + len(rows), rows[-1][0]
    emit({"entries": entries, "damaged": damaged if as_json else len(damaged)}, as_json)
    if damaged:
        if not as_json:
            emit(damaged, as_json, columns=("partition", "offset"))
        raise typer.Exit(1)


@log_app.command("salvage")
def salvage_command(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Put a damaged log file aside and make a new one of what can be read. Stop every role first.

    Example: forewarn log salvage --yes
    """
    if not yes:
        typer.confirm("Is every role stopped? What they write meanwhile would be lost.", abort=True)
    current = settings(ctx)
    partitions = current.of(Config).partitions
    with command_session(ctx) as (session, _tenant):
        floors = _furthest(session, partitions)
    label = f"damaged-{SystemClock().now():%Y%m%dT%H%M%S}"
    found = salvage(current.data_path("log"), partitions, floors, label)
    emit({"kept": found.kept, "lost": found.lost, "put_aside": str(found.aside)}, as_json)


def _open(ctx: typer.Context) -> PartitionLog:
    from ingest.build import open_log

    return open_log(settings(ctx))


def _partitions(session: Session, log: PartitionLog) -> list[dict[str, Any]]:
    by_reader = {reader: offsets.positions(session, reader, log.partitions) for reader in trim.readers(session)}
    rows: list[dict[str, Any]] = []
    for partition in range(log.partitions):
        first, last = log.bounds(partition)
        stands = {reader: positions[partition].offset for reader, positions in by_reader.items()}
        rows.append({"partition": partition, "first": first, "last": last, **stands})
    return rows


def _furthest(session: Session, partitions: int) -> list[int]:
    """The offset that the furthest reader of each partition has reached."""
    every = [offsets.positions(session, reader, partitions) for reader in trim.readers(session)]
    return [max((positions[n].offset for positions in every), default=0) for n in range(partitions)]
