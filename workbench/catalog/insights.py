"""What a person should look at: asked of all datasets' figures at once, or found out about one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, select

from workbench.catalog.figures import full_name
from workbench.catalog.records import Companion, Insight, InsightKind, Statistics, ZoneStatistics
from workbench.catalog.said import Said
from workbench.core.batches import batched
from workbench.core.clock import iso, now
from workbench.lake.records import TableInfo
from workbench.store.tables import dataset_figures, dataset_meta, personal_findings

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["STALE_DAYS", "About", "in_small_files", "insights", "likely_personal", "recommendations", "statistics"]

STALE_DAYS = 90
_SMALL_FILE, _MANY_FILES = 8 * 2**20, 50  # bytes, files
_FEWEST_COLUMNS = 3  # of datasets that are taken for copies of each other because all their columns are alike
_FAILING = 0.5  # a score below it

_FIXES: dict[InsightKind, str] = {
    "undocumented": "Describe what is in them: workbench datasets describe NAME.",
    "unowned": "Say who answers for them: workbench datasets describe NAME --owner WHO.",
    "stale": "See whether what feeds them still runs.",
    "unused": "Drop what nobody needs; a drop can be undone.",
    "failing quality": "Look at the failing rows.",
    "personal data": "Confirm or reject what seems to be some: workbench compliance findings.",
    "small files": "Make them larger: workbench datasets compact NAME.",
    "duplicate": "Keep one, or say how they differ.",
}
_F = dataset_figures.c
_SMALL = and_(_F.files >= _MANY_FILES, _F.bytes < _F.files * _SMALL_FILE)


def in_small_files(files: int, bytes: int) -> bool:
    """Whether rows that lie in so many files had better lie in fewer; as ``_SMALL`` asks of all datasets."""
    return files >= _MANY_FILES and bytes < files * _SMALL_FILE


def _lacks(what: Any) -> ColumnElement[bool]:
    return ~exists().where(dataset_meta.c.table_uuid == _F.table_uuid, what != "")


def _proposed() -> ColumnElement[bool]:
    t = personal_findings.c
    return exists().where(t.table_uuid == _F.table_uuid, t.state == "proposed")


# ------------------------------------------------------------------------------------------------------------ of all


def insights(conn: Connection, read: Mapping[str, datetime], scores: Mapping[str, float], limit: int) -> tuple[Insight, ...]:
    """One insight a kind and, for copies, one a group of datasets; those about most datasets first. ``limit`` bounds how many datasets
    each names.

    Parameters
    ----------
    conn
        A connection on which the figures are up to date.
    read
        The datasets that were read in the last :data:`STALE_DAYS`, by UUID.
    scores
        Of the datasets that have been assessed, by UUID; 0 to 1.
    """
    since = iso(now() - timedelta(days=STALE_DAYS))
    those: list[tuple[InsightKind, str, tuple[int, list[str]]]] = [
        ("undocumented", "without a description", _where(conn, _lacks(dataset_meta.c.description), limit)),
        ("unowned", "without an owner", _where(conn, _lacks(dataset_meta.c.owner), limit)),
        ("stale", f"still read, but not written to for {STALE_DAYS} days", _among(conn, read, _F.updated_at < since, limit)),
        ("unused", f"not read for {STALE_DAYS} days", _unread(conn, read, since, limit)),
        ("failing quality", f"with a quality score below {_FAILING:g}", _among(conn, _below(scores), None, limit)),
        ("personal data", "with columns that look like personal data and wait for a person", _where(conn, _proposed(), limit)),
        ("small files", "in many small files", _where(conn, _SMALL, limit)),
    ]
    found = [_about(kind, count, names, what) for kind, what, (count, names) in those if count]
    return (*found, *_duplicates(conn, limit))


def _where(conn: Connection, wanted: ColumnElement[bool], limit: int) -> tuple[int, list[str]]:
    count = conn.execute(select(func.count()).select_from(dataset_figures).where(wanted)).scalar_one()
    query = select(_F.zone, _F.name).where(wanted).order_by(_F.zone, _F.name).limit(limit)
    return count, [full_name(row.zone, row.name) for row in conn.execute(query)] if count else []


def _among(conn: Connection, table_uuids: Mapping[str, Any], wanted: ColumnElement[bool] | None, limit: int) -> tuple[int, list[str]]:
    """Of these tables those that are as wanted."""
    found: list[str] = []
    for some in batched(table_uuids):
        chosen = _F.table_uuid.in_(some)
        rows = conn.execute(select(_F.zone, _F.name).where(chosen if wanted is None else and_(chosen, wanted)))
        found += [full_name(row.zone, row.name) for row in rows]
    return len(found), sorted(found)[:limit]


def _unread(conn: Connection, read: Mapping[str, datetime], since: str, limit: int) -> tuple[int, list[str]]:
    """Tables that were made before and have not been read since."""
    old = _F.created_at < since
    count = conn.execute(select(func.count()).select_from(dataset_figures).where(old)).scalar_one() - _among(conn, read, old, 0)[0]
    names: list[str] = []
    if count:
        for row in conn.execute(select(_F.zone, _F.name, _F.table_uuid).where(old).order_by(_F.zone, _F.name)):
            if len(names) == limit:
                break
            names += [full_name(row.zone, row.name)] if row.table_uuid not in read else []
    return count, names


def _below(scores: Mapping[str, float]) -> dict[str, float]:
    return {uuid: score for uuid, score in scores.items() if score < _FAILING}


def _duplicates(conn: Connection, limit: int) -> Iterator[Insight]:
    # The same table in several zones is how it should be: what counts is two in one zone.
    in_zone = select(_F.shape).where(_F.columns >= _FEWEST_COLUMNS).group_by(_F.shape, _F.zone).having(func.count() > 1)
    groups = (
        select(_F.shape, func.count().label("n")).where(_F.shape.in_(in_zone)).group_by(_F.shape).order_by(func.count().desc(), _F.shape)
    )
    for shape, count in conn.execute(groups.limit(limit)).all():
        query = select(_F.zone, _F.name).where(_F.shape == shape).order_by(_F.zone, _F.name).limit(limit)
        yield _about("duplicate", count, [full_name(row.zone, row.name) for row in conn.execute(query)], "with the very same columns")


def _about(kind: InsightKind, count: int, names: list[str], what: str) -> Insight:
    who = f"{count:,} datasets are" if count > 1 else f"{names[0]} is"
    return Insight(kind=kind, datasets=tuple(names), message=f"{who} {what}.", fix=_FIXES[kind])


# ------------------------------------------------------------------------------------------------------------ of one


def likely_personal(store: Store, table_uuid: str, fields: Set[int]) -> int:
    """How many of a dataset's columns, by field id, look like personal data and wait for a person."""
    t = personal_findings.c
    with store.read() as conn:
        found = conn.execute(select(t.field_id).where(t.table_uuid == table_uuid, t.state == "proposed").distinct()).scalars()
        return len(fields & set(found))


