"""Tags, the glossary, and what was said when by whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalog_tags",
        sa.Column("table_uuid", sa.String(length=64), nullable=False),
        sa.Column("field_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("folded", sa.String(length=128), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("table_uuid", "field_id", "folded"),
    )
    op.create_table(
        "glossary_terms",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("folded", sa.String(length=256), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.String(length=32), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("folded"),
    )
    op.create_table(
        "glossary_links",
        sa.Column("term_id", sa.String(length=64), nullable=False),
        sa.Column("table_uuid", sa.String(length=64), nullable=False),
        sa.Column("field_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("term_id", "table_uuid", "field_id"),
    )
    op.create_index("ix_glossary_links_table_uuid", "glossary_links", ["table_uuid"], unique=False)
    op.create_table(
        "catalog_edits",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("column", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_catalog_edits_subject", "catalog_edits", ["subject", "id"], unique=False)
