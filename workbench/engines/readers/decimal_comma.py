"""Numbers as much of Europe writes them: ``1,5`` and ``1.234,56``.

``1,234`` is one and a bit there and over a thousand elsewhere, and ``1.234`` the reverse. A column is read with decimal
commas only where at least one value can mean nothing else (``1,5``, ``0,125``, ``1.234,5``); what is left open stays text.
"""

from __future__ import annotations

import re
from typing import Any

import pyarrow.compute as pc

from workbench.engines.readers.currencies import without_code

__all__ = [
    "AMBIGUOUS_COMMAS",
    "AMBIGUOUS_MONEY",
    "AMBIGUOUS_PERCENT",
    "AMBIGUOUS_POINTS",
    "DELIMITERS",
    "ELSEWHERE",
    "MONEY_ELSEWHERE",
    "NUMBER",
    "OPEN",
    "PERCENT_ELSEWHERE",
    "POINTS",
    "READ",
    "THOUSANDS",
    "UNDERSTOOD",
    "fits",
    "is_decimal_comma",
    "proves",
    "with_points",
]

#: What separates values where commas are decimal.
DELIMITERS = (";", "\t")

# Whole numbers and thousands with points, too: they stand in the same columns.
NUMBER = r"^-?(?:0|[1-9]\d{0,14}|[1-9]\d{0,2}(?:\.\d{3}){1,4})(?:,\d+)?(?:[eE][+-]?\d{1,3})?$"
OPEN = r"^-?[1-9]\d{0,2},\d{3}$"

READ = "{name} has decimal commas (1,5 is 1.5; 1.234,5 is 1234.5) and is kept as {type}."
POINTS = "{name} has points of thousands (1.234.567 is 1234567) and is kept as {type}."
THOUSANDS = "{name} has commas of thousands (1,234 is 1234) and is kept as {type}."
ELSEWHERE = (
    "{name} is text: its numbers have decimal commas, which are read in files separated by semicolons or tabs only. "
    "Say so (`decimal=','`), or convert in SQL: cast(replace(replace({name}, '.', ''), ',', '.') as double)."
)
AMBIGUOUS_COMMAS = (
    "{name} is text: 1,234 could be 1.234 or 1234, and no value says which. "
    "Convert in SQL: cast(replace({name}, ',', '.') as double) for the former, cast(replace({name}, ',', '') as bigint) for the latter."
)
AMBIGUOUS_POINTS = (
    "{name} is text: other columns have decimal commas, so 1.234 could be 1234 or 1.234, and no value says which. "
    "Convert in SQL: cast(replace({name}, '.', '') as bigint) for the former, cast({name} as double) for the latter."
)
AMBIGUOUS_MONEY = (
    "{name} is text: 1.234 and 1,234 could be 1234 or a little over 1, and no amount says which. "
    "Convert in SQL: cast(regexp_replace({name}, '[^0-9-]', '', 'g') as decimal(18, 2)) for the former, "
    "cast(replace(regexp_replace({name}, '[^0-9.,-]', '', 'g'), ',', '.') as decimal(18, 3)) for the latter."
)
MONEY_ELSEWHERE = (
    "{name} is text: its amounts have decimal commas, which are read in files separated by semicolons or tabs only. Say so "
    "(`decimal=','`), or convert in SQL: cast(replace(regexp_replace({name}, '[^0-9,-]', '', 'g'), ',', '.') as decimal(18, 2))."
)
AMBIGUOUS_PERCENT = (
    "{name} is text: 1.234% and 1,234% could be a little over 1 % or 1234 %, and no value says which. Say what stands before decimals "
    "(`decimal='.'` or `decimal=','`)."
)
PERCENT_ELSEWHERE = (
    "{name} is text: its percentages have decimal commas, which are read in files separated by semicolons or tabs only. "
    "Say so (`decimal=','`)."
)
UNDERSTOOD = (
    "In {name} a point was read as a decimal point and a comma as one of thousands (1.234 is a little over 1), though no value settles it."
)


def fits(values: Any) -> bool:
    """Whether all can be read so; numbers without any comma fit as well."""
    return bool(pc.all(pc.match_substring_regex(values, NUMBER)).as_py())


def proves(values: Any) -> bool:
    """Whether any of the values, which fit, can only be meant so."""
    commas = pc.match_substring(values, ",")
    return bool(pc.any(pc.and_not(commas, pc.match_substring_regex(values, OPEN))).as_py())


def is_decimal_comma(cell: str) -> bool:
    """The same of one cell: a number with a comma in it, perhaps with a currency sign, its minus behind it or in brackets."""
    return "," in cell and re.match(NUMBER, without_code(cell.strip(" \t$€£¥%()-")).strip("()-")) is not None


def with_points(values: Any) -> Any:
    """The values as everybody's parsers read them."""
    return pc.replace_substring(pc.replace_substring(values, ".", ""), ",", ".")
