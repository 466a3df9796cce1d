"""What DuckDB's text about an operator means: ``count_star()`` is ``count(*)``, and ``#1`` the second of what the operator below gives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

__all__ = ["Columns", "Datasets", "meant", "only", "operator_of"]

#: What an operator gives, column by column; None where that is not known.
Columns = tuple[str, ...] | None

#: Which dataset a file is one of.
Datasets = Mapping[str, str]

_LEFT_OUT = frozenset({"Estimated Cardinality", "Function", "Total Files Read", "Filename(s)"})
# Whole texts and quoted names first: what looks like a place in them is none.
_SAID = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|(?<!\w)#(\d+)\b|\b(count_star\(\)|sum_no_overflow(?=\())""")
# DuckDB narrows values for the time of a grouping, and widens them again.
_NARROWED = re.compile(r"__internal_(?:de)?compress_\w+\(([^(),']+)(?:, [^()']*)?\)")
_CALLED = {"count_star()": "count(*)", "sum_no_overflow": "sum"}
# Of the keys of an ORDER BY DuckDB names the catalog that datasets are read from, which is none of ours. There nothing else has four parts.
_CATALOG = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")|(?<![\w."])memory\.(?=[^\s.()]+\.[^.()]+\.)""")
_SAME = frozenset({"FILTER", "LIMIT", "STREAMING_LIMIT"})


def operator_of(node: Mapping[str, Any]) -> str:
    """The name of an operator of a plan as JSON, carried out or not."""
    return str(node.get("operator_name") or node.get("operator_type") or node.get("name") or "").strip()


def only(below: Sequence[Columns]) -> Columns:
    """What the only operator below gives: of several it is not said how they are put together."""
    return below[0] if len(below) == 1 else None


def meant(node: Mapping[str, Any], below: Columns, datasets: Datasets = MappingProxyType({})) -> tuple[str, Columns]:
    """The text about an operator, and what it gives. ``below``: what the only operator below it gives. DuckDB names files, and only once it
    has read them: ``datasets`` says what they are of."""
    info = node.get("extra_info")
    if not isinstance(info, dict):
        return str(info or ""), None
    said = {key: tuple(_named(each, below) for each in _list(value)) for key, value in info.items() if key not in _LEFT_OUT}
    if "Order By" in said:
        said["Order By"] = tuple(_CATALOG.sub(lambda found: found[1] or "", each) for each in said["Order By"])
    files = str(info.get("Filename(s)") or "")
    read = next((name for path, name in datasets.items() if files.startswith(path)), None) if files else None
    told = [read] if read is not None else []
    detail = "; ".join([*told, *(f"{key}: {', '.join(values)}" for key, values in said.items() if values)])
    return detail, _given(operator_of(node), said, below)


def _given(operator: str, said: Mapping[str, tuple[str, ...]], below: Columns) -> Columns:
    if operator in _SAME:
        return below
    if operator.endswith(("GROUP_BY", "UNGROUPED_AGGREGATE")):
        return said.get("Groups", ()) + said.get("Aggregates", ())
    # What an ORDER BY or a join gives is not said: some of it may be left out.
    return said.get("Projections") if operator == "PROJECTION" or operator.endswith(("_SCAN", "READ_PARQUET")) else None


def _list(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value not in ("", None) else ()


def _named(text: str, below: Columns) -> str:
    if below is not None and text in below:
        return text  # a column that is called so

    def name(found: re.Match[str]) -> str:
        if found[2] is None:
            return found[1] or _CALLED[found[3]]
        place = int(found[2])
        return below[place] if below is not None and place < len(below) else found[0]

    return _SAID.sub(name, _NARROWED.sub(r"\1", text))
