"""What a source's first rows propose: the columns that tell its rows apart."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["propose_keys"]

_LEAST_ROWS = 10  # fewer say nothing: most columns differ in them
_CERTAIN_ROWS = 100
_TOGETHER = 6  # columns named like parts of a key, that are tried together
_HINT = re.compile(r"(^|_)(id|ids|key|code|uuid|guid|sku|isbn|iban|number|nr|no|num|email|e_mail)$|[a-z](id|key)$|^(tail|line)num")


def propose_keys(rows: pa.Table) -> tuple[str, ...]:
    """The column, else the two or three columns, that no two of these rows agree in and that are named like a key (or stand first);
    none where nothing speaks for one. Rows that were not looked at may say otherwise."""
    if rows.num_rows < _LEAST_ROWS:
        return ()
    usable = [name for name in dict.fromkeys(rows.column_names) if _may_be_key(rows, name)]
    hinted = [name for name in usable if _HINT.search(name.lower())]
    for name in hinted:
        if _differ(rows, (name,)):
            return (name,)
    if usable and usable[0] == rows.column_names[0] and rows.num_rows >= _CERTAIN_ROWS and _differ(rows, (usable[0],)):
        return (usable[0],)
    for width in (2, 3):
        for chosen in combinations(hinted[:_TOGETHER], width):
            if _differ(rows, chosen):
                return chosen
    return ()


def _may_be_key(rows: pa.Table, name: str) -> bool:
    import pyarrow as pa

    kind, types = rows.schema.field(name).type, pa.types
    kinds = (types.is_integer, types.is_string, types.is_large_string, types.is_date, types.is_timestamp)
    uuid = isinstance(kind, pa.UuidType)
    return (uuid or any(is_kind(kind) for is_kind in kinds)) and rows.column(name).null_count == 0


def _differ(rows: pa.Table, names: tuple[str, ...]) -> bool:
    return bool(rows.select(list(names)).group_by(list(names)).aggregate([]).num_rows == rows.num_rows)
