"""A person says that what was made of filtered rows may be seen as a whole, or takes that back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import delete

from workbench.catalog.labels import keep_edit
from workbench.core.clock import iso, now
from workbench.core.errors import InvalidInput, NotFound
from workbench.governance.changed import access_changed
from workbench.governance.policy.decide import filters_from
from workbench.governance.policy.report import row_filter
from workbench.governance.records import RowSource
from workbench.governance.row_inheritance import MadeOf, made_of, origins_of
from workbench.store.tables import released_rows
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from workbench.core.principals import Principal
    from workbench.core.refs import DatasetRef
    from workbench.governance.policy.records import Policy
    from workbench.runs.log import RunLog
    from workbench.store import Store

__all__ = ["listed", "release", "withdraw"]

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
    meant = _meant(log, ref, columns, source)
    with _edit(log, "release", ref, who) as (conn, run_id):
        for one in meant:
            row = {"table_uuid": ref.table_uuid, "source_uuid": one.table_uuid, "reason": why, "at": iso(now()), "by": who.name}
            insert_if_absent(conn, released_rows, row)
        keep_edit(conn, run_id, who.name, ref.table_uuid, "row filters", None, meant[0].name, f"released: {why}")


def withdraw(log: RunLog, ref: DatasetRef, columns: Mapping[str, int], source: str, who: Principal) -> None:
    """Take a release back: from the next request on the source's row filters hold again, as if there had been none. Whoever saw the rows
    meanwhile may have copied them: what was made of the dataset through its own rows is held by the same filters again, too.

    Raises
    ------
    NotFound
        The rows were not made of that source's, or nobody has released them.
    """
    meant = [one for one in _meant(log, ref, columns, source) if one.released_by is not None]
    if not meant:
        raise NotFound(
            f"The rows of {source.strip()} in {ref.name} are not released.", fix="`workbench compliance row-sources` tells whose are."
        )
    t = released_rows.c
    with _edit(log, "withdraw", ref, who) as (conn, run_id):
        for one in meant:
            conn.execute(delete(released_rows).where(t.table_uuid == ref.table_uuid, t.source_uuid == one.table_uuid))
        keep_edit(conn, run_id, who.name, ref.table_uuid, "row filters", None, f"released: {meant[0].reason}", meant[0].name)


def _meant(log: RunLog, ref: DatasetRef, columns: Mapping[str, int], source: str) -> list[MadeOf]:
    with log.store.read() as conn:
        found = made_of(conn, ref.table_uuid, [(field, name) for name, field in columns.items()])
    meant = [one for one in found if one.name.casefold() == source.strip().casefold()]
    if not meant:
        known = f"They were made of: {', '.join(one.name for one in found)}." if found else "They were made of no other dataset's."
        raise NotFound(f"The rows of {ref.name} were not made of those of {source!r}.", fix=known)
    return meant


@contextmanager
def _edit(log: RunLog, kind: str, ref: DatasetRef, who: Principal) -> Iterator[tuple[Connection, str]]:
    with log.store.write(durable=True, act=True) as conn, log.run("describe", f"{kind} rows {ref.name}", who) as run:
        yield conn, run.id
        log.append(conn, run.id, "dataset.described", table_uuid=ref.table_uuid, name=ref.name)
        access_changed(log, conn, f"{kind} rows {ref.name}", who)