@dataclass(frozen=True)
class About:
    """What is known of one dataset. ``described`` are those of its companions that have a description, ``aside`` is how many of its records
    wait in quarantine, ``personal`` how many of its columns look like personal data and wait for a person."""

    info: TableInfo
    said: Said
    shape: str
    read_at: datetime | None
    score: float | None
    companions: Sequence[Companion]
    described: frozenset[str]
    aside: int = 0
    personal: int = 0


def recommendations(conn: Connection, about: About, limit: int = 20) -> tuple[Insight, ...]:
    """What would make one dataset better: what is to be done to itself, then to what it is used with."""
    name, mine = about.info.name, []

    def advise(kind: InsightKind, message: str, fix: str) -> None:
        mine.append(Insight(kind=kind, datasets=(name,), message=message, fix=fix))

    if about.aside:
        waits = "1 record that does not fit it waits" if about.aside == 1 else f"{about.aside:,} records that do not fit it wait"
        advise("set aside", f"{waits} in quarantine.", f"Correct or discard what waits: `workbench quarantine {name}`.")
    if about.personal:
        look = "1 column looks" if about.personal == 1 else f"{about.personal} columns look"
        advise("personal data", f"{look} like personal data.", f"Confirm or reject that: `workbench compliance findings {name}`.")
    if about.score is not None and about.score < _FAILING:
        advise("failing quality", f"Its quality score is {about.score:.2f}.", f"Look at the failing rows: workbench quality {name}.")
    _of_people(about, advise)
    _of_time(about, advise)
    info = about.info
    if in_small_files(info.files, info.bytes):
        advise("small files", f"It is in {info.files:,} small files.", f"Make them larger: workbench datasets compact {name}.")
    return (*mine, *_copies(conn, about, limit), *_beside(about))


