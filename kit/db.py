"""PostgreSQL: one declarative base for every folder's tables, one engine a process, transactions at the boundary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import DateTime, Engine, MetaData, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from kit.errors import ServiceError
from kit.plugins import parts
from kit.settings import Database, Settings

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table. ``datetime`` is timestamptz, ``dict`` and ``list`` are jsonb."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


def url(settings: Settings) -> str:
    """The database URL for SQLAlchemy's psycopg driver.

    Raises ServiceError when none is configured and no local server is running.
    """
    secret = settings.of(Database).url
    if secret is None:
        raise ServiceError(
            "No database is configured and no local one is running.",
            "Start everything with `forewarn up`, or set FOREWARN__DATABASE__URL=postgresql://user:password@host/name.",
        )
    plain = secret.get_secret_value()
    for scheme in ("postgresql://", "postgres://"):
        if plain.startswith(scheme):
            return "postgresql+psycopg://" + plain.removeprefix(scheme)
    return plain


def connect(settings: Settings) -> Engine:
    """An engine for this process. Connections are tested before use, so a restarted server heals by itself."""
    return create_engine(
        url(settings),
        pool_size=settings.of(Database).pool_size,
        max_overflow=5,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5, "application_name": "forewarn", "options": "-c timezone=UTC"},
    )


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that commits at the end of the block and rolls back on any error."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def check(engine: Engine) -> None:
    """Ask the server one question.

    Raises ServiceError when it does not answer.
    """
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise ServiceError(
            f"The database does not answer: {reason}.", "Check FOREWARN__DATABASE__URL and that the server runs."
        ) from error


def declared() -> MetaData:
    """Every table of every folder, and the leases."""
    import_module("kit.leases")
    parts("tables")
    return Base.metadata


def migrate(engine: Engine) -> None:
    """Bring the database up to every folder's newest revision; several processes may call it at once."""
    from alembic import command, config  # noqa: PLC0415 - a fifth of a second that only this function needs

    packages = [import_module("kit.migrations"), *parts("migrations")]
    options = config.Config()
    options.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    options.set_main_option("path_separator", "newline")
    options.set_main_option("version_locations", "\n".join(str(Path(str(p.__file__)).parent) for p in packages))
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(7105431)"))
        options.attributes["connection"] = connection
        command.upgrade(options, "heads")


def drop_everything(engine: Engine) -> None:
    """Drop every table that Forewarn made; anything else in the database stays."""
    declared().drop_all(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
