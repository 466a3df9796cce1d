"""Findings in the metadata store, with what people said of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select, update

from workbench.catalog.index.text import fold
from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import NotFound
from workbench.core.ids import new_id
from workbench.quality.personal.records import Finding, FindingState, Found
from workbench.store.tables import catalog_tags, personal_findings

if TYPE_CHECKING:
    from workbench.core.principals import Principal
    from workbench.core.refs import DatasetRef
    from workbench.quality.personal.looking import FoundIn
    from workbench.quality.scanning import SourceColumn
    from workbench.store.store import Store

__all__ = ["KeptFindings", "Place"]

#: A column: its dataset's UUID, its field id.
Place = tuple[str, int]

_SURER = 0.15  # a confidence that has grown by so much is another column's


class KeptFindings:
    """One row a column and tag: the last that was found, and what was said of it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @staticmethod
    def keep(conn: Connection, ref: DatasetRef, found: Iterable[FoundIn], run_id: str, news: bool = False) -> None:
        """What was found in a dataset takes the place of what was proposed before; with ``news`` it is about columns that were not there
        before, and joins that. What people have decided stays, unless a rejected column has changed since: its type, its name, or how
        sure the finding is."""
        t, moment = personal_findings, iso(now())
        rows = {(row.field_id, row.tag): row for row in conn.execute(select(t).where(t.c.table_uuid == ref.table_uuid))}
        tagged = {(row.field_id, row.folded) for row in conn.execute(select(catalog_tags).where(_of(ref)))}
        if not news:
            conn.execute(delete(t).where(t.c.table_uuid == ref.table_uuid, t.c.state == "proposed"))
        for column, one in found:
            if (column.field_id, fold(one.tag)) in tagged:
                continue
            known = rows.get((column.field_id, one.tag))
            if known is not None and known.state != "proposed":
                if known.state == "rejected" and not _changed(known, column, one):
                    continue
            elif known is not None and news and known.confidence > one.confidence:
                continue  # of a column that has got further fields; its other rows speak for it more
            if known is not None:
                conn.execute(delete(t).where(t.c.id == known.id))
            identifier = known.id if known is not None and known.state == "proposed" else new_id()
            where = {"id": identifier, "table_uuid": ref.table_uuid, "field_id": column.field_id, "dataset": ref.name}
            what = one.model_dump() | {"column": column.name, "type": column.type}
            conn.execute(insert(t).values(**where, **what, state="proposed", found_at=moment, run_id=run_id))

    def list(self, names: Mapping[str, str], state: FindingState = "proposed") -> tuple[Finding, ...]:
        """Findings, surest first, of datasets by their UUID; ``names`` say what they are called today, where one was renamed since."""
        t = personal_findings
        with self._store.read() as conn:
            rows = conn.execute(select(t).where(t.c.state == state)).all()
        chosen = [_finding(row).model_copy(update={"dataset": names[row.table_uuid]}) for row in rows if row.table_uuid in names]
        return tuple(sorted(chosen, key=lambda one: (-one.confidence, one.dataset, one.column, one.tag)))

    def proposed_by(self, run_id: str, table_uuid: str) -> tuple[tuple[str, str], ...]:
        """What a run proposed of a dataset and waits: columns as they are called there, in their order, each with a tag."""
        t = personal_findings
        mine = (t.c.table_uuid == table_uuid) & (t.c.run_id == run_id) & (t.c.state == "proposed")
        with self._store.read() as conn:
            rows = conn.execute(select(t.c.column, t.c.tag).where(mine).order_by(t.c.field_id, t.c.tag)).all()
        return tuple((row.column, row.tag) for row in rows)

    def get(self, ids: Sequence[str]) -> tuple[tuple[Finding, Place], ...]:
        """Findings by their ids, in that order, with the column that each is about.

        Raises
        ------
        NotFound
            There is none of an id.
        """
        with self._store.read() as conn:
            rows = [_one(conn, identifier) for identifier in dict.fromkeys(ids)]
        return tuple((_finding(row), (row.table_uuid, row.field_id)) for row in rows)

    def decide(self, identifier: str, state: FindingState, by: Principal, note: str = "") -> Finding:
        """Keep what a person says of a finding."""
        t = personal_findings
        said = {"state": state, "decided_at": iso(now()), "decided_by": by.name, "note": note or None}
        with self._store.write(act=True) as conn:
            conn.execute(update(t).where(t.c.id == _one(conn, identifier).id).values(**said))
            return _finding(_one(conn, identifier))


def _of(ref: DatasetRef) -> Any:
    return catalog_tags.c.table_uuid == ref.table_uuid


def _one(conn: Connection, identifier: str) -> Any:
    row = conn.execute(select(personal_findings).where(personal_findings.c.id == identifier)).one_or_none()
    if row is None:
        raise NotFound(f"There is no finding {identifier!r}.", fix="`workbench compliance findings` lists them with their ids.")
    return row


def _changed(known: Any, column: SourceColumn, one: Found) -> bool:
    return bool(known.type != column.type or known.column != column.name or one.confidence >= known.confidence + _SURER)


def _finding(row: Any) -> Finding:
    facts = {name: getattr(row, name) for name in Finding.model_fields if name not in ("found_at", "decided_at")}
    return Finding(**facts, found_at=from_iso(row.found_at), decided_at=from_iso(row.decided_at) if row.decided_at else None)
