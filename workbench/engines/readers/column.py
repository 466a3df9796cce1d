"""A column of text on its way to a type: seen once in full, then converted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import InvalidInput
from workbench.engines.readers import atoms, doubts, remarks
from workbench.engines.readers.convert import misfits_of, to_type
from workbench.engines.readers.currencies import CODED, codes_in
from workbench.engines.readers.dates import ORDERS, Order, Style, short_ends
from workbench.engines.readers.doubts import Customs, undoubted
from workbench.engines.readers.kinds import MISSING, Kind, blank_missing, uniform
from workbench.engines.readers.ways import TEXT, Tally, Way, asked_ways, covering, fewest, natural_ways
from workbench.engines.types import arrow_type, type_name, type_words

__all__ = ["SPARE", "Customs", "TextColumn", "labels_of"]

#: The share of a column's values that may be something else than the others, where they can be set aside.
SPARE = 0.02
_WORDS = pa.array([word for word in MISSING if word])
_DASHES = pa.array(["-", "--", "---", "\u2013", "\u2014"])
_EMPTY = Way(Kind.EMPTY, pa.string(), frozenset())
_NUMBERS = [*atoms.NUMBERS, atoms.HUGE]
_FRACTIONS = [
    *(atoms.FLOAT, atoms.LONG_FLOAT, atoms.OPEN_FLOAT, atoms.POWER, atoms.GROUPED_POINT, atoms.COMMA, atoms.OPEN_COMMA),
    *range(atoms.MONEY, atoms.WORDS_AT),
]
_TYPES = ("boolean", "long", "double", "date", "timestamp", "timestamptz")
_COMMAS = (Kind.COMMA, Kind.COMMA_MONEY, Kind.COMMA_PERCENT)
_POINTS = (Kind.FLOAT, Kind.MONEY, Kind.PERCENT, Kind.THOUSANDS)
_EXAMPLES = 5
_WHOLE = re.compile(atoms.WHOLE, re.ASCII)


class TextColumn:
    """``see`` every batch, then ``settle``, then ``convert`` or ``divide`` every batch.

    Parameters
    ----------
    name
        As it will be in the table.
    only
        The kinds that are looked for; anything else stays text. JSON, for example, has numbers of its own, so that text
        which looks like one is text.
    spare
        The share of values that may be something else (see :meth:`divide`); with 0 one such value makes text of the column.
    asked
        The type that a person asked for; kept whatever the values are.
    place
        Where it stands in the file (from 0).
    """

    def __init__(
        self, name: str, only: frozenset[Kind] = frozenset(Kind), *, spare: float = 0.0, asked: pa.DataType | None = None, place: int = 0
    ) -> None:
        self.name, self.only, self.spare, self.asked, self.place = name, only, spare, asked, place
        self.type: pa.DataType = pa.string()
        self.rows = self.present = 0
        self.words = 0  # values such as NA
        self.dashes = 0  # values that are a dash alone
        self.tally, self.way = Tally(), _EMPTY
        self.examples: list[str] = []
        self._customs, self._found = Customs(), pa.string()  # the type by its values alone
        self.doubted = self.understood = ""  # as remarks
        self._plain = True  # no spaces to trim and no words to blank
        self.where: Callable[[int], str] = _row  # what a row is in words: its line, where whoever reads the file knows it

    @property
    def kind(self) -> Kind:
        return self.way.kind

    def see(self, values: Any) -> None:
        """Take note of a batch (an array of strings; null is missing)."""
        present = values.drop_null()
        if len(present):
            likely = self.kind if self.kind != Kind.EMPTY else _likely(present[:1])
            counts = uniform(present, likely)
            if counts is None:
                self._see_each(values, present)
            else:
                self._note_minus(present)
                self._count(counts, dict.fromkeys(counts, pc.index(pc.is_valid(values), True).as_py()))
                numbers, fractions = likely in (Kind.INTEGER, Kind.FLOAT), likely == Kind.FLOAT
                self.tally.digits.see(present if numbers else present[:0], present if fractions else present[:0])
            self._exemplify(present)
        self.present += len(present)
        self.rows += len(values)
        self.way = self._natural()

    def _see_each(self, values: Any, present: Any) -> None:
        cleaned = blank_missing(present)
        if cleaned.null_count or not cleaned.equals(present):
            self._plain = False
            self.words += pc.sum(pc.is_in(present, value_set=_WORDS)).as_py() or 0
        self.dashes += pc.sum(pc.is_in(cleaned, value_set=_DASHES)).as_py() or 0
        known = cleaned.drop_null()
        if not self._plain and pc.any(pc.match_substring(known, CODED)).as_py():
            self.tally.codes |= codes_in(pc.utf8_trim_whitespace(present))
        codes = atoms.labels(known)
        self._note_minus(known)
        counts = dict(enumerate(np.bincount(codes).tolist()))
        first: dict[int, int] = {}
        if any(count and label not in self.tally for label, count in counts.items()):
            places = np.flatnonzero(pc.is_valid(blank_missing(values)).to_numpy(zero_copy_only=False))
            first = {label: int(places[np.argmax(codes == label)]) for label, count in counts.items() if count}
        self._count(counts, first)
        plain = codes % atoms.BEHIND
        numbers, fractions = (known.filter(pa.array(np.isin(plain, labels))) for labels in (_NUMBERS, _FRACTIONS))
        self.tally.digits.see(numbers, fractions)
        short = (codes >= atoms.SHORT) & (codes < atoms.BEHIND)
        if short.any():
            self.tally.see_ends(short_ends(known.filter(pa.array(short))))

    def _note_minus(self, values: Any) -> None:
        tally = self.tally
        if not tally.ahead and pc.any(pc.starts_with(values, "-")).as_py():
            tally.ahead = bool(pc.any(pc.match_substring_regex(values, r"^-[^A-Za-z]*\d")).as_py())

    def _count(self, counts: dict[int, int], first: dict[int, int]) -> None:
        for label, count in counts.items():
            if count:
                if label not in self.tally:
                    self.tally.first[label] = self.rows + 1 + first[label]
                self.tally.counts[label] = self.tally.counts.get(label, 0) + count

    def _exemplify(self, present: Any) -> None:
        if len(self.examples) < _EXAMPLES:
            new = [text for text in pc.unique(present[:100]).to_pylist() if text not in self.examples]
            self.examples += new[: _EXAMPLES - len(self.examples)]

    def _natural(self) -> Way:
        """What the values speak for."""
        if not self.tally.present:
            return _EMPTY
        best = fewest([way for way in natural_ways(self.name, self.tally) if way.kind in self.only], self.tally)
        return best if best is not None and self._is_near(best) else TEXT

    def _is_near(self, way: Way) -> bool:
        return self.can_spare(way.misfits(self.tally))

    def can_spare(self, misfits: int) -> bool:
        """Whether so few values that do not fit make no other column of it."""
        return misfits <= int(self.tally.present * self.spare)

    @property
    def misfits(self) -> int:
        """How many values do not fit, by what was seen."""
        return self.way.misfits(self.tally) if self.kind != Kind.EMPTY else 0

    @property
    def is_doubtful(self) -> bool:
        """Whether it is text because its values may mean two things."""
        return bool(self.doubted)

    @property
    def is_surely_text(self) -> bool:
        """Whether further values will hardly make anything else of it."""
        kinds = (pa.bool_(), pa.date32(), pa.timestamp("us"), pa.timestamp("us", tz="UTC"))
        asked = [way for kind in kinds for way in asked_ways(kind, self.tally, given=True, thousands=False)]
        best = fewest([*natural_ways(self.name, self.tally), *asked], self.tally)
        return self.kind == Kind.TEXT and (best is None or best.misfits(self.tally) * 10 > self.tally.present)

    @property
    def has_decimal_commas(self) -> bool:
        """Whether its values can be nothing but numbers or amounts with decimal commas."""
        return doubts.has_decimal_commas(self.way, self.tally)

    @property
    def written(self) -> tuple[str | None, str | None, bool]:
        """What stands before its decimals, the order of its dates (None: nothing does, it has none), and whether all are percentages."""
        style = self.way.style
        order = style.order if style is not None and style.order in ORDERS else None
        decimal = "," if self.kind in _COMMAS else "." if self.kind in _POINTS else None
        return decimal, order, self.kind in (Kind.PERCENT, Kind.COMMA_PERCENT)

    @property
    def is_open(self) -> bool:
        """Whether all its points and commas may as well mean the other thing: 1.234 is over a thousand in some countries."""
        return doubts.is_open(self.way, self.tally)

    @property
    def proven_order(self) -> Order | None:
        """The order of its dates (with the day and the month in numbers), where a value proves it."""
        return doubts.proven_order(self.way, self.tally)

    def doubt(self, customs: Customs) -> None:
        """Make text of what may mean two things, or read it as the file's ``customs`` are."""
        self._customs = customs
        self.way = self._undoubted(self.way)

    def _undoubted(self, way: Way) -> Way:
        found = undoubted(way, self.tally, self._customs)
        self.doubted, self.understood = found.doubt, found.understood
        return found.way

    def settle(self, target: pa.DataType | None = None) -> pa.DataType:
        """Decide. With a target (the column exists already) the values must fit it.

        Raises
        ------
        InvalidInput
            They do not; the message names the column and, where known, the row. Or what a person asked for may mean two things.
        """
        wanted, self._found = self.asked if self.asked is not None else target, self.way.type
        if wanted is None:
            if self.kind == Kind.EMPTY and self.present:
                self.way = TEXT  # nothing but words for missing: they are all there is to know
            self.type = self.way.type
        elif pa.types.is_string(wanted):
            self.way, self.type, self.doubted = TEXT, wanted, ""
        else:
            self.type = wanted
            if self.tally.present:
                self._settle_on(wanted)
            else:
                self.way = _EMPTY
        return self.type

    def _settle_on(self, wanted: pa.DataType) -> None:
        natural, given = self.way, self.asked is not None
        ways = list(asked_ways(wanted, self.tally, given=given, thousands=self._customs.decimal == "."))
        if not given and self.only != frozenset(Kind):
            ways = [way for way in ways if way.kind in self.only]
        # What a file was found to be is read the same when it is asked for: a plus sign is let pass only where it must be.
        strict = fewest([way for way in ways if atoms.PLUS not in way.takes], self.tally)
        best = strict if strict is not None and self._is_near(strict) else fewest(ways, self.tally)
        best = self._undoubted(best) if best is not None else None
        if given and best is TEXT:
            raise self._unclear(wanted)
        if given and best is None:
            raise self._impossible(wanted)
        if best is None or best is TEXT or not (given or self._is_near(best)):
            self.way = natural if best is None or best is not TEXT else TEXT
            raise self.misfit(wanted)
        self.way = best

    def _unclear(self, wanted: pa.DataType) -> InvalidInput:
        return InvalidInput(
            f"The column {self.name!r} cannot be read as {type_name(wanted)} yet: {remarks.say(self, self.doubted)}",
            fix="Say the order of dates (`dates='dmy'` or `dates='mdy'`) or what stands before decimals (`decimal=','` or `decimal='.'`).",
            column=self.name,
            unclear=True,
        )

    def _impossible(self, wanted: pa.DataType) -> InvalidInput:
        types = ", ".join((*_TYPES, "time", "int", "float", "decimal(18, 2)", "uuid", "string"))
        return InvalidInput(
            f"The column {self.name!r} is text in the file and cannot be read as {type_name(wanted)}.",
            fix=f"Possible are {types}.",
            column=self.name,
        )

    def misfit(self, target: pa.DataType) -> InvalidInput:
        """What to say where it cannot be of a table's type."""
        row = self.broke()[0] if self.kind == Kind.TEXT else None
        where = f" ({self.where(row)} is the first)" if row else ""
        if self.doubted:
            where = "; it may mean two numbers (1,234 or 1.234) or two days, or has decimal commas in a file separated by commas"
        return InvalidInput(
            f"The column {self.name!r} of the dataset holds {type_name(target)}, but the file's is {self.kind.phrase}{where}.",
            fix="Correct the file, or take it into another dataset with `name='...'`.",
            column=self.name,
            expected=type_name(target),
            got=self.kind.value,
            row=row,
        )

    def broke(self) -> tuple[int | None, Kind, int]:
        """The first row (from 1) that made text of what was something else before (None: it was text from the first), what that
        was, and the label of the value there."""
        before, taken = _EMPTY, frozenset[int]()
        for label, row in sorted(self.tally.first.items(), key=lambda each: each[1]):
            taken |= {label}
            way = covering(self.name, self.tally, taken)
            if way is None or way.kind not in self.only:
                return (row if before is not _EMPTY else None), before.kind, label
            before = way
        return None, before.kind, atoms.TEXT

    def divide(self, values: Any) -> tuple[Any, Any | None]:
        """A batch in the settled type, and which of its values do not fit (a mask; None: all do), which are null."""
        if self.kind == Kind.TEXT:
            return values, None
        if self.kind == Kind.EMPTY:
            return pa.nulls(len(values), self.type), None
        cleaned = values if self._plain else blank_missing(values)
        bad = self._misfitting(cleaned) if self.misfits else None
        good = cleaned if bad is None else pc.if_else(pa.array(bad), pa.scalar(None, pa.string()), cleaned)
        try:
            return to_type(good, self.way, self.type), bad
        except pa.ArrowInvalid:  # too large for the type that was asked for, or too many decimals
            worse = misfits_of(good, self.way, self.type)
            good = pc.if_else(pa.array(worse), pa.scalar(None, pa.string()), good)
            return to_type(good, self.way, self.type), worse if bad is None else bad | worse

    def _misfitting(self, values: Any) -> Any | None:
        present = values.drop_null()
        if not len(present) or (uniform(present, self.kind) is not None and self.way.style is None):
            return None
        fits = np.isin(atoms.labels(present), list(self.way.takes))
        if fits.all():
            return None
        bad = np.zeros(len(values), dtype=bool)
        bad[np.flatnonzero(pc.is_valid(values).to_numpy(zero_copy_only=False))[~fits]] = True
        return bad

    def convert(self, values: Any) -> Any:
        """A batch in the settled type.

        Raises
        ------
        InvalidInput
            A value does not fit it.
        """
        converted, bad = self.divide(values)
        if bad is not None:
            raise self.misfit(self.type)
        return converted

    def remark(self) -> str | None:
        """What a person should know about how it was read."""
        return remarks.remark(self)

    @property
    def null_share(self) -> float:
        """The share of rows without a value."""
        there = self.present if self.kind == Kind.TEXT else self.tally.present
        return 1 - there / self.rows if self.rows else 0.0

    @property
    def may_overflow(self) -> bool:
        """Whether values may fit by how they are written, but not by their size."""
        narrow = pa.types.is_decimal(self.type) or pa.types.is_int32(self.type) or pa.types.is_float32(self.type)
        return self.asked is None and narrow and self.type != self._found

    def reason(self, value: str | None) -> str:
        """Why a value was set aside."""
        if pa.types.is_floating(self.type) and labels_of([value])[0] in self.way.takes | {atoms.FAR}:
            return "is too large for a number" + (" of 32 bits" if pa.types.is_float32(self.type) else "")
        style = f" ({words})" if (words := self._style_in_words()) else ""
        if self.may_overflow or self.asked is not None:
            return f"is no {type_words(self.type)}{style}"
        return f"is no {self.kind.words}{style}"

    def _style_in_words(self) -> str:
        """How its dates are written. Where not one of its values is a date, all that is known is how the file's others are."""
        if self.way.style is None or self.way.misfits(self.tally) < self.tally.present:
            return self.way.style.words if self.way.style is not None else ""
        return Style(self._customs.order, ", ").words if self._customs.order is not None else ""

    def takes(self, text: str | None) -> bool:
        """Whether the settled column reads a text, or takes it for a missing value."""
        return self.takes_label(labels_of([text])[0])

    def is_missing(self, text: str | None) -> bool:
        """Whether the settled column takes a text for a missing value; in a column of text words for one are text."""
        return text is None or (self.kind != Kind.TEXT and labels_of([text])[0] is None)

    def takes_label(self, label: int | None) -> bool:
        """The same of a text whose label is known (None: a missing value)."""
        return label is None or label in self.way.takes

    def known_better(self, fitting: int | None, others: Any, numbers: list[int]) -> TextColumn:
        """The column of which so many values are known to fit (None: those that were seen), and every other value (``others``, in the rows
        of those ``numbers``)."""
        made = TextColumn(self.name, self.only, spare=self.spare, asked=self.asked, place=self.place)
        made.see(others)
        made.tally.first = {label: numbers[row - 1] for label, row in made.tally.first.items()}
        seen = {label: count for label, count in self.tally.counts.items() if label in self.way.takes}
        fitting = sum(seen.values()) if fitting is None else fitting
        share = fitting / max(sum(seen.values()), 1)
        seen = {label: max(round(count * share), 1) for label, count in seen.items()} if fitting else {}
        most = max(seen, key=lambda label: seen[label], default=atoms.TEXT)
        seen[most] = fitting - sum(seen.values()) + seen.get(most, 0)
        for label, count in seen.items():
            if count:
                made.tally.counts[label] = made.tally.counts.get(label, 0) + count
                made.tally.first[label] = self.tally.first.get(label, 1)
        tally, mine = made.tally, self.tally
        tally.digits.add(mine.digits)
        tally.ahead = tally.ahead or mine.ahead
        tally.see_ends(mine.ends)
        tally.codes |= mine.codes
        made.words, made.present, made.rows = made.words + self.words, made.present + fitting, made.rows + self.rows
        made.dashes += self.dashes
        made.examples, made._plain = self.examples, made._plain and self._plain
        made.way = made._natural()
        return made

    def choices(self) -> tuple[str, ...]:
        """The types that would hold all values, its own first."""
        exact = self.exact
        names = [*_TYPES] if exact is None else [*_TYPES, type_name(exact)]
        fitting = [type_name(self.type), *(name for name in names if self._holding(arrow_type(name)) is not None), "string"]
        return tuple(dict.fromkeys(fitting))

    @property
    def exact(self) -> pa.DataType | None:
        """The decimal that holds all its numbers to the last digit; None: none does."""
        way = self._holding(arrow_type("decimal(18, 2)"))
        comma = way is not None and way.kind in _COMMAS
        return self.tally.digits.exact(comma, 2 if self.way.sign == atoms.PERCENT else 0) if way is not None else None

    def _holding(self, kind: pa.DataType) -> Way | None:
        """How all its values would be read as a type."""
        best = fewest(asked_ways(kind, self.tally, given=True, thousands=False), self.tally)
        return best if best is not None and not best.misfits(self.tally) else None


def _row(number: int) -> str:
    return f"row {number:,}"


def labels_of(texts: Sequence[str | None]) -> list[int | None]:
    """What each text is by itself; None: a missing value."""
    known = blank_missing(pa.array(texts, pa.string()))
    labels = iter(atoms.labels(known.drop_null()).tolist())
    return [next(labels) if there else None for there in pc.is_valid(known).to_pylist()]


def _likely(values: Any) -> Kind:
    """What a column that begins so may be; only where the search begins."""
    if _WHOLE.fullmatch(values[0].as_py()):
        return Kind.INTEGER  # the most frequent by far, and there are files of thousands of columns
    tally = Tally(dict.fromkeys(atoms.labels(values).tolist(), 1))
    way = fewest(natural_ways("", tally), tally)
    return way.kind if way is not None else Kind.TEXT
