"""The ways in which a column of text can be read, given what its values are by themselves.

A way takes some labels (:mod:`.atoms`); the values of others are its misfits. The way with the fewest misfits is the column's, and
the narrowest of those that are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import pyarrow as pa

from workbench.engines.readers import atoms, hints
from workbench.engines.readers.atoms import (
    BEHIND,
    BIT,
    BRACKETS,
    CODE,
    COMMA,
    COMPACT,
    DATE,
    FLOAT,
    GROUPED,
    GROUPED_POINT,
    HUGE,
    INFINITE,
    INTEGER,
    LARGE,
    LONG_FLOAT,
    LONG_POINTS,
    MINUS_ZERO,
    MOMENT,
    NUMBERS,
    OPEN_COMMA,
    OPEN_FLOAT,
    PERCENT,
    PLUS,
    POINTS,
    POWER,
    SIGNS,
    TIMESTAMP,
    ZEROS,
)
from workbench.engines.readers.currencies import CODED, WORDS
from workbench.engines.readers.dates import ORDERS, SEPARATORS, Style
from workbench.engines.readers.digits import Digits
from workbench.engines.readers.kinds import Kind

__all__ = ["TEXT", "Tally", "Way", "asked_ways", "covering", "fewest", "natural_ways", "signs_in", "with_minus"]

_DAY, _MOMENT, _MICROS = pa.date32(), pa.timestamp("us", tz="UTC"), pa.timestamp("us")
_PAIRS = (
    (Kind.TRUTH, ("true",), ("false",)),
    (Kind.YES, ("yes",), ("no",)),
    (Kind.WORDS, ("y",), ("n",)),
    (Kind.WORDS, ("t",), ("f",)),
    (Kind.WORDS, ("on",), ("off",)),
    (Kind.WORDS, ("ja",), ("nein",)),
    (Kind.WORDS, ("wahr",), ("falsch",)),
    (Kind.WORDS, ("vrai",), ("faux",)),
    (Kind.WORDS, ("verdadero", "vero"), ("falso",)),
    (Kind.WORDS, ("oui",), ("non",)),
    (Kind.WORDS, ("si", "sí"), ("no",)),
)


@dataclass
class Tally:
    """What is known of a column's values: how many have which label, and the first row (from 1) of each; the ``digits`` of its numbers,
    whether any has its minus in front (``ahead``), between which numbers dates with years of two digits begin and end (``ends``, as
    :func:`.dates.short_ends`), and the ``codes`` of its amounts' currencies."""

    counts: dict[int, int] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=dict)
    digits: Digits = field(default_factory=Digits)
    ahead: bool = False
    ends: tuple[int, int, int, int] | None = None
    codes: frozenset[str] = frozenset()

    def __contains__(self, label: int) -> bool:
        return label in self.counts

    def count(self, *labels: int) -> int:
        # A column has few labels, while some ways take hundreds.
        return sum(count for label, count in self.counts.items() if label in labels)

    @property
    def present(self) -> int:
        return sum(self.counts.values())

    def see_ends(self, ends: tuple[int, int, int, int] | None) -> None:
        mine, other = self.ends or ends, ends or self.ends
        if mine is not None and other is not None:
            self.ends = min(mine[0], other[0]), max(mine[1], other[1]), min(mine[2], other[2]), max(mine[3], other[3])

    def in_front(self, minus: int) -> Tally:
        """The same, where the minus that stands somewhere else (``BEHIND``, ``BRACKETS``) stands in front of its number."""
        made = replace(self, counts={}, first={})
        for label, count in self.counts.items():
            here = label - minus if minus <= label < minus + BEHIND else label
            made.counts[here] = made.counts.get(here, 0) + count
            made.first[here] = min(made.first.get(here, self.first.get(label, 0)), self.first.get(label, 0))
        return made if minus else self

    def minuses(self, given: bool) -> Iterator[int]:
        """Where else than in front a minus stands, if all do: (5) and 5- mean nothing else beside numbers without one (5- beside decimals)
        or where a person says that these are numbers."""
        plain, fractions = bool(self.count(*NUMBERS)), NUMBERS - _WHOLE - {LARGE}
        for minus in (BEHIND, BRACKETS):
            there = [label for label in self.counts if minus <= label < minus + BEHIND]
            sure = given or plain or (minus == BEHIND and any(label - minus in fractions for label in there))
            if there and sure and not self.ahead:
                yield minus


