"""Which columns of a dataset hold nothing but values of a source's column as they were, whichever rows these stood in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("row_origins", sa.Column("copied", sa.Text(), nullable=False, server_default="[]"))
    # What came over row by row is a copy. Of what else was made before nothing is known.
    op.execute("UPDATE row_origins SET copied = kept")
