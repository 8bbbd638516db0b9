"""What Alembic runs: our connection, which is in a transaction already, and our metadata."""

from __future__ import annotations

from alembic import context

from helpdesk.core.db import Base
from helpdesk.migrations.rendering import is_ours, render_type

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite too keeps DDL in the transaction, because core/db.py begins it explicitly.
    transactional_ddl=True,
    render_as_batch=True,
    compare_type=True,
    include_name=is_ours,
    render_item=render_type,
    user_module_prefix="db.",
)
context.run_migrations()
