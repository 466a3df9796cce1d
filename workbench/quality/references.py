"""Which columns may point to another dataset's key: their values are found there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from workbench.core.errors import Unavailable
from workbench.engines.duckdb import Engine, quoted
from workbench.engines.scans import Scan
from workbench.quality.records import ColumnProfile, ForeignKey, Profile
from workbench.quality.scanning import Source
from workbench.quality.semantic import words_of

__all__ = ["find_references"]

_LEAST_SHARE = 0.9
_TRIES = 20
_VALUES = 10_000  # distinct values that are looked up
_FEWEST = 3  # distinct values; fewer are found anywhere


def find_references(
    engine: Engine,
    scan: Scan,
    profile: Profile,
    others: Mapping[str, Profile],
    scan_of: Callable[[str], Scan | None],
    timeout: float,
    run_id: str,
) -> tuple[ForeignKey, ...]:
    """Candidates, best first: up to 10,000 distinct values of a column were looked up in the keys of the other datasets.

    A column and a key are compared when their types are the same and their ranges or their names have something in common.
    """
    pairs = [
        (column, name, key)
        for name, other in others.items()
        for key in (other.column(k.columns[0]) for k in other.keys if len(k.columns) == 1)
        for column in profile.columns
        if _may_point(column, key, name)
    ]
    pairs.sort(key=lambda pair: -len(_words(pair[0], "") & _words(pair[2], pair[1])))
    if not pairs:
        return ()
    source = Source(engine, scan, timeout, run_id)
    scans = {name: scan_of(name) for name in {pair[1] for pair in pairs[:_TRIES]}}
    tried = [(pair, there) for pair in pairs[:_TRIES] if (there := scans[pair[1]]) is not None]
    found = []
    for pair, there in tried:
        with suppress(Unavailable):  # another dataset's file that cannot be read is no reason to say nothing of this one
            found.append(_share(source, *pair, there))
    return tuple(sorted((f for f in found if f.share >= _LEAST_SHARE), key=lambda f: -f.share))


def _may_point(column: ColumnProfile, key: ColumnProfile, dataset: str) -> bool:
    if column.type != key.type or column.type not in ("string", "long", "int", "uuid") or (column.distinct or 0) < _FEWEST:
        return False
    if column.type in ("long", "int"):
        # Small whole numbers are found in every key: the names must agree.
        return bool(_words(column, "") & _words(key, dataset)) and int(column.min) >= int(key.min) and int(column.max) <= int(key.max)
    return bool(str(column.min) <= str(key.max) and str(column.max) >= str(key.min))


def _words(column: ColumnProfile, dataset: str) -> frozenset[str]:
    table = dataset.split(".")[-1]
    return (words_of(column.name) | words_of(table) | words_of(table.removesuffix("s"))) - {"id", "key", "code", "no", "nr"} | {column.name}


def _share(source: Source, column: ColumnProfile, dataset: str, key: ColumnProfile, scan: Scan) -> ForeignKey:
    other = f"{quoted(scan.schema)}.{quoted(scan.name)}"
    values = f"SELECT DISTINCT {quoted(column.name)} AS v FROM {source.relation} WHERE {quoted(column.name)} IS NOT NULL LIMIT {_VALUES}"
    # Not EXISTS: in there a name of ours would be taken for a column of the other dataset, should it have one of that name.
    keys = f"SELECT o.{quoted(key.name)} FROM {other} AS o WHERE o.{quoted(key.name)} IS NOT NULL"
    row = source.ask(f"SELECT count(*), count_if(v IN ({keys})) FROM ({values})", scan).table
    checked, inside = row.column(0)[0].as_py(), row.column(1)[0].as_py()
    return ForeignKey(column=column.name, dataset=dataset, key=key.name, share=inside / checked if checked else 0.0, checked=checked)
