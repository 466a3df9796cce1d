"""What a dataset was ever made of, directly or not, asked of the store in one query."""

from __future__ import annotations

from sqlalchemy import Select, Table, bindparam, cast, select

__all__ = ["upstream"]


def upstream(origins: Table) -> Select[tuple[str]]:
    """The UUIDs of a dataset (bound as ``uuid``) and of all that it was made of. ``origins`` has a column ``target_uuid``, and one
    ``source_uuid``."""
    made = origins.c
    # PostgreSQL asks for the very type of what is joined to it.
    up = select(cast(bindparam("uuid"), made.source_uuid.type).label("uuid")).cte("up", recursive=True)
    up = up.union(select(made.source_uuid).where(made.target_uuid == up.c.uuid))
    return select(up.c.uuid)
