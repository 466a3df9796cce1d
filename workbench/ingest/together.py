"""Whether the files of an archive or a folder are rows of one table, told before the first of them is taken in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.core.errors import UnreadableFile, WorkbenchError
from workbench.engines.readers import open_source
from workbench.ingest.agree import agreed
from workbench.ingest.look import request_of

if TYPE_CHECKING:
    from workbench.core.principals import Principal
    from workbench.engines.readers.source import Opener
    from workbench.ingest.records import LoadOptions
    from workbench.ingest.remember import Readings
    from workbench.ingest.sources.base import Fetched

__all__ = ["check_together"]

_MOST = 1000  # files that are looked at
_ALIKE = 0.5  # of the columns of two files, the share that both have
_MOST_DIGITS = 38
_NAMED, _COLUMNS = 3, 6  # tables, and columns of each, in an error


@dataclass(frozen=True)
class _Table:
    """A file, and the columns it has."""

    shown: str
    columns: tuple[str, ...]
    types: tuple[pa.DataType, ...] = ()

    @property
    def folded(self) -> frozenset[str]:
        return frozenset(name.casefold() for name in self.columns)

    def is_like(self, other: _Table) -> bool:
        """Whether both may be rows of one table: one has all columns of the other (columns are added as time goes on), or they share
        half of theirs."""
        mine, others = self.folded, other.folded
        return mine <= others or others <= mine or len(mine & others) >= _ALIKE * len(mine | others)


def check_together(
    file: Fetched,
    options: LoadOptions,
    readings: Readings,
    who: Principal | str,
    name: str,
    scratch: Path,
    opener: Opener | None,
    others: bool = True,
) -> dict[str, pa.DataType]:
    """Make sure, where ``file`` is the first of an archive or of a folder, that the others are of its table, for the dataset ``name``.
    What cannot be told by a beginning (a large Parquet file's columns) is not judged here. ``others``: what other people have said of such
    files counts.

    Returns the types of columns that hold the numbers and the times of all of them, where these are not of one type: what is made by the
    first shall take the others, too.

    Raises
    ------
    UnreadableFile
        They are not. Nobody said that all are to be taken together (``force``), or which columns (``drift``).
    """
    if file.siblings is None or options.force or options.drift == "keep":
        return {}
    folder = scratch / "together"
    folder.mkdir()
    siblings = islice(file.siblings(folder), _MOST)
    every = list(_tables(siblings, options, readings, who, name, folder, opener, others))
    found = {table.folded: table for table in every}
    if len(groups := _groups(found.values())) > 1:
        raise _differ([group[0] for group in groups], file)
    return _holding_all(every)


def _holding_all(tables: Sequence[_Table]) -> dict[str, pa.DataType]:
    kinds: dict[str, pa.DataType | None] = {}
    several = set[str]()
    for table in tables:
        for name, kind in zip(table.columns, table.types, strict=True):
            before = kinds.setdefault(name, kind)
            if before is not None and before != kind:
                several.add(name)
                kinds[name] = _holding(before, kind)
    return {name: kind for name in several if (kind := kinds[name]) is not None}


def _holding(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """The type that holds whole numbers and fractions, or days and times; None: text, and what else there is, holds nothing but itself."""
    types = pa.types
    if types.is_decimal(one) and types.is_decimal(other):
        before, scale = max(one.precision - one.scale, other.precision - other.scale), max(one.scale, other.scale)
        return pa.decimal128(_MOST_DIGITS, scale) if before + scale <= _MOST_DIGITS else None
    for here, there in ((one, other), (other, one)):
        if types.is_integer(here) and (types.is_float64(there) or types.is_decimal(there)):
            return there
        if types.is_date(here) and types.is_timestamp(there) and there.tz is None:
            return there
    return None


def _groups(tables: Iterable[_Table]) -> list[list[_Table]]:
    """Those that are alike, be it by way of others: years lie between the first columns and the last."""
    groups: list[list[_Table]] = []
    for table in tables:
        joined = [group for group in groups if any(table.is_like(other) for other in group)]
        rest = [group for group in groups if group not in joined]
        groups = [[*chain(*joined), table], *rest] if joined else [*groups, [table]]
    return groups


def _tables(
    files: Iterator[Fetched],
    options: LoadOptions,
    readings: Readings,
    who: Principal | str,
    name: str,
    folder: Path,
    opener: Opener | None,
    others: bool,
) -> Iterator[_Table]:
    for number, file in enumerate(files):
        own = folder / f"look-{number}"
        own.mkdir()
        # What cannot be read is told, in whole, when its turn comes.
        with suppress(WorkbenchError):
            request = request_of(file, own, opener)
            source = open_source(replace(request, reading=agreed(request, file, options, readings, who, name, others).reading))
            yield _Table(file.shown, tuple(source.schema.names), tuple(source.schema.types))
        if opener is not None:
            opener.forget()


def _differ(tables: Sequence[_Table], file: Fetched) -> UnreadableFile:
    told = "; ".join(f"{table.shown} has {_listed(table.columns)}" for table in tables[:_NAMED])
    more = f"; and {len(tables) - _NAMED:,} more" if len(tables) > _NAMED else ""
    first, ways = tables[0].shown, "a narrower pattern"
    together = PurePath(file.origin).name
    if "#" in first:
        together, ways = first.partition("#")[0], "unpack it and take its files"
    return UnreadableFile(
        f"The files of {together} are of different tables: {told}{more}.",
        fix=f"Take each by itself, such as {first}, or {ways}; or set `force=True` to have one table of all.",
        inside=file.inside,
        together=True,
    )


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(columns[:_COLUMNS]) + (", ..." if len(columns) > _COLUMNS else "")
