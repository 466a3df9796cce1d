"""Queues, limits and resources of jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job_requests", sa.Column("queue", sa.String(length=16), nullable=False, server_default="normal"))
    op.add_column("job_requests", sa.Column("due_at", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("job_requests", sa.Column("asks", sa.Text(), nullable=True))
    op.create_table(
        "resource_holds",
        sa.Column("resource", sa.String(length=128), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("resource", "run_id"),
    )
