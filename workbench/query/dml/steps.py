"""What the engine is told: statements that put new rows and the places of old ones into files, and count them. SQL of ours around
queries that have been decided on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.engines.duckdb import literal, quoted
from workbench.lake.plan import PlanColumn
from workbench.query.dml.casts import assigned
from workbench.query.dml.compose import ACTION, FILE, ROW, Composed, Values, old
from workbench.query.dml.records import Branch

__all__ = [
    "HITS",
    "bound",
    "copied",
    "counted",
    "hits_of_actions",
    "hits_of_delete",
    "hits_of_update",
    "kept_rows",
    "orphans_added",
    "places_copied",
]
__all__ += ["rows_copied", "selected"]

HITS = "__hits"
_NEW = "__new"


def selected(inner: str, kinds: Sequence[str], columns: Sequence[PlanColumn | None], every: Sequence[PlanColumn]) -> str:
    """A query's rows as those of a table. ``kinds`` are the types of its columns, ``columns`` what each goes into (None: nowhere),
    ``every`` the table's own; what gets nothing is NULL."""
    names = [f"c{place}" for place in range(len(kinds))]
    given = {column.field_id: (name, kind) for name, kind, column in zip(names, kinds, columns, strict=True) if column is not None}
    values = (assigned(*given.get(column.field_id, ("NULL", "NULL")), column) for column in every)
    listed = ", ".join(f"{value} AS {quoted(column.name)}" for value, column in zip(values, every, strict=True))
    return f"SELECT {listed} FROM ({inner}\n) AS {_NEW}({', '.join(names)})"


def copied(query: str, columns: Sequence[PlanColumn], folder: str, name: str, file_mb: int | None = None) -> str:
    """COPY of a query's rows to a file of a folder that the lake can take as it is; with ``file_mb`` to files of that size in a folder."""
    ids = ", ".join(f"{quoted(column.name)}: {column.field_id}" for column in columns)
    target = f"{folder}/{name}" if file_mb else f"{folder}/{name}.parquet"
    sizes = f", FILE_SIZE_BYTES '{file_mb}MB'" if file_mb else ""
    return f"COPY ({query}\n) TO {literal(target)} (FORMAT parquet, CODEC zstd, FIELD_IDS {{{ids}}}{sizes})"


def hits_of_delete(inner: str) -> str:
    return _hits(f"SELECT {_places()}, 'delete' AS what FROM ({inner}\n) AS {_NEW}")


def hits_of_update(inner: str, composed: Composed, kinds: Mapping[str, str], every: Sequence[PlanColumn]) -> str:
    assert composed.values is not None
    new = _new_values(composed.values, kinds, every, keep=True)
    return _hits(f"SELECT {_places()}, 'update' AS what, {_listed(new)} FROM ({inner}\n) AS {_NEW}")


def hits_of_actions(inner: str, composed: Composed, kinds: Mapping[str, str], every: Sequence[PlanColumn]) -> str:
    return _hits(_of_actions(inner, composed, kinds, every))


def orphans_added(inner: str, composed: Composed, kinds: Mapping[str, str], every: Sequence[PlanColumn]) -> str:
    """Rows of the target without a counterpart, beside those of :data:`HITS`, which has all that have one."""
    paired = f"(SELECT {FILE}, {ROW} FROM {HITS} WHERE {ROW} IS NOT NULL)"
    unpaired = f"SELECT * FROM ({inner}\n) AS __all ANTI JOIN {paired} AS __paired USING ({FILE}, {ROW})"
    return f"INSERT INTO {HITS} {_of_actions(unpaired, composed, kinds, every)}"


def places_copied(folder: str) -> str:
    query = f"SELECT {FILE} AS file, {ROW} AS \"row\" FROM {HITS} WHERE what IN ('update', 'delete')"
    return f'COPY ({query}) TO {literal(f"{folder}/places.parquet")} (FORMAT parquet, FIELD_IDS {{file: 1, "row": 2}})'


def rows_copied(every: Sequence[PlanColumn], folder: str) -> str:
    named = ", ".join(f"v{place} AS {quoted(column.name)}" for place, column in enumerate(every))
    return copied(f"SELECT {named} FROM {HITS} WHERE what IN ('update', 'insert')", every, folder, "rows")


