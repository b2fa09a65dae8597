"""Real services for the tests: one PostgreSQL server for the run, a fresh database and a fresh broker for each test."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from kit import db
from kit.services import LocalBroker, LocalPostgres
from kit.settings import Settings, load

SERVER = "FOREWARN_TEST_SERVER"
TEMPLATE = "forewarn_template"


def pytest_configure(config: pytest.Config) -> None:
    """Start the server once, in the process that hands out the tests; the workers inherit its URL."""
    if hasattr(config, "workerinput") or config.option.collectonly or config.option.help:
        return
    folder = Path(tempfile.mkdtemp(prefix="fw-tests-"))
    server = LocalPostgres(folder / "postgres")
    url = server.start().replace("postgresql://", "postgresql+psycopg://")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    config.add_cleanup(server.stop)
    _run_sql(
        url,
        "ALTER SYSTEM SET fsync = off",  # the tests kill our processes, never the machine
        "ALTER SYSTEM SET max_connections = 300",
        f"CREATE DATABASE {TEMPLATE}",
    )
    server.stop()
    url = server.start().replace("postgresql://", "postgresql+psycopg://")
    template = create_engine(_named(url, TEMPLATE))
    db.migrate(template)
    template.dispose()
    os.environ[SERVER] = url


def _run_sql(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _named(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?", 1)


@pytest.fixture
def database_url() -> Iterator[str]:
    """URL of a database of this test's own, with the newest schema."""
    server, name = os.environ[SERVER], f"t_{uuid.uuid4().hex[:12]}"
    _run_sql(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _named(server, name)
    _run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalBroker]:
    """A broker of this test's own, running; the test may stop, kill and start it."""
    broker = LocalBroker(tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def broker_url(broker: LocalBroker) -> str:
    """Where that broker listens."""
    return broker.url


@pytest.fixture
def environment(database_url: str, broker_url: str, tmp_path: Path) -> dict[str, str]:
    """Variables that make any `forewarn` process use this test's services."""
    return {
        "FOREWARN__CORE__DATA_DIR": str(tmp_path / "data"),
        "FOREWARN__DATABASE__URL": database_url.replace("+psycopg", ""),
        "FOREWARN__BROKER__URL": broker_url,
    }


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """Settings on this test's own database, broker and data folder."""
    return load(environ=environment)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """An engine on this test's own database."""
    engine = db.connect(settings)
    yield engine
    with contextlib.suppress(Exception):
        engine.dispose()
