"""Personal data that was found, what columns are made of, inherited tags that were cleared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "personal_findings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("table_uuid", sa.String(length=64), nullable=False),
        sa.Column("field_id", sa.Integer(), nullable=False),
        sa.Column("dataset", sa.String(length=255), nullable=False),
        sa.Column("column", sa.String(length=255), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("tag", sa.String(length=128), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("checked", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("found_at", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("decided_at", sa.String(length=32), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_personal_findings_column", "personal_findings", ["table_uuid", "field_id", "tag"], unique=True)
    op.create_table(
        "column_origins",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("target_uuid", sa.String(length=64), nullable=False),
        sa.Column("target_field", sa.Integer(), nullable=False),
        sa.Column("source_uuid", sa.String(length=64), nullable=False),
        sa.Column("source_field", sa.Integer(), nullable=False),
        sa.Column("source_name", sa.String(length=255), nullable=False),
        sa.Column("source_column", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_column_origins_source_uuid", "column_origins", ["source_uuid"])
    op.create_index(
        "ix_column_origins_target",
        "column_origins",
        ["target_uuid", "target_field", "source_uuid", "source_field", "source_column"],
        unique=True,
    )
    op.create_table(
        "cleared_tags",
        sa.Column("table_uuid", sa.String(length=64), nullable=False),
        sa.Column("field_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("folded", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("table_uuid", "field_id", "folded"),
    )
