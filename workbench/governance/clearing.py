"""A person says that an inherited tag, or an inherited mask, does not fit a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.catalog.index.text import fold
from workbench.catalog.labels import keep_edit
from workbench.core.clock import iso, now
from workbench.core.errors import ColumnNotFound, InvalidInput, NotFound, nearest
from workbench.governance.changed import access_changed
from workbench.governance.records import InheritedTag
from workbench.store.tables import cleared_masks, cleared_tags
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.core.principals import Principal
    from workbench.core.refs import DatasetRef
    from workbench.governance.inherited import Inherited
    from workbench.runs.log import RunLog

__all__ = ["Clearing", "clear", "listed"]

_LONGEST = 1_000  # characters


def listed(tags: Inherited, masks: Inherited, columns: Mapping[str, int]) -> tuple[InheritedTag, ...]:
    """What columns (field ids by name) inherit, by column: tags, then rules that mask them."""
    found = []
    for name, field in columns.items():
        for tag, source in sorted(tags.at(field).items()):
            found.append(InheritedTag(column=name, tag=tag, source=source.dataset, source_column=source.column))
        for rule, source in sorted(masks.at(field).items()):
            found.append(InheritedTag(column=name, rule=rule, source=source.dataset, source_column=source.column))
    return tuple(found)


@dataclass(frozen=True)
class Clearing:
    """What is to be cleared of a dataset's columns (field ids by name): a ``tag``, or the mask of a ``rule``; one of the two is given.
    ``inherited`` are those of the same kind."""

    ref: DatasetRef
    columns: Mapping[str, int]
    inherited: Inherited
    tag: str | None
    rule: str | None

    @property
    def key(self) -> str:
        """By what it is inherited."""
        return fold(self.tag.strip()) if self.tag is not None else str(self.rule)


def clear(log: RunLog, what: Clearing, column: str, reason: str, who: Principal) -> None:
    """Take an inherited tag, or the mask of a rule that is inherited, from a column, with the reason: a run, and an edit in the dataset's
    history. It does not come back with another source; who wants it there puts it on the column herself.

    Raises
    ------
    ColumnNotFound, NotFound, InvalidInput
        There is no such column, it does not inherit that, or the reason is empty or longer than 1,000 characters.
    """
    why = " ".join(reason.split())
    if not why or len(why) > _LONGEST:
        raise InvalidInput(f"A reason has between 1 and {_LONGEST:,} characters.", fix="Say why the column holds nothing of it any more.")
    _check_inherits(what, column)
    ref, field = what.ref, what.columns[column]
    kind, called = ("tag", what.tag.strip()) if what.tag is not None else ("mask", what.key)
    with log.store.write(durable=True, act=True) as conn, log.run("describe", f"clear inherited {kind} {ref.name}", who) as run:
        said = {"table_uuid": ref.table_uuid, "field_id": field, "reason": why, "at": iso(now()), "by": who.name}
        if what.tag is not None:
            insert_if_absent(conn, cleared_tags, said | {"folded": what.key})
            log.append(conn, run.id, "dataset.untagged", table_uuid=ref.table_uuid, name=ref.name, column=column, tag=called)
        else:
            insert_if_absent(conn, cleared_masks, said | {"rule": what.key})
            log.append(conn, run.id, "dataset.described", table_uuid=ref.table_uuid, name=ref.name)
        keep_edit(conn, run.id, who.name, ref.table_uuid, f"inherited {kind}", column, called, f"cleared: {why}")
        access_changed(log, conn, f"clear inherited {kind} {ref.name}", who)


def _check_inherits(what: Clearing, column: str) -> None:
    if column not in what.columns:
        close = nearest(column, what.columns)
        raise ColumnNotFound(
            f"{what.ref.name} has no column {column!r}.", fix=f"Did you mean {close!r}?" if close else f"It has: {', '.join(what.columns)}."
        )
    there = what.inherited.at(what.columns[column])
    if what.key in there:
        return
    if there:
        known = f"It inherits: {', '.join(sorted(there))}."
    elif what.tag is not None:
        known = "It inherits none; a tag of its own is taken away with `workbench catalog untag`."
    else:
        known = "It inherits none; a rule that names the column itself is changed in the policy."
    raise NotFound(f"{column} inherits no {f'tag {what.tag!r}' if what.tag is not None else f'mask of a rule {what.rule!r}'}.", fix=known)
