"""The `forewarn` command: finds every folder's commands, prints facts, and turns errors into sentences."""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import metadata
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from kit import logs, metrics
from kit.db import check, connect, migrate
from kit.errors import ForewarnError
from kit.plugins import Check, hooks, parts, roles
from kit.settings import Core, Settings, load, section_types
from kit.supervise import Stop

EXIT_NEEDS_PERSON = 3  # the supervisor of `up` stops instead of restarting a role that ends with this

ANOTHER_FOLDER = "Use a folder that you may write to, for example FOREWARN__CORE__DATA_DIR=/some/folder."
OS_FIXES = {
    errno.ENOSPC: "Free some disk space and run the command again.",
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), ANOTHER_FOLDER),
}

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]

app = typer.Typer(
    name="forewarn",
    help=metadata("forewarn")["Summary"],
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(help="Show the settings that are in force.", no_args_is_help=True)
worker_app = typer.Typer(help="Run one role of the product in this process.", no_args_is_help=True)
app.add_typer(config_app, name="config")
app.add_typer(worker_app, name="worker")


@app.callback(help=metadata("forewarn")["Summary"])
def root(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Configuration file (TOML).", envvar="FOREWARN_CONFIG")
    ] = None,
) -> None:
    """Options before the command."""
    ctx.obj = config


def settings(ctx: typer.Context) -> Settings:
    """The settings for this command, read once; a command logs only what a person must know."""
    if not isinstance(ctx.obj, Settings):
        ctx.obj = load(ctx.obj)
        logs.configure(ctx.obj.of(Core).model_copy(update={"log_level": "WARNING"}), "command")
    return ctx.obj


def emit(data: Any, as_json: bool, columns: Sequence[str] = (), empty: str = "Nothing yet.") -> None:
    """Print facts: JSON for scripts, else a table of `columns` (rows are mappings) or one line a value.

    `empty` is the sentence printed instead of a table without rows.
    """
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False, default=str, indent=2))
    elif columns:
        Console().print(_table(data, columns) if data else empty)
    else:
        for line in flatten(data):
            typer.echo(line)


def flatten(data: Mapping[str, Any], prefix: str = "") -> list[str]:
    """``{"a": {"b": 1}}`` as ``["a b  1"]``: nested facts as lines for people."""
    lines: list[str] = []
    for key, value in data.items():
        name = f"{prefix} {key}".strip().replace("_", " ")
        lines += flatten(value, name) if isinstance(value, Mapping) else [f"{name}  {_plain(value)}"]
    return lines


def _table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_plain(row.get(column)) for column in columns))
    return table


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def pulse(current: Settings) -> dict[str, Any]:
    """Every folder's part of the machine-readable state of the product."""
    engine = connect(current)
    check(engine)
    merged = {name: fact for part in hooks("pulse") for name, fact in part(engine, current).items()}
    engine.dispose()
    return merged


