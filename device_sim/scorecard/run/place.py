"""A place of its own for one run: settings, folder and database that nothing else on the machine touches."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from pydantic import ValidationError
from sqlalchemy import Engine, text

from kit import db
from kit.errors import SettingsError
from kit.services import LocalPostgres
from kit.settings import Section, Settings, section_types

PREFIX = "forewarn-run-"
_AT_ONCE = getattr(signal, "SIGQUIT", signal.SIGTERM)  # PostgreSQL's "immediate shutdown"
_OWN: Mapping[str, Any] = {"ingest": {"store": {"kind": "parquet"}}}  # a server's readings are the installation's
_UNSAFE = (  # the database lives as long as the run: nothing of it must survive a power cut
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "SELECT pg_reload_conf()",
)


@contextmanager
def private(settings: Settings, overlay: Mapping[str, Any]) -> Iterator[Settings]:
    """The settings with `overlay` over them, on a folder and a migrated database that end with the block.

    Raises SettingsError for an overlay that cannot be, ServiceError when no database can be started.
    """
    chosen = laid_over(settings, overlay)
    clear_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o711)  # a server that is started by root belongs to another user
    (folder / "data").mkdir(0o700)
    server = LocalPostgres(folder / "db")
    try:
        url = server.start()
        mine = laid_over(chosen, {**_OWN, "core": {"data_dir": folder / "data"}, "database": {"url": url}})
        engine = db.connect(mine)
        try:
            _prepare(engine)
        finally:
            engine.dispose()
        yield mine
    finally:
        end(folder)


def laid_over(settings: Settings, overlay: Mapping[str, Any]) -> Settings:
    """`settings` with the tables and keys of `overlay` in the place of their own. Raises SettingsError."""
    types = section_types()
    for name in overlay:
        if name not in types:
            known = ", ".join(sorted(types))
            raise SettingsError(f"Unknown configuration section '{name}'.", f"Sections are: {known}.")
    sections = {
        name: _laid_over(settings.of(kind), overlay[name]) if name in overlay else settings.of(kind)
        for name, kind in types.items()
    }
    return Settings(sections, settings.file)


def end(folder: Path) -> None:
    """Stop the database in that folder, if it runs, and delete all."""
    server = _server(folder)
    if server is not None:
        server.send_signal(_AT_ONCE)  # nothing of it is needed any more
        try:
            server.wait(5)
        except psutil.TimeoutExpired:
            server.kill()
    shutil.rmtree(folder, ignore_errors=True)


def clear_left_behind() -> None:
    """End what runs left behind that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            end(folder)


def _prepare(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in _UNSAFE:
            connection.execute(text(statement))
    db.migrate(engine)


def _laid_over(section: Section, values: Any) -> Section:
    if not isinstance(values, Mapping):
        raise SettingsError(f"'{section.name}' must be a table.", f"Write [{section.name}] and its keys below it.")
    try:
        return type(section).model_validate(_merged(section.model_dump(), values))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join([section.name, *(str(step) for step in first["loc"])])
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(type(section).model_fields))
            raise SettingsError(f"Unknown setting '{key}'.", f"[{section.name}] knows: {known}.") from None
        raise SettingsError(f"Setting '{key}' is not usable: {first['msg']}.", "Correct it, or remove it.") from None


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merged(old, value) if isinstance(value, Mapping) and isinstance(old, Mapping) else value
    return merged


def _server(folder: Path) -> psutil.Process | None:
    """The database server that runs in the folder, None when there is none."""
    try:
        lines = (folder / "db" / "postmaster.pid").read_text("ascii").splitlines()
        process = psutil.Process(int(lines[0]))
        return process if str(folder) in " ".join(process.cmdline()) else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
