"""Money in a workbook: which cells are shown as such, and their numbers, which Excel keeps as doubles, as decimals."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.decimals import of_units
from workbench.engines.types import type_name

__all__ = ["MOST_DECIMALS", "as_money", "money_columns", "money_styles", "said_of_money", "shows_money"]

#: More decimals nobody writes: such numbers were computed, and are doubles.
MOST_DECIMALS = 8
_LARGEST = 10**15  # Excel keeps 15 digits
_NEAR = 1e-15
# Formats that have numbers and no code: 1,234.50 and those with the currency of the machine.
_KNOWN = frozenset((2, 4, 5, 6, 7, 8, 39, 40, 42, 43, 44))
_CURRENCY = re.compile(r"\[\$([^\]-]+)[^\]]*\]")
_ASIDE = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|[_*].')
_DATE = re.compile(r"[dmyhs%]|e[+-]", re.IGNORECASE)
_TWO = re.compile(r"0\.00(?![0#?])")


def shows_money(code: str) -> bool:
    """Whether a number format has a currency's sign, or two decimals always.

    >>> [shows_money(code) for code in ('#,##0.00 "€"', "[$CHF-807] #,##0", "0.00", "0.00%", "0.000", "[$-409]d-mmm", "mm:ss.00")]
    [True, True, True, False, False, False, False]
    """
    first = code.partition(";")[0]
    plain = _ASIDE.sub("", first)
    if _DATE.search(plain) or not re.search("[0#?]", plain):
        return False
    named = _CURRENCY.search(first) is not None or any(unicodedata.category(mark) == "Sc" for mark in re.sub(r"\[\$-[^\]]*\]", "", first))
    return named or _TWO.search(plain) is not None


def money_styles(styles: ElementTree.Element) -> frozenset[bytes]:
    """The numbers, as cells name them, of those formats in a workbook's ``styles.xml`` that show money."""
    codes = {each.get("numFmtId"): each.get("formatCode", "") for each in _under(styles, "numFmts")}
    found = set()
    for place, each in enumerate(_under(styles, "cellXfs")):
        number = each.get("numFmtId", "0")
        known = number.isdecimal() and int(number) in _KNOWN
        if shows_money(codes[number]) if number in codes else known:
            found.add(str(place).encode())
    return frozenset(found)


def _under(styles: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (child for part in styles if part.tag.rpartition("}")[2] == name for child in part)


def money_columns(formats: Mapping[tuple[bytes, bytes], int], money: frozenset[bytes]) -> frozenset[bytes]:
    """The letters of those columns of which at least half of the numbers are shown as money; ``formats`` counts cells with a number by
    column and format."""
    all_numbers, shown = Counter[bytes](), Counter[bytes]()
    for (column, style), count in formats.items():
        all_numbers[column] += count
        shown[column] += count if style in money else 0
    return frozenset(column for column, count in shown.items() if count and 2 * count >= all_numbers[column])


def as_money(values: Any, target: pa.DataType | None = None) -> Any | None:
    """Numbers as decimals, of two decimals at least or of a table's type (``target``), to the 15 digits that Excel keeps.

    None: they have more digits than that, or more than eight decimals.

    >>> [str(value) for value in as_money(pa.array([0.1 + 0.2, 1234.5])).to_pylist()], as_money(pa.array([10 / 3]))
    (['0.30', '1234.50'], None)
    """
    numbers = pc.fill_null(values.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
    least = 2 if target is None else min(2, target.scale)
    for scale in range(least, MOST_DECIMALS + 1):
        units = np.rint(numbers * 10.0**scale)
        if not (np.abs(units) < _LARGEST).all():
            return None
        if (np.abs(units / 10.0**scale - numbers) <= _NEAR * np.maximum(np.abs(numbers), 1.0)).all():
            made = pc.if_else(values.is_valid(), of_units(units, pa.decimal128(18, scale)), None)
            return made if target is None else _as(made, target)
    return None


def _as(made: Any, target: pa.DataType) -> Any:
    try:
        return made.cast(target)
    except pa.ArrowInvalid:  # what does not fit is told as another column's difference is
        return made


def said_of_money(name: str, kind: pa.DataType, shown: bool) -> str | None:
    """What to say of a column that is shown as money, or is called so. None: nothing."""
    why = "which its cells are shown as" if shown else "going by its name"
    if pa.types.is_decimal(kind):
        return f"{name} is money, {why}, and kept as {type_name(kind)}."
    if pa.types.is_floating(kind):
        return f"{name} is money, {why}, but kept as {type_name(kind)}: it has amounts of more than {MOST_DECIMALS} decimals or 15 digits."
    return None
