"""What a person should know about how a column was read, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.engines.readers import atoms, decimal_comma, hints
from workbench.engines.readers.currencies import CODED
from workbench.engines.readers.dates import SEPARATORS
from workbench.engines.readers.kinds import Kind
from workbench.engines.readers.ways import signs_in
from workbench.engines.types import type_name

if TYPE_CHECKING:
    from workbench.engines.readers.column import TextColumn

__all__ = ["AMBIGUOUS_DATES", "AMBIGUOUS_SHORT", "ELSEWHERE_DATES", "ORDER_SAID", "currency_of", "remark", "say"]

AMBIGUOUS_DATES = (
    "{name} is text: {example} could be two days, day or month first, and no value says which. Say the order of dates (`dates='dmy'` "
    "or `dates='mdy'`), or convert in SQL: strptime({name}, '{dmy}') for the former, strptime({name}, '{mdy}') for the latter."
)
AMBIGUOUS_SHORT = (
    "{name} is text: {example} could be two days, the year first or last, and no value says which. Say the order of dates (`dates='dmy'`, "
    "`dates='mdy'` or `dates='ymd'`)."
)
ELSEWHERE_DATES = "In {name} dates are read as {order}, as other columns of the file prove, though no value of its own does."
_ORDER = "{name} has dates written as {order}; they are kept as {type}."
ORDER_SAID = "In {name} dates are read as {order}, as was said."
_SHORT = "In {name} years have two digits: 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068."
_COMPACT = "{name} has dates of eight digits (yyyymmdd), going by its name; they are kept as {type}."
_NAMED_MONEY = "{name} is kept as {type}, exact to the last digit, going by its name."
_INEXACT = "{name} is kept as {type}, which may round the last digits of its amounts: {why}."
_COMPUTED = (
    "{name} is kept as {type}: its amounts have so many decimals as programs write that compute with doubles. Read it as {exact} to keep "
    "each digit."
)
_POWER_OF_TEN = "some have a power of ten (1e3)"
_INFINITE = "{name} has infinite numbers (inf), which are kept: sums and averages over them are infinite, too."
_NO_INFINITY = "some are infinite (inf)"
_TOO_LONG = "no decimal has digits enough for all of them"
_ROUNDED = (
    "{name} is kept as {type}, which has 15 to 17 digits: some of its numbers have more, which are lost unless it is read as {exact}."
)
_PERCENT = "{name} has percentages{commas}, kept as shares: 12.5 % is 0.125."
_MINUS = {
    atoms.BEHIND: "Negative numbers in {name} have their minus behind them: 5- is -5.",
    atoms.BRACKETS: "Negative numbers in {name} are in brackets: (5) is -5.",
}
_MONEY = "{name} is in {sign},{commas} kept as {type}."
# The same, found again: of several files the name of one stands before it.
_IN_CURRENCY = re.compile(r"(?:^|: )(?P<name>\S+) is in (?P<sign>[A-Z]{3}|[^\w\s]),(?: has decimal commas[^,]*,[^,]*,)? kept as decimal")
_SEVERAL = (
    "{name} is text: its amounts are in several currencies ({signs}), which one column of numbers would mix. In SQL the currency is "
    "trim(regexp_replace({name}, '[-+0-9.,()]', '', 'g')), the number what regexp_replace({name}, '[^-0-9.,]', '', 'g') leaves."
)
_BROKE = "{name} is text: {where} is the first that is no {kind}."
# As what a number beside percentages is meant only a person knows.
_SHARES = {
    Kind.PERCENT: " Where all are percentages, convert it in SQL: rtrim({name}, ' %')::DOUBLE / 100.",
    Kind.COMMA_PERCENT: " Where all are percentages, convert it in SQL: replace(rtrim({name}, ' %'), ',', '.')::DOUBLE / 100.",
}
_WHY = {
    atoms.ZEROS: "{name} is text: {where} is the first with zeros in front (such as 007), which a number would lose.",
    atoms.PLUS: "{name} is text: {where} is the first with a plus sign in front (such as +49), which a number would lose.",
    atoms.HUGE: "{name} is text: {where} is the first with more digits than a whole number can have (it needs over 64 bits).",
    atoms.LARGE: "{name} is text: {where} is the first with a whole number of more digits than a number beside fractions can have.",
    atoms.LONG_FLOAT: "{name} is text: {where} is the first with more digits than a number with decimals can keep.",
    atoms.FAR: "{name} is text: {where} is the first with a number that is too large for one (beyond 1.8e308).",
}
_VERSIONS = "{name} is text, going by its name: as a number the version 1.10 would be 1.1."
_POWERS = "{name} is text: {example} could be a number or a code, and no value says which."
_DIGITS = {atoms.INTEGER, atoms.BIT, atoms.COMPACT, atoms.LARGE, atoms.ZEROS, atoms.MINUS_ZERO}
_FAR = "{name} is {type}: {count:,} of {present:,} values {are} too large for a number (beyond 1.8e308); such rows are set aside."
_MINUS_ZERO = "{name} has -0, which is kept as 0."
_WORDS = "{name} is text and holds words for a missing value (such as {word}) {words:,} times; in text they are kept. " + (
    "A recipe makes them missing."
)
_DASHES = " {dashes:,} of its values {are} a dash: where that means a missing value, a recipe makes it one."
_NAMED = 5  # currencies
_LAST = 3  # lines at the end that may be a remark
_MANY = 0.01  # the share of dashes that is worth a word
_ASIDE = "{name} is {type}: {count:,} of {present:,} values {are} no {kind}; such rows are set aside."


def remark(column: TextColumn) -> str | None:
    """How a settled column was read, where that needs a word."""
    if column.kind == Kind.TEXT:
        return _of_text(column)
    told = [_of_kind(column), say(column, _MINUS[column.way.minus]) if column.way.minus else ""]
    told.append(say(column, _SHORT) if column.way.style is not None and column.way.style.short else "")
    told.append(say(column, column.understood) if column.understood else "")
    told.append(_of_digits(column))
    told.append(say(column, _INFINITE) if atoms.INFINITE in column.tally and atoms.INFINITE in column.way.takes else "")
    if column.misfits:
        told.append(_of_misfits(column))
    return " ".join(filter(None, told)) or None


def say(column: TextColumn, text: str, **more: Any) -> str:
    """One of the remarks about a column."""
    style, examples = column.way.style, column.examples
    separator = next((mark for mark in SEPARATORS if any(mark in example for example in examples)), "/")
    year = "Y" if column.tally.ends is None else "y"
    formats = {order: separator.join(f"%{letter}" for letter in (*order[:2], year)) for order in ("dmy", "mdy")}
    known = {"name": column.name, "type": type_name(column.type), "order": style.words if style else "", "example": "".join(examples[:1])}
    return text.format(**(known | formats | more))


def currency_of(told: str) -> tuple[str, str] | None:
    """The column and its currency, where a remark says of it that it is money.

    >>> currency_of("a.csv: fee is in EUR, has decimal commas (1.234,56 is 1234.56), kept as decimal(18, 2). And more.")
    ('fee', 'EUR')
    """
    found = _IN_CURRENCY.search(told)
    return (found["name"], found["sign"]) if found else None


def _of_text(column: TextColumn) -> str | None:
    if column.doubted:
        return say(column, column.doubted)
    if Kind.INTEGER not in column.only or column.asked is not None:
        return None
    if (signs := _currencies(column)) is not None:
        return say(column, _SEVERAL, signs=signs)
    row, kind, label = column.broke()
    if atoms.ZEROS in column.tally and set(column.tally.counts) - {atoms.ZEROS} and set(column.tally.counts) <= _DIGITS:
        row, label = column.tally.first[atoms.ZEROS], atoms.ZEROS
    if row:
        hint = _DASHES if column.dashes and label == atoms.TEXT else ""
        if label == atoms.TEXT and (last := column.rows - row + 1) <= _LAST < column.rows - _LAST:
            lines, them = ("line is", "it") if last == 1 else (f"{last} lines are", "them")
            hint += f" Where the last {lines} no data, leave {them} out (`footer={last}`)."
        broke = _WHY.get(label, _BROKE + _SHARES.get(kind, "")) + hint
        are = "is" if column.dashes == 1 else "are"
        return say(column, broke, where=column.where(row), kind=kind.words, dashes=column.dashes, are=are)
    labels, fractions = set(column.tally.counts), {atoms.FLOAT, atoms.OPEN_FLOAT}
    if hints.is_about_versions(column.name) and fractions & labels and labels <= atoms.NUMBERS:
        return say(column, _VERSIONS)
    if labels == {atoms.POWER}:
        return say(column, _POWERS)
    if atoms.LONG_FLOAT in labels and labels <= atoms.NUMBERS:
        return say(column, _WHY[atoms.LONG_FLOAT], where=column.where(column.tally.first[atoms.LONG_FLOAT]))
    dashes = column.dashes if column.dashes >= _MANY * column.present else 0
    words = column.words + dashes
    return say(column, _WORDS, words=words, word="NA" if column.words else "a dash") if words else None


def _currencies(column: TextColumn) -> str | None:
    """The currencies of a column of amounts in several, in words; None: it is something else."""
    tally = column.tally
    signs = [atoms.SIGNS[place] for place in signs_in(tally)]
    several = sorted({*signs} - {CODED, atoms.PERCENT}) + sorted(tally.codes if CODED in signs else ())
    amounts = tally.count(*range(atoms.MONEY, atoms.WORDS_AT))
    if len(several) < 2 or atoms.PERCENT in signs or not column.can_spare(tally.present - amounts):
        return None
    return ", ".join(several[:_NAMED]) + (", ..." if len(several) > _NAMED else "")


def _of_kind(column: TextColumn) -> str:
    kind, style = column.kind, column.way.style
    if kind in (Kind.MONEY, Kind.COMMA_MONEY):
        commas = " has decimal commas (1.234,56 is 1234.56)," if kind == Kind.COMMA_MONEY else ""
        sign = "".join(column.tally.codes) if column.way.sign == CODED else column.way.sign
        return say(column, _MONEY, sign=sign, commas=commas)
    if column.way.sign == atoms.PERCENT:
        return say(column, _PERCENT, commas=" with decimal commas" if kind == Kind.COMMA_PERCENT else "")
    tally = column.tally.in_front(column.way.minus)
    if kind == Kind.COMMA:
        return say(column, decimal_comma.READ if tally.count(atoms.COMMA, atoms.OPEN_COMMA) else decimal_comma.POINTS)
    if kind == Kind.INTEGER and atoms.MINUS_ZERO in tally and pa.types.is_integer(column.type):
        return say(column, _MINUS_ZERO)
    if kind == Kind.THOUSANDS:
        return say(column, decimal_comma.THOUSANDS)
    if style is not None and style.order == "compact" and column.asked is None:
        return say(column, _COMPACT)
    if style is not None and (style.short or style.order not in ("ymd", "compact")) and not column.understood:
        return say(column, _ORDER)
    named = kind == Kind.FLOAT and pa.types.is_decimal(column.type) and column.type == column.way.type
    return say(column, _NAMED_MONEY) if named and column.asked is None else ""


def _of_digits(column: TextColumn) -> str:
    """What to say of decimals in a double that nobody has asked for."""
    if column.kind not in (Kind.FLOAT, Kind.COMMA, Kind.THOUSANDS) or not pa.types.is_floating(column.type) or column.asked is not None:
        return ""
    exact, digits = column.exact, column.tally.digits
    money = hints.is_about_money(column.name)
    if money and exact is None:
        why = _TOO_LONG if digits.is_plain else _POWER_OF_TEN
        return say(column, _INEXACT, why=_NO_INFINITY if atoms.INFINITE in column.tally else why)
    if money and digits.are_doubles(column.kind == Kind.COMMA):
        return say(column, _COMPUTED, exact=type_name(exact))
    return say(column, _ROUNDED, exact=type_name(exact) if exact is not None else "text") if digits.are_rounded else ""


def _of_misfits(column: TextColumn) -> str:
    are = "is" if column.misfits == 1 else "are"
    far = pa.types.is_floating(column.type) and column.misfits == column.tally.count(atoms.FAR)
    return say(column, _FAR if far else _ASIDE, count=column.misfits, present=column.tally.present, are=are, kind=column.kind.words)
