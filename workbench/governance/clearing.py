"""A person says that an inherited tag does not fit a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.catalog.index.text import fold
from workbench.catalog.labels import keep_edit
from workbench.core.clock import iso, now
from workbench.core.errors import ColumnNotFound, InvalidInput, NotFound, nearest
from workbench.governance.records import InheritedTag
from workbench.store.tables import cleared_tags
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.core.principals import Principal
    from workbench.core.refs import DatasetRef
    from workbench.governance.inherited import Inherited
    from workbench.runs.log import RunLog

__all__ = ["clear", "listed"]

_LONGEST = 1_000  # characters


def listed(inherited: Inherited, columns: Mapping[str, int]) -> tuple[InheritedTag, ...]:
    """What columns (field ids by name) inherit, by column and tag."""
    return tuple(
        InheritedTag(column=name, tag=tag, source=source.dataset, source_column=source.column)
        for name, field in columns.items()
        for tag, source in sorted(inherited.at(field).items())
    )


def clear(
    log: RunLog, ref: DatasetRef, columns: Mapping[str, int], inherited: Inherited, column: str, tag: str, reason: str, who: Principal
) -> None:
    """Take an inherited tag from a column, with the reason: a run, and an edit in the dataset's history. It does not come back with another
    source; who wants it there puts it on the column herself.

    Raises
    ------
    ColumnNotFound, NotFound, InvalidInput
        There is no such column, it does not inherit the tag, or the reason is empty or longer than 1,000 characters.
    """
    why = " ".join(reason.split())
    if not why or len(why) > _LONGEST:
        raise InvalidInput(f"A reason has between 1 and {_LONGEST:,} characters.", fix="Say why the column holds nothing of it any more.")
    if column not in columns:
        close = nearest(column, columns)
        raise ColumnNotFound(
            f"{ref.name} has no column {column!r}.", fix=f"Did you mean {close!r}?" if close else f"It has: {', '.join(columns)}."
        )
    tags = inherited.at(columns[column])
    if fold(tag.strip()) not in tags:
        known = (
            f"It inherits: {', '.join(sorted(tags))}."
            if tags
            else "It inherits none; a tag of its own is taken away with `workbench catalog untag`."
        )
        raise NotFound(f"{column} inherits no tag {tag!r}.", fix=known)
    with log.store.write(durable=True) as conn, log.run("describe", f"clear inherited tag {ref.name}", who) as run:
        row = {"table_uuid": ref.table_uuid, "field_id": columns[column], "folded": fold(tag.strip())}
        insert_if_absent(conn, cleared_tags, row | {"reason": why, "at": iso(now()), "by": who.name})
        log.append(conn, run.id, "dataset.untagged", table_uuid=ref.table_uuid, name=ref.name, column=column, tag=tag.strip())
        keep_edit(conn, run.id, who.name, ref.table_uuid, "inherited tag", column, tag.strip(), f"cleared: {why}")
