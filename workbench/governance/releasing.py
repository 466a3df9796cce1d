"""A person says that what was made of filtered rows may be seen as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.catalog.labels import keep_edit
from workbench.core.clock import iso, now
from workbench.core.errors import InvalidInput, NotFound
from workbench.governance.policy.decide import filters_from
from workbench.governance.policy.report import row_filter
from workbench.governance.records import RowSource
from workbench.governance.row_inheritance import made_of, origins_of
from workbench.store.tables import released_rows
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.core.principals import Principal
    from workbench.core.refs import DatasetRef
    from workbench.governance.policy.records import Policy
    from workbench.runs.log import RunLog
    from workbench.store import Store

__all__ = ["listed", "release"]

_LONGEST = 1_000  # characters


def listed(store: Store, policy: Policy, ref: DatasetRef, columns: Mapping[str, int]) -> tuple[RowSource, ...]:
    """What the rows of a dataset with these columns (field ids by name) were made of, directly, and what holds of it there by a policy."""
    named = [(field, name) for name, field in columns.items()]
    with store.read() as conn:
        found = made_of(conn, ref.table_uuid, named)
        holding = {origin.source.table_uuid: origin for origin in origins_of(conn, ref.table_uuid, named)}
    return tuple(
        RowSource(
            source=one.name,
            columns=dict(one.kept),
            filters=tuple(map(row_filter, filters_from(policy, holding[one.table_uuid]))) if one.table_uuid in holding else (),
            released_by=one.released_by,
            reason=one.reason,
        )
        for one in found
    )


def release(log: RunLog, ref: DatasetRef, columns: Mapping[str, int], source: str, reason: str, who: Principal) -> None:
    """Lift the row filters of a source, and those that it has from its own sources, from what was made of it, with the reason: a run, and
    an edit in the dataset's history. It holds for what is written from there later, too, and is handed on to what is made of the dataset.

    Raises
    ------
    NotFound, InvalidInput
        The rows were not made of that source's, or the reason is empty or longer than 1,000 characters.
    """
    why = " ".join(reason.split())
    if not why or len(why) > _LONGEST:
        raise InvalidInput(
            f"A reason has between 1 and {_LONGEST:,} characters.", fix="Say why everybody who may read it may see all its rows."
        )
    with log.store.read() as conn:
        found = made_of(conn, ref.table_uuid, [(field, name) for name, field in columns.items()])
    meant = [one for one in found if one.name.casefold() == source.strip().casefold()]
    if not meant:
        known = f"They were made of: {', '.join(one.name for one in found)}." if found else "They were made of no other dataset's."
        raise NotFound(f"The rows of {ref.name} were not made of those of {source!r}.", fix=known)
    with log.store.write(durable=True) as conn, log.run("describe", f"release rows {ref.name}", who) as run:
        for one in meant:
            row = {"table_uuid": ref.table_uuid, "source_uuid": one.table_uuid, "reason": why, "at": iso(now()), "by": who.name}
            insert_if_absent(conn, released_rows, row)
        log.append(conn, run.id, "dataset.described", table_uuid=ref.table_uuid, name=ref.name)
        keep_edit(conn, run.id, who.name, ref.table_uuid, "row filters", None, meant[0].name, f"released: {why}")