def _of_people(about: About, advise: Any) -> None:
    info, name = about.info, about.info.name
    if not about.said.description:
        advise("undocumented", "Nobody has said what is in it.", f"Describe it: workbench datasets describe {name} --description TEXT.")
    said = about.said
    bare = [column[1] for column in info.columns if not (column[4] or said.described.get(column[0]) or any(said.of(column[0])))]
    if bare and len(bare) < len(info.columns):
        silent = "says nothing about itself" if len(bare) == 1 else "say nothing about themselves"
        message = f"{len(bare)} of {len(info.columns)} columns {silent}: {', '.join(bare[:5])}."
        advise(
            "undescribed columns", message, f"Say what they hold: workbench datasets describe {name} --column COLUMN --description TEXT."
        )
    if not about.said.owner:
        advise("unowned", "Nobody answers for it.", f"Say who does: workbench datasets describe {name} --owner WHO.")


def _of_time(about: About, advise: Any) -> None:
    since, info = now() - timedelta(days=STALE_DAYS), about.info
    read = about.read_at is not None and about.read_at >= since
    if read and info.updated_at is not None and info.updated_at < since:
        advise("stale", f"It is still read, but was not written to for {STALE_DAYS} days.", "See whether what feeds it still runs.")
    if not read and info.created_at is not None and info.created_at < since:
        advise("unused", f"Nobody has read it for {STALE_DAYS} days.", f"Drop it: workbench datasets drop {info.name}; that can be undone.")


def _copies(conn: Connection, about: About, limit: int) -> Iterator[Insight]:
    if len(about.info.columns) < _FEWEST_COLUMNS:
        return
    zone = about.info.name.partition(".")[0]
    alike = and_(_F.shape == about.shape, _F.zone == zone, _F.table_uuid != about.info.table_uuid)
    count, names = _where(conn, alike, limit)
    if count:
        others = names[0] if count == 1 else f"{count:,} others in {zone}"
        yield Insight(
            kind="duplicate",
            datasets=(about.info.name, *names),
            message=f"It has the very same columns as {others}.",
            fix=_FIXES["duplicate"],
        )


def _beside(about: About) -> Iterator[Insight]:
    bare = next((each.dataset for each in about.companions if each.dataset not in about.described), None)
    if bare is not None:
        message = f"It is used together with {bare}, which nobody has described."
        yield Insight(kind="undocumented", datasets=(bare,), message=message, fix="Describe that one, too.")


# -------------------------------------------------------------------------------------------------------- statistics


def statistics(conn: Connection, read: Mapping[str, datetime], days: float) -> Statistics:
    """Counts and sums, of all and by zone. ``read`` are the datasets that were read in the last ``days``, by UUID."""
    since = iso(now() - timedelta(days=days))
    meta = dataset_meta.c

    def counted(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    query = (
        select(
            _F.zone,
            func.count().label("datasets"),
            *(func.coalesce(func.sum(_F[name]), 0).label(name) for name in ("columns", "rows", "bytes")),
            counted(meta.description != "").label("described"),
            counted(meta.owner != "").label("owned"),
            counted(_F.updated_at >= since).label("updated"),
        )
        .select_from(dataset_figures.outerjoin(dataset_meta, meta.table_uuid == _F.table_uuid))
        .group_by(_F.zone)
        .order_by(_F.zone)
    )
    rows = [{name: value if name == "zone" else int(value) for name, value in row._mapping.items()} for row in conn.execute(query)]
    parts = tuple(ZoneStatistics.model_validate({name: value for name, value in row.items() if name != "updated"}) for row in rows)
    sums = {name: sum(row[name] for row in rows) for name in ("datasets", "columns", "rows", "bytes", "described", "owned", "updated")}
    return Statistics(**sums, read=_among(conn, read, None, 0)[0], days=days, zones=parts)
