"""When an identity provider said what is known of a user: what it said before does not come back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("identity_at", sa.String(length=32), nullable=True))
