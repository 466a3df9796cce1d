"""What a view's text says: its columns, what it reads, the names in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("views", sa.Column("facts", sa.Text(), nullable=True))
