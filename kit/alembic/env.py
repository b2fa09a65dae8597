"""Run the revisions of every folder on the connection that `kit.db.migrate` hands over."""

from alembic import context

from kit.db import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
