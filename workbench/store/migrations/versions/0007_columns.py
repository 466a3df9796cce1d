"""What people say of single columns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "column_meta",
        sa.Column("table_uuid", sa.String(length=64), nullable=False),
        sa.Column("field_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("table_uuid", "field_id"),
    )
