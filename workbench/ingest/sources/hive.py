"""Columns that folders say: ``month=3``, as Hive and Spark write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import PurePath
from urllib.parse import unquote

from workbench.core.errors import UnreadableFile

__all__ = ["check_alike", "constants_of", "types_of"]

_NOTHING = "__HIVE_DEFAULT_PARTITION__"
_WHOLE = re.compile(r"-?(0|[1-9]\d*)\Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)


def constants_of(path: PurePath) -> dict[str, str | None]:
    """What the folders that lead to a file say.

    >>> constants_of(PurePath("flights/year=2013/month=__HIVE_DEFAULT_PARTITION__/a.csv"))
    {'year': '2013', 'month': None}
    """
    found: dict[str, str | None] = {}
    for part in path.parts[:-1]:
        key, sign, value = part.partition("=")
        if sign and key:
            found[unquote(key)] = None if value == _NOTHING else unquote(value)
    return found


def check_alike(files: Iterable[tuple[str, Mapping[str, str | None]]]) -> None:
    """Refuse files of which some lie below folders that say a column and some do not.

    Raises
    ------
    UnreadableFile
        Which two differ.
    """
    first: tuple[str, Mapping[str, str | None]] | None = None
    for shown, constants in files:
        if first is None:
            first = shown, constants
        elif set(constants) != set(first[1]):
            told = [f"{name} says {', '.join(said) or 'nothing'}" for name, said in (first, (shown, constants))]
            raise UnreadableFile(f"The folders say different columns: {'; '.join(told)}.", fix="Take them in as separate datasets.")


def types_of(values: Iterable[Mapping[str, str | None]]) -> dict[str, str]:
    """The type of each of these columns, found over all its values. What begins with a zero stays text.

    >>> types_of([{"month": "3", "day": "2013-01-01", "code": "007"}, {"month": None, "day": None, "code": "1"}])
    {'month': 'int', 'day': 'date', 'code': 'string'}
    """
    columns: dict[str, list[str]] = {}
    for each in values:
        for name, value in each.items():
            present = columns.setdefault(name, [])
            if value is not None:
                present.append(value)
    return {name: _type(present) for name, present in columns.items()}


def _type(values: list[str]) -> str:
    if not values:
        return "string"
    if all(_WHOLE.match(value) for value in values):
        largest = max(abs(int(value)) for value in values)
        return "int" if largest < 2**31 else "long" if largest < 2**63 else "string"
    return "date" if all(_is_date(value) for value in values) else "string"


def _is_date(value: str) -> bool:
    try:
        return bool(_DATE.match(value)) and date.fromisoformat(value) is not None
    except ValueError:
        return False
