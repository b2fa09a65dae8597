from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from kit.db import declared, drop_everything, migrate


def test_the_migrated_database_is_what_the_tables_declare(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        differences = compare_metadata(context, declared())
    assert not differences


def test_migrating_again_changes_nothing_and_dropping_leaves_nothing(engine: Engine) -> None:
    migrate(engine)
    drop_everything(engine)
    assert inspect(engine).get_table_names() == []
    migrate(engine)
    assert "lease" in inspect(engine).get_table_names()
