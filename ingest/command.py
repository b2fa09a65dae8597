"""What the commands of ingest share: one transaction, the tenant, who is asking, how an account is printed."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import typer
from sqlalchemy.orm import Session

from ingest.ledger import LedgerLine
from kit.cli import settings
from kit.db import check, connect, transaction
from kit.settings import Core


@contextmanager
def command_session(ctx: typer.Context) -> Iterator[tuple[Session, str]]:
    """A session that commits at the end, and the tenant. Raises ServiceError when the database does not answer."""
    current = settings(ctx)
    engine = connect(current)
    try:
        check(engine)
        with transaction(engine) as session:
            yield session, current.of(Core).tenant
    finally:
        engine.dispose()


def actor() -> str:
    """The user of this machine who runs the command, for the audit record."""
    try:
        return f"command of {getpass.getuser()}"
    except (OSError, KeyError):  # a container's user has no name
        return f"command of user {os.getuid()}"


def account_facts(line: LedgerLine) -> dict[str, Any]:
    """One account as `kit.cli.emit` prints it."""
    hour = None if line.hour is None else line.hour.isoformat()
    return {"device": line.device or "(not registered)", "hour": hour, **asdict(line.counts)}
