"""What people are told of, how, and what became of each message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ID, _TIME, _NAME = sa.String(length=64), sa.String(length=32), sa.String(length=255)


def upgrade() -> None:
    op.create_table(
        "notification_settings",
        sa.Column("principal", _NAME, nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("secrets", sa.Text(), nullable=True),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.Column("tested_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("principal"),
    )
    op.create_table(
        "notifications",
        sa.Column("principal", _NAME, nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("id", _ID, nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("read_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("principal", "key"),
        sa.UniqueConstraint("id"),
    )
    op.create_index(op.f("ix_notifications_at"), "notifications", ["at"])
    op.create_table(
        "notification_deliveries",
        sa.Column("notification_id", _ID, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("principal", _NAME, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("notification_id", "channel"),
    )
    op.create_index("ix_notification_deliveries_due", "notification_deliveries", ["state", "due_at"])
    op.create_table(
        "notification_cursors",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