def counted() -> str:
    """(kind, key, number): rows by what becomes of them, taken out by file, and how many are taken out twice."""
    gone = f"FROM {HITS} WHERE what IN ('update', 'delete')"
    twice = f"SELECT 1 {gone} GROUP BY {FILE}, {ROW} HAVING count(*) > 1"
    return (
        f"SELECT what AS kind, NULL::BIGINT AS key, count(*) AS n FROM {HITS} WHERE what IS NOT NULL GROUP BY what "
        f"UNION ALL SELECT 'file', {FILE}, count(*) {gone} GROUP BY {FILE} "
        f"UNION ALL SELECT 'twice', NULL, count(*) FROM ({twice})"
    )


def kept_rows(target: str, places: str, files: Mapping[int, int], every: Sequence[PlanColumn], folder: str) -> str:
    """COPY of what stays of files that lose rows. ``files`` say under which number each stands in ``target``, by its old one."""
    pairs = ", ".join(f"({before}::BIGINT, {now}::BIGINT)" for before, now in files.items())
    gone = f'SELECT m.now AS f, p."row" AS r FROM {places} AS p JOIN (VALUES {pairs}) AS m(before, now) ON p.file = m.before'
    named = ", ".join(f"t.{quoted(column.name)}" for column in every)
    query = f"SELECT {named} FROM {target} AS t ANTI JOIN ({gone}) AS g ON t.{FILE}::BIGINT = g.f AND t.{ROW}::BIGINT = g.r"
    return copied(query, every, folder, "kept")


# --------------------------------------------------------------------------------------------------------------- pieces


def _hits(query: str) -> str:
    return f"CREATE TEMP TABLE {HITS} AS {query}"


def _places() -> str:
    return f"{FILE}::BIGINT AS {FILE}, {ROW}::BIGINT AS {ROW}"


def _listed(values: Sequence[str]) -> str:
    return ", ".join(f"{value} AS v{place}" for place, value in enumerate(values))


def _new_values(values: Values, kinds: Mapping[str, str], every: Sequence[PlanColumn], *, keep: bool) -> list[str]:
    """A row's values, column by column: what is set; of the rest what was there (``keep``), else nothing."""
    found = []
    for place, column in enumerate(every):
        name = values.get(column.name)
        if name is not None:
            found.append(assigned(name, kinds[name], column))
        else:
            found.append(old(place) if keep else assigned("NULL", "NULL", column))
    return found


def _of_actions(inner: str, composed: Composed, kinds: Mapping[str, str], every: Sequence[PlanColumn]) -> str:
    words = {
        number: branch.action for number, (branch, _) in enumerate(composed.actions, 1) if branch.action in ("update", "delete", "insert")
    }
    what = "CASE " + ACTION + "".join(f" WHEN {number} THEN '{word}'" for number, word in words.items()) + " END" if words else "NULL"
    columns = [_chosen(composed.actions, place, kinds, every) for place in range(len(every))]
    return f"SELECT {_places()}, {what}::VARCHAR AS what, {_listed(columns)} FROM ({inner}\n) AS {_NEW}"


def _chosen(actions: Sequence[tuple[Branch, Values]], place: int, kinds: Mapping[str, str], every: Sequence[PlanColumn]) -> str:
    cases = ""
    for number, (branch, values) in enumerate(actions, 1):
        if branch.action in ("update", "insert"):
            cases += f" WHEN {number} THEN {_new_values(values, kinds, every, keep=branch.action == 'update')[place]}"
    kind = every[place].duckdb_type
    return f"CAST(CASE {ACTION}{cases} END AS {kind})" if cases else f"CAST(NULL AS {kind})"


def bound(params: Any, names: Sequence[str]) -> Any:
    """The values that one query of several takes, of all that were given: by name, or by ``$1``."""
    if params is None or not names:
        return None
    given = params if isinstance(params, dict) else {str(place): value for place, value in enumerate(params, 1)}
    return {name: given[name] for name in names}
