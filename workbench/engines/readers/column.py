"""A column of text on its way to a type: seen once in full, then converted."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import InvalidInput
from workbench.engines.readers import decimal_comma
from workbench.engines.readers.kinds import MISSING, Kind, blank_missing, classify, join, money_to_decimal, parts_of_money
from workbench.engines.types import type_name

__all__ = ["TextColumn"]

_EXACT = 2**53
_WORDS = pa.array([word for word in MISSING if word])
_TYPES = {
    Kind.INTEGER: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.COMMA: pa.float64(),
    Kind.TRUTH: pa.bool_(),
    Kind.YES: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"),
    Kind.MOMENT: pa.timestamp("us", tz="UTC"),
}
_MONEY = (Kind.MONEY, Kind.COMMA_MONEY)
_NUMBERS = (Kind.INTEGER, Kind.FLOAT, Kind.COMMA, *_MONEY)


class TextColumn:
    """``see`` every batch, then ``settle``, then ``convert`` every batch.

    Parameters
    ----------
    name
        As it will be in the table.
    only
        The kinds that are looked for; anything else stays text. JSON, for example, has numbers of its own, so that text
        which looks like one is text.
    """

    def __init__(self, name: str, only: frozenset[Kind] = frozenset(Kind)) -> None:
        self.name, self.only = name, only
        self.kind = Kind.EMPTY
        self.type: pa.DataType = pa.string()
        self.rows = self.present = 0
        self.words = 0  # values such as NA
        self.sign, self.scales = "", dict.fromkeys(_MONEY, 2)  # the decimals, read the one way and the other
        self.broke_at: int | None = None  # the first row (from 1) that made it text, where it was something else before
        self._was = Kind.EMPTY
        self._largest = 0
        self._proven = False  # some value can only be a number with a decimal comma
        self._open = True  # so far every number or amount with a decimal point could be one with a decimal comma as well
        self._marks: set[str] = set()  # what amounts of money that are open have in them: a point, a comma
        self._doubt = self._understood = ""
        self._plain = True  # no spaces to trim and no words to blank

    def see(self, values: Any) -> None:
        """Take note of a batch (an array of strings; null is missing)."""
        before, present = self.kind, values.drop_null()
        if before != Kind.TEXT:
            kind = classify(present, before)
            cleaned = present
            if kind == Kind.TEXT:
                cleaned = blank_missing(present).drop_null()
                kind = classify(cleaned, before)
                if kind != Kind.TEXT:
                    self._plain = False
            self.kind = self._joined(before, kind, cleaned)
            if self.kind == Kind.TEXT:
                self._note_misfit(values, before if before != Kind.EMPTY else classify(cleaned[:1]))
        if self.kind == Kind.TEXT or not self._plain:
            self.words += pc.sum(pc.is_in(present, value_set=_WORDS)).as_py() or 0
        self.present += len(present)
        self.rows += len(values)

    def _joined(self, before: Kind, kind: Kind, values: Any) -> Kind:
        if kind not in self.only and kind != Kind.EMPTY:
            return Kind.TEXT
        if kind == Kind.INTEGER and len(values):
            low_high = pc.min_max(values.cast(pa.int64()))
            self._largest = max(self._largest, abs(low_high["min"].as_py()), abs(low_high["max"].as_py()))
        if kind in _MONEY:
            sign, scale = parts_of_money(values, commas=kind == Kind.COMMA_MONEY) or ("", 2)
            if self.sign not in ("", sign):
                return Kind.TEXT
            self.sign, self.scales[kind] = sign, max(self.scales[kind], scale)
        if kind == Kind.FLOAT and self._open:
            self._open = decimal_comma.fits(values[:1]) and decimal_comma.fits(values)
        if kind == Kind.MONEY and self._open:
            other = parts_of_money(values, commas=True)
            self._open = other is not None
            self._marks |= {mark for mark in ".," if pc.any(pc.match_substring(values, mark)).as_py()}
            self.scales[Kind.COMMA_MONEY] = max(self.scales[Kind.COMMA_MONEY], other[1] if other else 0)
        if kind == Kind.COMMA:
            self._proven = self._proven or decimal_comma.proves(values)
        pair = {before, kind}
        if pair == set(_MONEY) and self._open:
            return Kind.COMMA_MONEY
        joined = Kind.COMMA if pair == {Kind.FLOAT, Kind.COMMA} and self._open else join(before, kind)
        # A double holds integers up to 2^53; past that a mixed column would be rounded.
        return Kind.TEXT if joined in (Kind.FLOAT, Kind.COMMA) and self._largest >= _EXACT else joined

    def _note_misfit(self, values: Any, kind: Kind) -> None:
        """Remember the first row that made text of a column which began as something else."""
        if kind in (Kind.TEXT, Kind.EMPTY):
            return
        low, high = 0, len(values)
        while high - low > 1:
            middle = (low + high) // 2
            part = blank_missing(values[low:middle]).drop_null()
            low, high = (middle, high) if join(kind, classify(part, kind)) != Kind.TEXT else (low, middle)
        self._was, self.broke_at = kind, self.rows + low + 1

    @property
    def has_decimal_commas(self) -> bool:
        """Whether its values can be nothing but numbers or amounts with decimal commas."""
        return (self.kind == Kind.COMMA and self._proven) or self.kind == Kind.COMMA_MONEY

    @property
    def is_open(self) -> bool:
        """Whether all its points and commas may as well mean the other thing: 1.234 is over a thousand in some countries."""
        return self._open and (self.kind == Kind.FLOAT or (self.kind == Kind.MONEY and bool(self._marks)))

    def doubt(self, decimal_commas: bool, elsewhere: bool) -> None:
        """Make text of numbers whose comma or point may mean two things.

        Parameters
        ----------
        decimal_commas
            Whether the file's delimiter leaves commas to numbers.
        elsewhere
            Whether another column of the file certainly has decimal commas.
        """
        if self.kind == Kind.COMMA and not (decimal_commas and self._proven):
            self._doubt = decimal_comma.AMBIGUOUS_COMMAS if not self._proven else decimal_comma.ELSEWHERE
        elif self.kind == Kind.COMMA_MONEY and not decimal_commas:
            self._doubt = decimal_comma.MONEY_ELSEWHERE
        elif self.is_open and elsewhere:
            self._doubt = decimal_comma.AMBIGUOUS_POINTS if self.kind == Kind.FLOAT else decimal_comma.AMBIGUOUS_MONEY
        elif self.kind == Kind.MONEY and self.is_open and decimal_commas and "." in self._marks:
            self._doubt = decimal_comma.AMBIGUOUS_MONEY  # hardly any currency has three decimals
        elif self.is_open and (decimal_commas or "." in self._marks):
            self._understood = decimal_comma.UNDERSTOOD
        if self._doubt:
            self.kind = Kind.TEXT

    def settle(self, target: pa.DataType | None = None) -> pa.DataType:
        """Decide. With a target (the column exists already) the values must fit it.

        Raises
        ------
        InvalidInput
            They do not; the message names the column and, where known, the row.
        """
        if self.kind == Kind.EMPTY and self.present and target is None:
            self.kind = Kind.TEXT  # nothing but words for missing: they are all there is to know
        if target is None:
            scale = self.scales.get(self.kind)
            self.type = _TYPES.get(self.kind, pa.string()) if scale is None else pa.decimal128(18, scale)
        elif pa.types.is_string(target):
            self.kind, self.type, self._doubt = Kind.TEXT, target, ""
        elif self._fits(target):
            self.type = target
        else:
            raise self._misfit(target)
        return self.type

    def _fits(self, target: pa.DataType) -> bool:
        types, kind = pa.types, self.kind
        if kind == Kind.EMPTY:
            return True
        if types.is_integer(target):
            return kind == Kind.INTEGER
        if types.is_floating(target):
            return kind in (Kind.FLOAT, Kind.COMMA) or (kind == Kind.INTEGER and self._largest < _EXACT)
        if types.is_decimal(target):
            return kind in _NUMBERS
        if types.is_timestamp(target):
            return kind == Kind.MOMENT if target.tz else kind in (Kind.DATE, Kind.TIMESTAMP)
        return bool(_TYPES.get(kind) == target)

    def _misfit(self, target: pa.DataType) -> InvalidInput:
        where = f" (row {self.broke_at:,} is the first)" if self.broke_at and self.kind == Kind.TEXT else ""
        if self._doubt:
            where = "; it may mean two numbers (1,234 or 1.234), or has decimal commas in a file separated by commas"
        return InvalidInput(
            f"The column {self.name!r} of the dataset holds {type_name(target)}, but the file's holds {self.kind.value}{where}.",
            fix="Correct the file, or take it into another dataset with name=... .",
            column=self.name,
            expected=type_name(target),
            got=self.kind.value,
            row=self.broke_at,
        )

    def convert(self, values: Any) -> Any:
        """A batch in the settled type."""
        if self.kind == Kind.TEXT:
            return values
        if self.kind == Kind.EMPTY:
            return pa.nulls(len(values), self.type)
        try:
            return self._cast(values if self._plain else blank_missing(values))
        except pa.ArrowInvalid as error:
            raise self._misfit(self.type) from error

    def _cast(self, values: Any) -> Any:
        if pa.types.is_boolean(self.type):
            return pc.if_else(pc.is_null(values), None, pc.is_in(pc.utf8_lower(values), value_set=pa.array(["true", "yes"])))
        if self.kind == Kind.COMMA:
            return decimal_comma.with_points(values).cast(self.type)
        return money_to_decimal(values, self.type, self.kind == Kind.COMMA_MONEY) if self.kind in _MONEY else values.cast(self.type)

    def remark(self) -> str | None:
        """What a person should know about how it was read."""
        if self.kind in _MONEY:
            commas = " has decimal commas (1.234,56 is 1234.56)," if self.kind == Kind.COMMA_MONEY else ""
            understood = f" {self._understood.format(name=self.name)}" if self._understood else ""
            return f"{self.name} is in {self.sign},{commas} kept as {type_name(self.type)}.{understood}"
        if self.kind == Kind.COMMA:
            return decimal_comma.READ.format(name=self.name, type=type_name(self.type))
        if self._doubt or self._understood:
            return (self._doubt or self._understood).format(name=self.name)
        if self.kind != Kind.TEXT or not self.only & {Kind.INTEGER}:
            return None
        if self.broke_at:
            return f"{self.name} is text: row {self.broke_at:,} is the first that is no {self._was.value}."
        if self.words:
            return f"{self.name} is text and holds words for a missing value (such as NA) {self.words:,} times; in text they are kept."
        return None
