"""Run by Alembic. The connection comes from :mod:`workbench.store.schema`, inside a transaction of the store."""

from __future__ import annotations

from alembic import context

from workbench.store.schema import VERSION_TABLE
from workbench.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
