"""What a person should know about how a column was read, in words."""

from __future__ import annotations

__all__ = [
    "AMBIGUOUS_DATES",
    "ASIDE",
    "BROKE",
    "COMPACT",
    "ELSEWHERE_DATES",
    "MONEY",
    "NAMED_MONEY",
    "ORDER",
    "ORDER_SAID",
    "WORDS",
]

AMBIGUOUS_DATES = (
    "{name} is text: {example} could be two days, day or month first, and no value says which. Say the order of dates "
    "(dates='dmy' or dates='mdy'), or convert in SQL: strptime({name}, '{dmy}') for the former, strptime({name}, '{mdy}') for the latter."
)
ELSEWHERE_DATES = "In {name} dates are read as {order}, as other columns of the file prove, though no value of its own does."
ORDER = "{name} has dates written as {order}; they are kept as {type}."
ORDER_SAID = "In {name} dates are read as {order}, as was said."
COMPACT = "{name} has dates of eight digits (yyyymmdd), going by its name; they are kept as {type}."
NAMED_MONEY = "{name} is kept as {type}, exact to the last digit, going by its name."
MONEY = "{name} is in {sign},{commas} kept as {type}."
BROKE = "{name} is text: row {row:,} is the first that is no {kind}."
WORDS = "{name} is text and holds words for a missing value (such as NA) {words:,} times; in text they are kept."
ASIDE = "{name} is {type}: {count:,} of {present:,} values {are} no {kind} (row {row:,} is the first); such rows are set aside."
