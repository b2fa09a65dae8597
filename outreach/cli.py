"""Commands of outreach: cases, customers, and the role itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from kit.cli import JsonFlag, emit, run_role, settings
from kit.clock import SystemClock
from kit.db import check, connect, transaction
from kit.errors import ForewarnError
from kit.settings import Core, Settings
from outreach.cases import queries
from outreach.cases.lifecycle import EventKind
from outreach.cases.views import CaseView
from outreach.customers import manifest, record

cases_app = typer.Typer(help="Look at cases.", no_args_is_help=True)
customers_app = typer.Typer(help="Import and list customers.", no_args_is_help=True)
outreach_app = typer.Typer(help="Run outreach.", no_args_is_help=True)
_GROUPS = ("open", "closed", "all")


def register(root: typer.Typer) -> None:
    """Add these commands to the root."""
    root.add_typer(cases_app, name="cases")
    root.add_typer(customers_app, name="customers")
    root.add_typer(outreach_app, name="outreach")


@cases_app.command("list")
def cases_list(
    ctx: typer.Context,
    group: Annotated[str, typer.Option(help="open, closed or all.")] = "open",
    search: Annotated[str, typer.Option(help="Words of the title, device or customer, or a reference.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at most.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """List cases, the most urgent first.

    Examples: forewarn cases list · forewarn cases list --group all --search coolant --json
    """
    if group not in _GROUPS:
        raise ForewarnError(f"There is no group '{group}'.", f"Groups: {', '.join(_GROUPS)}.")
    current = settings(ctx)
    with _session(current) as session:
        rows = queries.queue(session, _tenant(current), group=group, search=search, limit=limit)  # type: ignore[arg-type]
    facts = [asdict(row) for row in rows]
    shown = ("reference", "priority", "state", "title", "customer_name", "opened_at")
    if as_json:
        emit(facts, as_json)
    else:
        lines = [fact | {"opened_at": f"{fact['opened_at']:%Y-%m-%d %H:%M} UTC"} for fact in facts]
        emit(lines, as_json, columns=shown, empty="No case.")


@cases_app.command("show")
def cases_show(
    ctx: typer.Context,
    reference: Annotated[str, typer.Argument(help="FW-1042, or 1042.")],
    as_json: JsonFlag = False,
) -> None:
    """Show one case with its timeline.

    Example: forewarn cases show FW-1042
    """
    digits = reference.upper().removeprefix("FW-")
    if not (digits.isascii() and digits.isdigit()):
        raise ForewarnError(f"'{reference[:40]}' is no case number.", "Write FW-1042 or 1042.")
    current = settings(ctx)
    with _session(current) as session:
        case = queries.access_case(session, _tenant(current), int(digits[:20]))
        notices = queries.notices_of(session, _tenant(current), case.row.number)
    if as_json:
        emit(_case_facts(case) | {"notices": [asdict(notice) for notice in notices]}, as_json)
        return
    row = case.row
    typer.echo(f"{row.reference}  P{row.priority}  {row.state.replace('_', ' ')}\n{row.title}")
    typer.echo(f"{case.advice.seen}\n")
    for event in case.timeline:
        typer.echo(f"{event.at:%Y-%m-%d %H:%M} UTC  {event.kind:<17} {event.actor:<10} {event.text}")


@customers_app.command("import")
def customers_import(
    ctx: typer.Context, file: Annotated[Path, typer.Argument(help='Manifest with "customers".')]
) -> None:
    """Take in the customers of a manifest; safe to repeat, and a withdrawn consent stays withdrawn.

    Example: forewarn customers import fleet.json
    """
    current = settings(ctx)
    with _session(current) as session:
        number = manifest.load(session, file, _tenant(current), SystemClock().now())
    typer.echo(f"{number} customers taken in.")


@customers_app.command("list")
def customers_list(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """List customers.

    Example: forewarn customers list --json
    """
    current = settings(ctx)
    with _session(current) as session:
        people = record.every(session, _tenant(current))
    facts: list[dict[str, Any]] = [
        {
            "id": person.id,
            "name": person.name,
            "language": person.language,
            "time_zone": person.time_zone,
            "quiet_hours": None if person.quiet_hours is None else str(person.quiet_hours),
            "consents": list(person.consents),
            "contact_points": [f"{point.channel}:{point.address}" for point in person.contact_points],
        }
        for person in people
    ]
    if not as_json:
        facts = [fact | {key: ", ".join(fact[key]) for key in ("consents", "contact_points")} for fact in facts]
    columns = ("id", "name", "language", "time_zone", "quiet_hours", "consents", "contact_points")
    emit(facts, as_json, columns=columns, empty="No customer.")


@outreach_app.command("run")
def outreach_run(ctx: typer.Context) -> None:
    """Open cases from findings, decide on notices and deliver them, until Ctrl-C.

    Example: forewarn outreach run
    """
    run_role(settings(ctx), "outreach")


def _case_facts(case: CaseView) -> dict[str, Any]:
    facts = asdict(case)
    for name in ("finding", "findings"):
        facts.pop(name)
    answers = [event.detail.get("answer") for event in case.timeline if event.kind == EventKind.ANSWERED]
    facts["answered"] = answers[-1] if answers else None
    return facts | {"finding_ids": [finding.id for finding in case.findings], "summary": case.finding.evidence.summary}


@contextmanager
def _session(current: Settings) -> Iterator[Session]:
    engine = connect(current)
    try:
        check(engine)
        with transaction(engine) as session:
            yield session
    finally:
        engine.dispose()


def _tenant(current: Settings) -> str:
    return current.of(Core).tenant
