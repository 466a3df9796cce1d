"""How far who made a watch reaches, and what is known of each file in a watched folder."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("watches", sa.Column("reach", sa.String(length=16), nullable=False, server_default="workspace"))
    op.create_table(
        "watched_files",
        sa.Column("watch_id", sa.String(length=64), nullable=False),
        sa.Column("path_hash", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("watch_id", "path_hash"),
    )