@dataclass(frozen=True)
class Way:
    """``takes`` are the labels that it reads; ``true`` the words that mean so, ``sign`` a currency's or that of hundredths; ``minus`` where
    one stands, if not in front."""

    kind: Kind
    type: pa.DataType
    takes: frozenset[int]
    style: Style | None = None
    true: tuple[str, ...] = ()
    sign: str = ""
    minus: int = 0

    def misfits(self, tally: Tally) -> int:
        return sum(count for label, count in tally.counts.items() if label not in self.takes)


TEXT = Way(Kind.TEXT, pa.string(), frozenset(range(atoms.LABELS)))


def fewest(ways: Iterator[Way] | list[Way], tally: Tally) -> Way | None:
    """The way with the fewest misfits; of equals the first. None: there is no way."""
    return min(ways, key=lambda way: way.misfits(tally), default=None)


def with_minus(way: Way, minus: int) -> Way:
    """The same where numbers may also have their minus there."""
    return replace(way, minus=minus, takes=way.takes | {minus + label for label in way.takes}) if minus else way


def natural_ways(name: str, tally: Tally) -> Iterator[Way]:
    """Those that the values speak for, narrowest first, with a word from the column's name."""
    yield from _natural(name, tally)
    for minus in tally.minuses(given=False):
        yield from _numeric(with_minus(way, minus) for way in _natural(name, tally.in_front(minus)))


def _numeric(ways: Iterable[Way]) -> Iterator[Way]:
    return (way for way in ways if way.kind in _NUMERIC)


def _natural(name: str, tally: Tally) -> Iterator[Way]:
    truth = hints.is_about_truth(name)
    yield from (way for way, certain in _truths(tally) if certain or truth)
    if truth and BIT in tally:
        yield _BIT
    if COMPACT in tally and hints.is_about_days(name):
        yield _COMPACT
    yield from _numbers(tally, hints.is_about_money(name), hints.is_about_versions(name))
    if not _may_be_names(tally) or hints.is_about_money(name):
        yield from _money(tally)
    yield from _dates(tally)
    if not hints.is_about_versions(name):
        yield from _short_dates(tally)


def asked_ways(asked: pa.DataType, tally: Tally, *, given: bool, thousands: bool) -> Iterator[Way]:
    """Those that give a certain type; empty where none does.

    Parameters
    ----------
    given
        Whether a person asked for it, who may know that ``007`` is 7 and ``20130131`` a day; else nothing may be lost.
    thousands
        Whether somebody said that a comma stands between thousands.
    """
    yield from _asked(asked, tally, given, thousands)
    for minus in tally.minuses(given):
        yield from _numeric(with_minus(way, minus) for way in _asked(asked, tally.in_front(minus), given, thousands))


def _asked(asked: pa.DataType, tally: Tally, given: bool, thousands: bool) -> Iterator[Way]:
    types = pa.types
    if types.is_boolean(asked):
        yield from (way for way, _ in _truths(tally))  # in a column that holds truth, ``no`` is no country
        yield _BIT
    elif types.is_date(asked):
        yield from (way for way in (*_dates(tally), *_short_dates(tally)) if way.type == _DAY)
        if given or COMPACT in tally:
            yield _COMPACT
    elif types.is_timestamp(asked):
        yield from (way for way in (*_dates(tally), *_short_dates(tally)) if (way.type == _MOMENT) == bool(asked.tz))
    elif types.is_integer(asked):
        whole = _WHOLE | {LARGE}
        yield Way(Kind.INTEGER, asked, frozenset(whole | {ZEROS} if given else whole))
        if given and tally.count(PLUS):
            yield Way(Kind.INTEGER, asked, frozenset(whole | {ZEROS, PLUS}))
        if thousands or tally.count(GROUPED):
            yield Way(Kind.THOUSANDS, asked, frozenset(whole | {OPEN_COMMA, GROUPED}))
        if tally.count(POINTS):
            yield Way(Kind.COMMA, asked, frozenset(whole | {OPEN_FLOAT, POINTS, LONG_POINTS}))
    elif types.is_floating(asked) or types.is_decimal(asked):
        yield from _asked_numbers(asked, tally, given)
    elif types.is_time(asked):
        yield Way(Kind.CLOCK, asked, TEXT.takes)
    elif isinstance(asked, pa.UuidType):
        yield Way(Kind.UUID, asked, TEXT.takes)


def covering(name: str, tally: Tally, labels: frozenset[int]) -> Way | None:
    """The narrowest way that takes all of some labels."""
    part = Tally({label: tally.counts[label] for label in labels}, ahead=tally.ahead, codes=tally.codes)
    way = fewest(natural_ways(name, part), part)
    return way if way is not None and not way.misfits(part) else None


