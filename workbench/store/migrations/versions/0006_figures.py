"""Each dataset in a few figures: filled when it is first asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dataset_figures",
        sa.Column("zone", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("table_uuid", sa.String(length=64), nullable=False),
        sa.Column("metadata_location", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("shape", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.String(length=32), nullable=True),
        sa.Column("updated_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("zone", "name"),
    )
    op.create_index("ix_dataset_figures_table_uuid", "dataset_figures", ["table_uuid"], unique=False)
    op.create_index("ix_dataset_figures_shape", "dataset_figures", ["shape"], unique=False)
