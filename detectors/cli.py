"""Commands of the detectors: what there is, and scores over any table."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from detectors.config import Config
from detectors.fleet import cli as fleet
from detectors.trips import cli as trips
from ingest.command import command_session
from kit.cli import JsonFlag, emit, settings
from kit.errors import ForewarnError

app = typer.Typer(help="Detectors: what they look for, and their scores over any table.", no_args_is_help=True)
app.command("incidents")(fleet.show)
app.command("trips")(trips.show)


def register(root: typer.Typer) -> None:
    """Add ``forewarn detectors …``."""
    root.add_typer(app, name="detectors")


@app.command("list")
def list_detectors(as_json: JsonFlag = False) -> None:
    """List what is watched on each device type, by which detector, and the fault that it speaks for.

    Example: forewarn detectors list
    """
    emit(_watched(), as_json, columns=("device_type", "watches", "detector", "symptom", "faults"))


def _watched() -> list[dict[str, Any]]:
    from detectors.faults.catalogue import FAULTS
    from detectors.faults.profiles import PROFILES

    rows: list[dict[str, Any]] = []
    for name, profile in PROFILES.items():
        for watch in profile.watches:
            speaks = [
                fault.name
                for _, fault in FAULTS.items()
                if watch.symptom in {key.split(":")[0] for key in fault.signature}
                and (not fault.device_types or name in fault.device_types)
            ]
            rows.append(
                {
                    "device_type": name,
                    "watches": watch.channel.label,
                    "detector": watch.detector,
                    "symptom": watch.symptom,
                    "faults": ", ".join(speaks + (["unusual_behaviour"] if watch.unusual else [])),
                }
            )
        if profile.silent_after_s:
            hours = f"any message for {profile.silent_after_s / 3600:g} h"
            rows.append(
                {"device_type": name, "watches": hours, "detector": "silence", "symptom": "silent", "faults": "silent"}
            )
    return rows


@app.command()
def explain(
    ctx: typer.Context,
    finding: Annotated[UUID, typer.Argument(metavar="FINDING", help="Its id, as on the page of its case.")],
    as_json: JsonFlag = False,
) -> None:
    """Say all that speaks for one finding: values against expectations, signs with weights, what else it might be.

    Example: forewarn detectors explain 5b0e2e4c-6f0a-5a52-9a38-3a3f4d1f2c11
    """
    import msgspec

    from detectors import queries
    from detectors.faults.explain import lines
    from detectors.fleet import peers

    with command_session(ctx) as (session, _):
        known = queries.get(session, finding)
        shared = peers.about(session, known)
    if as_json:
        emit(msgspec.to_builtins(known) | {"peers": shared}, as_json)
    else:
        for line in [*lines(known), *shared]:
            typer.echo(line)


@app.command()
def trust(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """Say which findings may reach customers by themselves, how often they were right, and what is left to be wrong.

    Example: forewarn detectors trust
    """
    from detectors.trust.promise import Promise
    from detectors.trust.report import report
    from kit.clock import SystemClock
    from kit.db import check, connect, transaction
    from kit.settings import Core

    current = settings(ctx)
    engine = connect(current)
    check(engine)
    with transaction(engine) as session:
        tenant, promise = current.of(Core).tenant, Promise.of(current.of(Config))
        found = report(session, tenant, promise, SystemClock().now())
    engine.dispose()
    if as_json:
        emit(asdict(found) | {"expected_rate": found.expected_rate}, as_json)
        return
    typer.echo(
        f"Promised: at most {promise.false_contacts:g} false contacts per 1,000 device-days. For {found.devices:,} "
        f"devices that is {found.allowance:.3g} in {found.days} days; {found.spent.expected_false:.2g} are spent."
    )
    lines = [
        {
            "fault": line.fault,
            "version": line.version,
            "state": line.state,
            "right": f"{line.precision:.0%} ({line.low:.0%} to {line.high:.0%})",
            "judged": f"{line.right + line.wrong:.3g}",
            "contacts": line.contacts,
            "why": line.reason,
        }
        for line in found.standings
    ]
    columns = ("fault", "version", "state", "right", "judged", "contacts", "why")
    emit(lines, as_json, columns=columns, empty="Nothing has been judged yet: faults begin with trust.")
    if found.shadow is not None:
        sides = {"live": found.shadow.live, "shadow": found.shadow.shadow}
        alone = {"live": found.shadow.only_live, "shadow": found.shadow.only_shadow}
        rows = [{"which": name, **asdict(side), "alone": alone[name]} for name, side in sides.items()]
        typer.echo(f"Since {found.shadow.since:%Y-%m-%d %H:%M} UTC; `alone`: contacts that the other would not make.")
        emit(rows, as_json, columns=("which", "findings", "contacts", "alone", "right", "wrong"))


@app.command()
def score(  # noqa: PLR0917 - its options
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="IN.csv", help="A time column, then one column for each signal.")],
    target: Annotated[Path, typer.Argument(metavar="OUT.csv", help="Where the scores go; replaced if it exists.")],
    grace: Annotated[
        int | None,
        typer.Option(min=0, metavar="ROWS", help="First rows that are normal and raise nothing."),
    ] = None,
    time: Annotated[
        str, typer.Option(metavar="COLUMN", help="The time column (the first if not given); none counts the rows.")
    ] = "",
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="A column that is no signal: a label, an id. Repeatable.")
    ] = None,
    missing: Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="A word for a missing reading, such as NA. Repeatable.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Score a table row by row: the time, surprise, severity, alert_score, attention, contact.

    Columns are separated by commas, semicolons, tabs or bars. Times are ISO 8601 (UTC where no zone is given) or epoch
    seconds, milliseconds, micro- or nanoseconds; an empty cell or nan is a missing reading. Nothing looks ahead: each
    signal is held against its own past, and all of them together against the first half of the table so far.
    alert_score is the score of an alert raised at this row, else 0; contact marks the few rows grave enough to tell a
    customer. A table that ends in .gz is unpacked on the way.

    Examples: forewarn detectors score pump.csv scores.csv · forewarn detectors score pump.csv.gz scores.csv --json ·
    forewarn detectors score engine.csv scores.csv --ignore label --missing NA --grace 30
    """
    from detectors.build import keep_kernels

    current = settings(ctx)
    if not source.is_file():
        raise ForewarnError(f"There is no file {source}.", "Give the path of a CSV file.")
    if target.exists() and target.samefile(source):
        raise ForewarnError("The scores would overwrite the table.", "Give another name for OUT.csv.")
    keep_kernels(current)
    from detectors.scoring.reader import Layout
    from detectors.scoring.score import score_file
    from detectors.scoring.scorer import Scorer

    threshold = current.of(Config).attention_threshold

    def scorer_of(signals: int) -> Scorer:
        return Scorer(signals, threshold, grace)

    layout = Layout(time, frozenset(ignore or ()), frozenset(missing or ()))
    facts = score_file(source, target, layout, scorer_of, _tell)
    if sys.stderr.isatty():
        typer.echo("", err=True)
    emit(facts, as_json)


def _tell(rows: int) -> None:
    """Progress on stderr: one line that is overwritten on a terminal, else a line a million rows."""
    if sys.stderr.isatty():
        typer.echo(f"\r{rows:,} rows", err=True, nl=False)
    elif rows % 1_000_000 == 0:
        typer.echo(f"{rows:,} rows", err=True)
