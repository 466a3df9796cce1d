"""Of which datasets' rows a dataset's rows were made, and where a person has lifted the filters of one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# What was made before is known by its columns; which of them came over as they were is not, so a filter of the source closes it.
BEFORE = (
    "INSERT INTO row_origins (target_uuid, source_uuid, source_name, kept, view)"
    " SELECT target_uuid, source_uuid, max(source_name), '[]', '' FROM column_origins"
    " WHERE target_uuid <> source_uuid GROUP BY target_uuid, source_uuid"
)


def upgrade() -> None:
    op.create_table(
        "row_origins",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("target_uuid", sa.String(length=64), nullable=False),
        sa.Column("source_uuid", sa.String(length=64), nullable=False),
        sa.Column("source_name", sa.String(length=255), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("view", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_row_origins_source_uuid", "row_origins", ["source_uuid"])
    op.create_index("ix_row_origins_target", "row_origins", ["target_uuid", "source_uuid"], unique=True)
    op.create_table(
        "released_rows",
        sa.Column("table_uuid", sa.String(length=64), nullable=False),
        sa.Column("source_uuid", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("table_uuid", "source_uuid"),
    )
    op.execute(BEFORE)