_WHOLE = frozenset({INTEGER, BIT, COMPACT, MINUS_ZERO})
_COMMAS, _POINT = {OPEN_FLOAT, POWER, COMMA, OPEN_COMMA, POINTS, LONG_POINTS}, {FLOAT, OPEN_FLOAT, POWER, GROUPED_POINT}
_NUMERIC = frozenset((Kind.INTEGER, Kind.FLOAT, Kind.COMMA, Kind.THOUSANDS, Kind.MONEY, Kind.COMMA_MONEY, Kind.PERCENT, Kind.COMMA_PERCENT))
# 1.2.10 beside 1.2 is a version.
_SHORT_POINTS = frozenset[int]().union(*(atoms.short_labels(SEPARATORS.index("."), order, timed=False) for order in ORDERS))
_BIT = Way(Kind.BIT, pa.bool_(), frozenset({BIT}), true=("1",))
_COMPACT = Way(Kind.DAY, _DAY, frozenset({COMPACT}), Style("compact"))


def _truths(tally: Tally) -> Iterator[tuple[Way, bool]]:
    """Pairs of words of which one is there, and whether that is enough to know what they mean."""
    for kind, true, yes, no in _TRUTHS:
        there = [bool(tally.count(*labels)) for labels in (yes, no)]
        if any(there):
            yield Way(kind, pa.bool_(), yes | no, true=true), all(there) or kind == Kind.TRUTH or (kind == Kind.YES and there[0])


def _numbers(tally: Tally, money: bool, versions: bool) -> Iterator[Way]:
    if tally.count(ZEROS, HUGE):
        return  # codes, telephone numbers: a number would lose what they are
    whole = _WHOLE
    if tally.count(*whole, LARGE):
        yield Way(Kind.INTEGER, pa.int64(), whole | {LARGE})
    if versions or tally.count(CODE, *_SHORT_POINTS):
        return
    point, comma = (_decimals(tally, mark, money) for mark in (False, True))
    # 1E5 beside 2E7 is an article's number; beside 1.5 a power of ten.
    if tally.count(FLOAT, OPEN_FLOAT, LONG_FLOAT) and point is not None:
        yield Way(Kind.FLOAT, point, whole | _also(point) | {FLOAT, OPEN_FLOAT, POWER})
    elif tally.count(INFINITE) and tally.count(*whole) and point is not None:
        yield Way(Kind.FLOAT, point, whole | _also(point))
    if tally.count(COMMA, OPEN_COMMA, POINTS) and comma is not None:
        kind = comma if tally.count(COMMA, OPEN_COMMA, INFINITE) else pa.int64()
        yield Way(Kind.COMMA, kind, whole | _also(kind) - {LONG_FLOAT} | _COMMAS)
    if tally.count(GROUPED, GROUPED_POINT) and point is not None:
        fractions = tally.count(FLOAT, OPEN_FLOAT, LONG_FLOAT, GROUPED_POINT, INFINITE)
        kind = point if fractions else pa.int64()
        yield Way(Kind.THOUSANDS, kind, whole | _also(kind) | {OPEN_COMMA, GROUPED} | (_POINT if fractions else set()))


def _decimals(tally: Tally, comma: bool, money: bool) -> pa.DataType | None:
    """What holds numbers with decimals; None: nothing does."""
    exact = tally.digits.exact(comma) if money and INFINITE not in tally and not tally.digits.are_doubles(comma) else None
    # A double holds integers up to 2^53; past that a mixed column would be rounded.
    return exact or (None if tally.count(LARGE, LONG_FLOAT) else pa.float64())


def _also(kind: pa.DataType) -> set[int]:
    """What a decimal takes besides, or a double."""
    if pa.types.is_floating(kind):
        return {INFINITE}
    return {LARGE, LONG_FLOAT} if pa.types.is_decimal(kind) else set()


def _asked_numbers(asked: pa.DataType, tally: Tally, given: bool) -> Iterator[Way]:
    exact = pa.types.is_decimal(asked)
    whole = _WHOLE | ({LARGE, HUGE} if exact else set())
    also = {ZEROS} if given else set()
    points = _POINT | _also(asked)
    if given or not tally.count(ZEROS, CODE, *_SHORT_POINTS, *(() if exact else (LONG_FLOAT,))):
        yield Way(Kind.FLOAT, asked, frozenset(whole | also | points - {GROUPED_POINT}))
        yield Way(Kind.COMMA, asked, frozenset(whole | also | _COMMAS))
        if tally.count(GROUPED, GROUPED_POINT):
            yield Way(Kind.THOUSANDS, asked, frozenset(whole | also | points | {OPEN_COMMA, GROUPED}))
    if given and tally.count(PLUS):
        yield Way(Kind.FLOAT, asked, frozenset(whole | also | points - {GROUPED_POINT} | {PLUS}))
    for way in _money(tally):
        if pa.types.is_decimal(asked) or way.sign == PERCENT:
            yield Way(way.kind, asked, way.takes, sign=way.sign)