@app.command()
def status(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """Say in numbers how the product is doing.

    Example: forewarn status --json
    """
    emit(pulse(settings(ctx)), as_json)


@app.command()
def doctor(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """Check everything that the product needs, and say how to mend what is not well. Exit code 1 if anything is not.

    Example: forewarn doctor
    """
    current = settings(ctx)
    checks = [_database_check(current), *(line for part in hooks("doctor") for line in part(current))]
    facts = [{"check": c.name, "ok": c.ok, "detail": c.detail, "fix": c.fix} for c in checks]
    shown = [{**fact, "ok": "ok" if fact["ok"] else "NOT WELL"} for fact in facts]
    emit(facts if as_json else shown, as_json, columns=("check", "ok", "detail", "fix"))
    if not all(c.ok for c in checks):
        raise typer.Exit(1)


def _database_check(current: Settings) -> Check:
    try:
        engine = connect(current)
        check(engine)
        engine.dispose()
    except ForewarnError as error:
        return Check("database", False, error.problem, error.fix)
    return Check("database", True, "answers")


@app.command("migrate")
def migrate_command(ctx: typer.Context) -> None:
    """Bring the database to the newest schema. Safe to run again, and from several machines at once.

    Example: forewarn migrate
    """
    engine = connect(settings(ctx))
    check(engine)
    migrate(engine)
    typer.echo("The database is up to date.")


@app.command()
def up(
    ctx: typer.Context,
    port: Annotated[int | None, typer.Option(help="Port of the web pages.")] = None,
    demo: Annotated[bool, typer.Option(help="Run the small simulated fleet.")] = True,
) -> None:
    """Start everything on this machine: database, broker, every role and a small simulated fleet. Ctrl-C stops it.

    Examples: forewarn up · forewarn up --port 9000 · forewarn up --no-demo
    """
    from kit.up import Up

    raise typer.Exit(Up(settings(ctx), demo=demo, port=port).run())


@app.command()
def reset(ctx: typer.Context, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Delete everything that Forewarn keeps on this machine, and its tables in a database of yours, and start over.

    Example: forewarn reset --yes
    """
    from kit.up import clear

    if not clear(settings(ctx), lambda what: yes or typer.confirm(f"Delete {what}?")):
        raise typer.Exit(1)
    typer.echo("Everything is deleted. Start again with `forewarn up`.")


@config_app.command("show")
def config_show(ctx: typer.Context, as_json: JsonFlag = False) -> None:
    """Print every setting in force, its meaning, and the variable that sets it. Secrets are masked.

    Example: forewarn config show
    """
    current = settings(ctx)
    if as_json:
        emit(current.public(), as_json=True)
        return
    typer.echo(f"# from {current.file or 'the defaults and the environment'}")
    for name, kind in sorted(section_types().items()):
        typer.echo(f"\n[{name}]  # {(kind.__doc__ or '').strip().splitlines()[0]}")
        values = current.of(kind).model_dump(mode="json")
        for key, field in kind.model_fields.items():
            typer.echo(f"{key} = {json.dumps(values[key], ensure_ascii=False)}  # {field.description}")


@worker_app.command("run")
def worker_run(
    ctx: typer.Context,
    role: Annotated[str, typer.Option(help="Which role; see `forewarn worker list`.")],
    metrics_port: Annotated[int, typer.Option(help="Port for Prometheus on loopback; 0: none.")] = 0,
) -> None:
    """Run one role until Ctrl-C or SIGTERM.

    Example: forewarn worker run --role gateway
    """
    run_role(settings(ctx), role, metrics_port)


@worker_app.command("list")
def worker_list(as_json: JsonFlag = False) -> None:
    """List the roles.

    Example: forewarn worker list
    """
    rows = [{"role": name, "what_it_does": role.help} for name, role in roles().items()]
    emit(rows, as_json, columns=("role", "what_it_does"))


def run_role(current: Settings, name: str, metrics_port: int = 0) -> None:
    """Run the role `name` in this process until a signal, or until the process that started it is gone."""
    known = roles()
    if name not in known:
        raise ForewarnError(f"There is no role '{name}'.", f"Roles: {', '.join(known)}.")
    logs.configure(current.of(Core), name)
    metrics.serve(metrics_port)
    stop = Stop().on_signals()
    if parent := os.environ.get("FOREWARN_PARENT_PID"):
        threading.Thread(target=_follow_parent, args=(int(parent), stop), daemon=True).start()
    known[name].run(current, stop)


def _follow_parent(parent: int, stop: Stop) -> None:
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()


def main() -> None:
    """Run the command; every failure is a sentence and the fix. ``FOREWARN_DEBUG=1`` adds the traceback."""
    try:
        for module in parts("cli"):
            module.register(app)
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except ForewarnError as error:
        _fail(error.problem, error.fix, error)
    except OSError as error:
        _fail(f"{error.strerror or error} ({error.filename})", OS_FIXES.get(error.errno or 0, ""), error)
    except Exception as error:  # noqa: BLE001 - the outermost boundary of a command
        _fail(f"Unexpected {type(error).__name__}: {error}", "Run it again with FOREWARN_DEBUG=1 and report it.", error)


def _fail(problem: str, fix: str, cause: Exception) -> None:
    console = Console(stderr=True, highlight=False)
    console.print(problem, style="bold red", markup=False)
    if fix:
        console.print(fix, markup=False)
    if os.environ.get("FOREWARN_DEBUG"):
        raise cause
    sys.exit(EXIT_NEEDS_PERSON if isinstance(cause, ForewarnError) else 1)


if __name__ == "__main__":
    main()
