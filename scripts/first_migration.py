"""Writes helpdesk/migrations/versions/0001_first.py anew from the models.

Only until the first release: afterwards a change of the models gets a migration of its own
(`helpdesk db revision -m "what it does"`). The output depends on the models alone.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext

from helpdesk.core import migrating
from helpdesk.core.db import Base, Database
from helpdesk.migrations.rendering import render_type

HEAD = '''"""The first schema: every table, the guards of the audit, and the search.

Written by scripts/first_migration.py from the models.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

from helpdesk.core import db, migrating

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
'''
GUARDS = """    migrating.lay_guards(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("there is nothing before the first schema; make a new database instead")
"""


def main() -> None:
    migrating.import_models()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.db")
        with database.engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"render_item": render_type, "user_module_prefix": "db."}
            )
            operations = produce_migrations(context, Base.metadata).upgrade_ops
            assert operations is not None
            body = render_python_code(
                operations, render_item=render_type, migration_context=context
            )
        database.dispose()
    lines = [line.rstrip() for line in body.splitlines() if not line.strip().startswith("#")]
    text = HEAD + "\n".join(["    " + lines[0].strip(), *lines[1:]]) + "\n" + GUARDS
    migrating.VERSIONS.mkdir(exist_ok=True)
    migrating.FIRST.write_text(text, "utf-8")
    ruff = str(Path(sys.executable).parent / "ruff")
    for command in (["check", "--fix-only", "-q"], ["format", "-q"]):
        subprocess.run([ruff, *command, str(migrating.FIRST)], check=True)
    print(f"wrote {migrating.FIRST.name}: {len(Base.metadata.tables)} tables")


if __name__ == "__main__":
    main()