def _money(tally: Tally) -> Iterator[Way]:
    signs = signs_in(tally)
    if len(signs) != 1 or (SIGNS[signs[0]] == CODED and len(tally.codes) != 1):
        return
    sign = SIGNS[signs[0]]
    bare, either_point, either_comma, point, comma = (atoms.money_label(signs[0], how) for how in atoms.HOW)
    either = {bare, either_point, either_comma}
    if sign == PERCENT:
        yield Way(Kind.PERCENT, pa.float64(), frozenset(either | {point}), sign=sign)
        yield Way(Kind.COMMA_PERCENT, pa.float64(), frozenset(either | {comma}), sign=sign)
        return
    yield Way(Kind.MONEY, _amounts(tally, comma=False), frozenset(either | {point}), sign=sign)
    yield Way(Kind.COMMA_MONEY, _amounts(tally, comma=True), frozenset(either | {comma}), sign=sign)


def signs_in(tally: Tally) -> list[int]:
    """The places in ``SIGNS`` of what stands beside its amounts."""
    return [place for place in range(len(SIGNS)) if tally.count(*(atoms.money_label(place, how) for how in atoms.HOW))]


def _may_be_names(tally: Tally) -> bool:
    """Whether all that speaks for amounts are a word and a whole number: ``TOP 10``, ``PEN 12``."""
    how = (atoms.money_label(SIGNS.index(CODED), each) for each in atoms.HOW[1:])
    return bool(tally.codes & WORDS) and not tally.count(*how)


def _amounts(tally: Tally, comma: bool) -> pa.DataType:
    """What holds amounts with a sign, of which none has more than 15 digits before and behind its mark; other values may have."""
    digits = tally.digits
    return digits.exact(comma) or pa.decimal128(38, min(max(digits.comma if comma else digits.point, 2), 23))


def _dates(tally: Tally) -> Iterator[Way]:
    if tally.count(DATE):
        yield Way(Kind.DATE, _DAY, frozenset({DATE}))
    if tally.count(DATE, TIMESTAMP):
        yield Way(Kind.TIMESTAMP, _MICROS, frozenset({DATE, TIMESTAMP}))
    if tally.count(MOMENT):
        yield Way(Kind.MOMENT, _MOMENT, frozenset({MOMENT}))
    for days, times, style in _WRITTEN:
        if tally.count(*days):
            yield Way(Kind.DAY, _DAY, days, style)
        if tally.count(*days, *times):
            yield Way(Kind.TIME, _MICROS, days | times, style)


def _short_dates(tally: Tally) -> Iterator[Way]:
    """Those with years of two digits; which of them may be meant is for :mod:`.doubts` to say."""
    for days, times, style in _WRITTEN_SHORT:
        if tally.count(*days):
            yield Way(Kind.DAY, _DAY, days, style)
        if tally.count(*days, *times):
            yield Way(Kind.TIME, _MICROS, days | times, style)


def _date_styles() -> Iterator[tuple[frozenset[int], frozenset[int], Style]]:
    for separator, mark in enumerate(SEPARATORS):
        for order in ORDERS:
            labels = ("ymd",) if order == "ymd" else ("either", order)
            yield _labelled(separator, labels, timed=False), _labelled(separator, labels, timed=True), Style(order, mark)
    yield _labelled(0, ("words",), timed=False), _labelled(0, ("words",), timed=True), Style("words")


def _labelled(separator: int, orders: tuple[str, ...], timed: bool) -> frozenset[int]:
    return frozenset(atoms.date_label(separator, order, timed) for order in orders)


def _short_styles() -> Iterator[tuple[frozenset[int], frozenset[int], Style]]:
    for separator, mark in enumerate(SEPARATORS):
        for order in ORDERS:
            days, times = (atoms.short_labels(separator, order, timed) for timed in (False, True))
            yield days, times, Style(order, mark, short=True)


def _truth_words() -> Iterator[tuple[Kind, tuple[str, ...], frozenset[int], frozenset[int]]]:
    for kind, true, false in _PAIRS:
        yes, no = (frozenset(atoms.WORDS_AT + atoms.WORDS.index(word) for word in words) for words in (true, false))
        yield kind, true, yes, no


# Made once: they are gone through several times for each column of a file.
_WRITTEN, _WRITTEN_SHORT, _TRUTHS = tuple(_date_styles()), tuple(_short_styles()), tuple(_truth_words())
