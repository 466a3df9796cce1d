"""What people say about datasets, columns and words: descriptions, owners, tags, the glossary. Each edit is a run, and kept with who,
when and what stood there before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from workbench.catalog.index.text import fold
from workbench.catalog.named import WHOLE, by_name, take_by_name
from workbench.catalog.records import Edit, TagUse, Term, TermLink
from workbench.catalog.views import view_uuid
from workbench.core.batches import batched
from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import AlreadyExists, ColumnNotFound, DatasetNotFound, InvalidInput, InvalidName, NotFound, nearest
from workbench.core.ids import new_id
from workbench.core.principals import Principal, local_principal
from workbench.core.refs import DatasetRef
from workbench.store.tables import (
    catalog_edits,
    catalog_tags,
    column_meta,
    dataset_facts,
    dropped_datasets,
    glossary_links,
    glossary_terms,
    iceberg_tables,
    named_tags,
    views,
)
from workbench.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from workbench.catalog.service import CatalogService
    from workbench.runs.log import RunLog
    from workbench.store.store import Store

__all__ = ["Labels", "keep_edit"]

Who = Principal | str | None
_LONGEST = {"tag": 60, "term": 100, "definition": 20_000, "description": 5_000}  # characters


class Labels:
    """Tags of datasets and columns, what columns hold, and the glossary.

    Columns are known by their Iceberg field id: a rename keeps what was said.
    """

    def __init__(self, store: Store, log: RunLog, catalog: CatalogService) -> None:
        self._store = store
        self._log = log
        self._catalog = catalog

    def tag(self, name: str, tag: str, column: str | None = None, principal: Who = None) -> DatasetRef:
        """Put a tag on a dataset, or on one of its columns; one that is there stays. Policies are about tags, also of what is made of a
        column: everybody is told that access changed, and not where.

        Raises
        ------
        DatasetNotFound, InvalidName, ColumnNotFound, InvalidInput
            There is no such dataset or column, or the tag is empty or longer than 60 characters.
        """
        text = _checked("tag", tag)
        ref, field = self._target(name, column)
        with self._edit("tag", ref.name, principal) as (conn, run_id, who):
            row = {"table_uuid": ref.table_uuid, "field_id": field, "folded": fold(text)}
            # By name, too: what is made anew under it is no less what was tagged.
            insert_if_absent(conn, named_tags, {"dataset": ref.name, "column": column or "", "folded": fold(text)})
            if insert_if_absent(conn, catalog_tags, row | {"tag": text, "at": iso(now()), "by": who}):
                self._log.append(conn, run_id, "dataset.tagged", table_uuid=ref.table_uuid, name=ref.name, column=column, tag=text)
                self._log.append(conn, run_id, "access.changed")
                keep_edit(conn, run_id, who, ref.table_uuid, "tag", column, None, text)
        return ref

    def untag(self, name: str, tag: str, column: str | None = None, principal: Who = None) -> DatasetRef:
        """Take a tag away, by whatever name of the column's or the dataset's it holds. What else it held for by one of these names (another
        dataset that has taken it, a column that has) has it as its own from then on.

        Raises
        ------
        DatasetNotFound, InvalidName, ColumnNotFound, NotFound
            There is no such dataset, column or tag on it.
        """
        ref, field = self._target(name, column)
        here = _all(catalog_tags, table_uuid=ref.table_uuid, field_id=field)
        with self._edit("untag", ref.name, principal) as (conn, run_id, who):
            info = self._catalog.info(ref.name)
            there = dict(conn.execute(select(catalog_tags.c.folded, catalog_tags.c.tag).where(here)).tuples().all())
            there |= by_name(conn, [info]).get(info.table_uuid, {}).get(field, {})
            text = there.get(fold(tag.strip()))
            if text is None:
                known = f"It has: {', '.join(sorted(there.values()))}." if there else "It has none."
                raise NotFound(f"{column or ref.name} has no tag {tag!r}.", fix=known)
            conn.execute(delete(catalog_tags).where(here, catalog_tags.c.folded == fold(text)))
            self._log.append(conn, run_id, "dataset.untagged", table_uuid=ref.table_uuid, name=ref.name, column=column, tag=text)
            for uuid, its in sorted(take_by_name(conn, self._catalog.tables, info, field, fold(text))):
                row = {"table_uuid": uuid, "field_id": its, "folded": fold(text), "tag": text, "at": iso(now()), "by": who}
                insert_if_absent(conn, catalog_tags, row)
            self._log.append(conn, run_id, "access.changed")
            keep_edit(conn, run_id, who, ref.table_uuid, "tag", column, text, None)
        return ref

    def tags(self, counts_here: Callable[[str, int], bool] | None = None) -> tuple[TagUse, ...]:
        """Every tag with how many datasets and columns have it, most used first; of those only where ``counts_here``, by table UUID and
        field id, is true."""
        said, counts = catalog_tags.c, dict[str, tuple[str, list[int]]]()
        infos = self._catalog.tables.all()
        with self._store.read() as conn:
            if counts_here is not None:
                for uuid, field, folded, tag in conn.execute(
                    select(said.table_uuid, said.field_id, said.folded, said.tag).order_by(said.tag)
                ):
                    if counts_here(uuid, field):
                        counts.setdefault(folded, (tag, [0, 0]))[1][field != WHOLE] += 1
            else:
                there = said.table_uuid.in_(select(dataset_facts.c.table_uuid)) & said.table_uuid.not_in(
                    select(dropped_datasets.c.table_uuid)
                )
                for which, here in enumerate((said.field_id == WHOLE, said.field_id != WHOLE)):
                    query = select(said.folded, func.min(said.tag), func.count()).where(here, there).group_by(said.folded)
                    for folded, tag, count in conn.execute(query):
                        counts.setdefault(folded, (tag, [0, 0]))[1][which] = count
            for uuid, held in by_name(conn, infos).items():
                for field, tags in held.items():
                    for folded, tag in tags.items() if counts_here is None or counts_here(uuid, field) else ():
                        counts.setdefault(folded, (tag, [0, 0]))[1][field != WHOLE] += 1
        uses = (TagUse(tag=tag, datasets=some, columns=others) for tag, (some, others) in counts.values())
        return tuple(sorted(uses, key=lambda use: (-use.datasets - use.columns, use.tag)))

    def describe_column(self, name: str, column: str, description: str, principal: Who = None, parent_id: str | None = None) -> DatasetRef:
        """Say what a column holds (Markdown), in the place of what its file says of it; empty text takes that away. ``parent_id`` is the
        run that it is a part of.

        Raises
        ------
        DatasetNotFound, InvalidName, ColumnNotFound, InvalidInput
            There is no such dataset or column, or the text is longer than 5,000 characters.
        """
        text = _checked("description", description) if description.strip() else ""
        ref, field = self._target(name, column)
        here = _all(column_meta, table_uuid=ref.table_uuid, field_id=field)
        with self._edit("describe", f"{ref.name}.{column}", principal, parent_id) as (conn, run_id, who):
            before = conn.execute(select(column_meta.c.description).where(here)).scalar() or ""
            if text != before:
                conn.execute(delete(column_meta).where(here))
                if text:
                    conn.execute(insert(column_meta).values(table_uuid=ref.table_uuid, field_id=field, description=text))
                said = {"table_uuid": ref.table_uuid, "name": ref.name, "column": column, "description": text}
                self._log.append(conn, run_id, "dataset.described", **said)
                keep_edit(conn, run_id, who, ref.table_uuid, "description", column, before or None, text or None)
        return ref

    # --------------------------------------------------------------------------------------------------------- glossary

    def terms(self) -> tuple[Term, ...]:
        """The glossary, by alphabet."""
        with self._store.read() as conn:
            rows = conn.execute(select(glossary_terms)).all()
            links = conn.execute(select(glossary_links)).all()
        infos = {info.table_uuid: info for info in self._catalog.tables.all()} if links else {}
        found: dict[str, list[TermLink]] = {}
        for link in links:
            info = infos.get(link.table_uuid)
            column = next((each[1] for each in info.columns if each[0] == link.field_id), None) if info else None
            if info is not None and (column is not None or link.field_id == WHOLE):
                found.setdefault(link.term_id, []).append(TermLink(dataset=info.name, column=column))
        return tuple(sorted((_term(row, found.get(row.id, [])) for row in rows), key=lambda term: (fold(term.name), term.name)))

    def define(self, term: str, definition: str, new_name: str | None = None, principal: Who = None) -> Term:
        """Add a term to the glossary, or change its definition (Markdown) or its name.

        Raises
        ------
        InvalidInput, AlreadyExists, NotFound
            A text is empty or too long, another term has the new name, or there is none to give a new name to.
        """
        name, text = _checked("term", term), _checked("definition", definition)
        renamed = _checked("term", new_name) if new_name is not None else name
        with self._edit("define", name, principal) as (conn, run_id, who):
            old = self._found(conn, name)
            if old is None and new_name is not None:
                raise self._no_term(conn, name)
            if old is None or fold(renamed) != old.folded:
                other = self._found(conn, renamed)
                if other is not None:
                    raise AlreadyExists(f"There is a term {other.name!r}.", fix="Change that one, or take another name.")
            called = renamed if new_name or old is None else old.name
            values = {"name": called, "folded": fold(called), "definition": text, "changed_at": iso(now()), "changed_by": who}
            identifier = old.id if old is not None else new_id()
            if old is None:
                conn.execute(insert(glossary_terms).values(id=identifier, **values))
            else:
                conn.execute(update(glossary_terms).where(glossary_terms.c.id == identifier).values(**values))
                if called != old.name:
                    keep_edit(conn, run_id, who, identifier, "name", None, old.name, called)
            keep_edit(conn, run_id, who, identifier, "definition", None, old.definition if old is not None else None, text)
            self._log.append(conn, run_id, "term.defined", term=identifier, name=called, tables=self._linked(conn, identifier))
        return self._term(called)

    def remove(self, term: str, principal: Who = None) -> Term:
        """Delete a term and its links; its history stays.

        Raises
        ------
        NotFound
            There is none of that name.
        """
        gone = self._term(term)
        with self._edit("delete term", gone.name, principal) as (conn, run_id, who):
            row = self._found(conn, term)
            if row is None:
                raise self._no_term(conn, term)
            tables = self._linked(conn, row.id)
            conn.execute(delete(glossary_links).where(glossary_links.c.term_id == row.id))
            conn.execute(delete(glossary_terms).where(glossary_terms.c.id == row.id))
            keep_edit(conn, run_id, who, row.id, "definition", None, row.definition, None)
            self._log.append(conn, run_id, "term.deleted", term=row.id, name=row.name, tables=tables)
        return gone

    def link(self, name: str, term: str, column: str | None = None, principal: Who = None) -> Term:
        """Say that a dataset, or one of its columns, is what a term means. The term first is understood where nothing else can be meant.

        Raises
        ------
        NotFound, DatasetNotFound, InvalidName, ColumnNotFound
            There is no such term, dataset or column.
        """
        return self._change_link(name, term, column, principal, add=True)

    def unlink(self, name: str, term: str, column: str | None = None, principal: Who = None) -> Term:
        """Take a link away; see :meth:`link`.

        Raises
        ------
        NotFound, DatasetNotFound, InvalidName, ColumnNotFound
            There is no such term, dataset, column or link.
        """
        return self._change_link(name, term, column, principal, add=False)

    def _change_link(self, name: str, term: str, column: str | None, principal: Who, *, add: bool) -> Term:
        name, term = self._dataset_first(name, term)
        ref, field = self._target(name, column)
        with self._edit("link" if add else "unlink", ref.name, principal) as (conn, run_id, who):
            row = self._found(conn, term)
            if row is None:
                raise self._no_term(conn, term)
            key = {"term_id": row.id, "table_uuid": ref.table_uuid, "field_id": field}
            if add:
                changed = insert_if_absent(conn, glossary_links, key)
            else:
                changed = conn.execute(delete(glossary_links).where(_all(glossary_links, **key))).rowcount > 0
                if not changed:
                    raise NotFound(f"{column or ref.name} is not linked to {row.name!r}.", fix="`workbench catalog terms` shows what is.")
            if changed:
                type_ = "dataset.linked" if add else "dataset.unlinked"
                self._log.append(conn, run_id, type_, table_uuid=ref.table_uuid, name=ref.name, column=column, term=row.name)
                before, after = (None, row.name) if add else (row.name, None)
                keep_edit(conn, run_id, who, ref.table_uuid, "term", column, before, after)
        return self._term(term)

    # ---------------------------------------------------------------------------------------------------------- history

    def edits(self, name: str | None = None, term: str | None = None, limit: int = 100) -> tuple[Edit, ...]:
        """What was said of a dataset or of a term, and by whom, newest first; without either, of all.

        Raises
        ------
        DatasetNotFound, InvalidName, NotFound
            There is no such dataset or term, or the name fits several.
        """
        query = select(catalog_edits).order_by(catalog_edits.c.id.desc()).limit(limit)
        with self._store.read() as conn:
            if term is not None:
                row = self._found(conn, term)
                if row is None:
                    raise self._no_term(conn, term)
                query = query.where(catalog_edits.c.subject == row.id)
        if name is not None:
            query = query.where(catalog_edits.c.subject == self._catalog.resolve(name).table_uuid)
        with self._store.read() as conn:
            rows = conn.execute(query).all()
            called = _called(conn, {row.subject for row in rows})
            if any(row.subject not in called for row in rows):
                called |= {view_uuid(each): each for each in conn.execute(select(views.c.name).distinct()).scalars()}
        return tuple(_edit(row, called.get(row.subject, "")) for row in rows)

    # ----------------------------------------------------------------------------------------------------------- within

    @contextmanager
    def _edit(self, kind: str, about: str, principal: Who, parent_id: str | None = None) -> Iterator[tuple[Connection, str, str]]:
        by = principal or local_principal()
        who = by if isinstance(by, str) else by.name
        with self._store.write(act=True) as conn, self._log.run("describe", f"{kind} {about}", by, parent_id=parent_id) as run:
            yield conn, run.id, who

    def _target(self, name: str, column: str | None) -> tuple[DatasetRef, int]:
        ref = self._catalog.resolve(name)
        if column is None:
            return ref, WHOLE
        fields = {each[1]: each[0] for each in self._catalog.info(ref.name).columns}
        if column not in fields:
            close = nearest(column, fields)
            raise ColumnNotFound(
                f"{ref.name} has no column {column!r}.", fix=f"Did you mean {close!r}?" if close else f"It has: {', '.join(fields)}."
            )
        return ref, fields[column]

    def _dataset_first(self, name: str, term: str) -> tuple[str, str]:
        """As they were given; the other way round where no dataset is called as the first, but a term is, and a dataset as the second."""
        try:
            self._catalog.resolve(name)
        except (DatasetNotFound, InvalidName):
            with self._store.read() as conn:
                turned = self._found(conn, name) is not None
            with suppress(DatasetNotFound, InvalidName):
                return (self._catalog.resolve(term).name, name) if turned else (name, term)
        return name, term

    def _term(self, name: str) -> Term:
        found = next((term for term in self.terms() if fold(term.name) == fold(name.strip())), None)
        if found is None:
            with self._store.read() as conn:
                raise self._no_term(conn, name)
        return found

    @staticmethod
    def _found(conn: Connection, name: str) -> Any:
        return conn.execute(select(glossary_terms).where(glossary_terms.c.folded == fold(name.strip()))).one_or_none()

    @staticmethod
    def _no_term(conn: Connection, name: str) -> NotFound:
        close = nearest(name, list(conn.execute(select(glossary_terms.c.name)).scalars()))
        return NotFound(f"There is no term {name!r}.", fix=f"Did you mean {close!r}?" if close else "`workbench catalog terms` lists them.")

    @staticmethod
    def _linked(conn: Connection, term_id: str) -> list[str]:
        query = select(glossary_links.c.table_uuid).where(glossary_links.c.term_id == term_id).distinct()
        return sorted(conn.execute(query).scalars())


def keep_edit(
    conn: Connection, run_id: str, who: str, subject: str, what: str, column: str | None, before: str | None, after: str | None
) -> None:
    """Keep one edit of a dataset (by UUID) or a term (by id), inside the transaction that makes it; one that changes nothing is none."""
    if before != after:
        row = {"id": new_id(), "at": iso(now()), "by": who, "run_id": run_id, "subject": subject, "what": what}
        conn.execute(insert(catalog_edits).values(row | {"column": column, "before": before, "after": after}))


def _checked(what: str, text: str) -> str:
    """The text without what surrounds it."""
    found = text.strip() if what in ("definition", "description") else " ".join(text.split())
    if not found or len(found) > _LONGEST[what]:
        fix = "Write something shorter." if found else "Write something."
        raise InvalidInput(f"A {what} has between 1 and {_LONGEST[what]:,} characters.", fix=fix)
    if what == "term" and found in (".", ".."):
        raise InvalidInput(f"{found!r} is no term: as a part of an address it means another place.", fix="Write a word.")
    return found


def _all(table: Any, **values: object) -> Any:
    return and_(*(table.c[key] == value for key, value in values.items()))


def _term(row: Any, links: list[TermLink]) -> Term:
    ordered = tuple(sorted(links, key=lambda link: (link.dataset, link.column or "")))
    return Term(name=row.name, definition=row.definition, changed_at=from_iso(row.changed_at), changed_by=row.changed_by, links=ordered)


def _called(conn: Connection, subjects: Collection[str]) -> dict[str, str]:
    """What datasets (by UUID) and terms (by id) are called that are there."""
    tables = iceberg_tables.join(dataset_facts, dataset_facts.c.metadata_location == iceberg_tables.c.metadata_location)
    names = select(dataset_facts.c.table_uuid, iceberg_tables.c.table_namespace + "." + iceberg_tables.c.table_name).select_from(tables)
    terms = select(glossary_terms.c.id, glossary_terms.c.name)
    found: dict[str, str] = {}
    for part in batched(sorted(subjects)):
        for query in (names.where(dataset_facts.c.table_uuid.in_(part)), terms.where(glossary_terms.c.id.in_(part))):
            found |= dict(conn.execute(query).tuples().all())
    return found


def _edit(row: Any, of: str) -> Edit:
    said = {"of": of, "what": row.what, "column": row.column, "before": row.before, "after": row.after}
    return Edit(at=from_iso(row.at), by=row.by, run_id=row.run_id, **said)
