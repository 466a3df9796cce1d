"""Sessions, narrowed tokens, failed sign-ins, people whom an identity provider knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("kind", sa.String(length=16), server_default="token", nullable=False))
    op.add_column("tokens", sa.Column("limits", sa.Text(), nullable=True))
    op.add_column("tokens", sa.Column("used_at", sa.String(length=32), nullable=True))
    op.create_table(
        "sign_ins",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.add_column("users", sa.Column("identity", sa.Text(), nullable=True))
    op.create_index("ix_users_identity", "users", ["identity"], unique=True)
