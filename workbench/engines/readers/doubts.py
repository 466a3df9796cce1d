"""What may mean two things: 1,234 and 03/04/2013. It is read one way only where a value, another column or a person settles it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from workbench.engines.readers import atoms, decimal_comma, remarks
from workbench.engines.readers.dates import ORDERS, SEPARATORS, Order, Style
from workbench.engines.readers.kinds import Kind
from workbench.engines.readers.ways import TEXT, Tally, Way, asked_ways, with_minus

__all__ = ["Customs", "Undoubted", "has_decimal_commas", "is_open", "proven_order", "undoubted"]


@dataclass(frozen=True)
class Customs:
    """How a file writes what could be read in two ways.

    ``commas``: its delimiter leaves commas to numbers; ``elsewhere``: another column certainly has decimal commas. ``decimal`` is what a
    person said stands before decimals. ``order`` is the order of dates, ``said`` by a person or proven in another column.
    """

    commas: bool = False
    elsewhere: bool = False
    decimal: str | None = None
    order: Order | None = None
    said: bool = False


@dataclass(frozen=True)
class Undoubted:
    """The way that is left; the ``doubt`` that made text of it, or how it was ``understood`` in spite of one (both as in
    :mod:`.remarks`)."""

    way: Way
    doubt: str = ""
    understood: str = ""


def undoubted(way: Way, tally: Tally, customs: Customs) -> Undoubted:
    """Read what may mean two things as the file's customs are, or make text of it."""
    if way.minus:
        front, plain = tally.in_front(way.minus), frozenset(label for label in way.takes if label < atoms.BEHIND)
        found = undoubted(dataclasses.replace(way, minus=0, takes=plain), front, customs)
        return found if found.way is TEXT else dataclasses.replace(found, way=with_minus(found.way, way.minus))
    if way.style is not None and way.style.short:
        return _short_dates(way, way.style, tally, customs)
    if way.style is not None and way.style.order in ("dmy", "mdy"):
        return _dates(way, way.style, tally, customs)
    if customs.decimal is not None:
        return Undoubted(_as_said(way, tally, customs.decimal))
    doubt, understood = _decimals(way, tally, customs)
    return Undoubted(TEXT if doubt else way, doubt, understood)


def has_decimal_commas(way: Way, tally: Tally) -> bool:
    """Whether its values can be nothing but numbers or amounts with decimal commas."""
    tally = tally.in_front(way.minus)
    return (way.kind == Kind.COMMA and bool(tally.count(atoms.COMMA, atoms.POINTS))) or way.kind in (Kind.COMMA_MONEY, Kind.COMMA_PERCENT)


def is_open(way: Way, tally: Tally) -> bool:
    """Whether all its points and commas may as well mean the other thing: 1.234 is over a thousand in some countries."""
    tally = tally.in_front(way.minus)
    if way.kind in (Kind.MONEY, Kind.PERCENT):
        return not _amounts(way, tally, "point") and bool(_amounts(way, tally, "either point", "either comma"))
    return way.kind == Kind.FLOAT and atoms.FLOAT not in tally


def proven_order(way: Way, tally: Tally) -> Order | None:
    """The order of its dates (with the day and the month in numbers), where a value proves it."""
    style = way.style
    if style is not None and style.short:
        found = _short_dates(way, style, tally, Customs()).way.style
        return next((order for order in ORDERS[:2] if found is not None and found.order == order), None)
    if style is None or style.order not in ("dmy", "mdy"):
        return None
    place = SEPARATORS.index(style.separator)
    return style.order if tally.count(*(atoms.date_label(place, style.order, timed) for timed in (False, True))) else None


_DAYS_CHANGE = 10  # so far the days of a column's dates are from each other, where they tell anything
_MANY, _FEW = 0.2, 0.02  # shares of dates: mistakes are fewer; so many may be set aside
_WITH_COMMA = {Kind.FLOAT: Kind.COMMA, Kind.MONEY: Kind.COMMA_MONEY, Kind.PERCENT: Kind.COMMA_PERCENT}
_ELSEWHERE = {Kind.COMMA_MONEY: decimal_comma.MONEY_ELSEWHERE, Kind.COMMA_PERCENT: decimal_comma.PERCENT_ELSEWHERE}
_AMBIGUOUS = {
    Kind.FLOAT: decimal_comma.AMBIGUOUS_POINTS,
    Kind.MONEY: decimal_comma.AMBIGUOUS_MONEY,
    Kind.PERCENT: decimal_comma.AMBIGUOUS_PERCENT,
}


def _amounts(way: Way, tally: Tally, *how: str) -> int:
    sign = atoms.SIGNS.index(way.sign)
    return tally.count(*(atoms.money_label(sign, each) for each in how))


def _dates(way: Way, style: Style, tally: Tally, customs: Customs) -> Undoubted:
    proven = proven_order(way, tally)
    if customs.order in ("dmy", "mdy") and (customs.said or proven is None):
        understood = remarks.ORDER_SAID if customs.said else remarks.ELSEWHERE_DATES
        return Undoubted(_in_order(way, customs.order, style), understood=understood)
    return Undoubted(way) if proven is not None else Undoubted(TEXT, remarks.AMBIGUOUS_DATES)


def _short_dates(way: Way, style: Style, tally: Tally, customs: Customs) -> Undoubted:
    """Years of two digits may stand first or last, and be taken for days.

    With slashes and points they stand last, unless that cannot be.
    """
    counts = {order: tally.count(*_short_takes(way, order, style)) for order in ORDERS}
    total = tally.count(*frozenset[int]().union(*(_short_takes(way, order, style) for order in ORDERS)))
    first, last_by_custom = _year_first(counts, total, tally), style.separator != "-"
    if customs.said and (first is None or (first and last_by_custom)):
        first = customs.order == "ymd"
    elif last_by_custom:
        first = None if first else False
    if first is None:
        return Undoubted(TEXT, remarks.AMBIGUOUS_SHORT)
    orders = tuple(order for order in ORDERS if (order == "ymd") == first)
    orders = tuple(order for order in orders if counts[order] == max(counts[each] for each in orders))
    if total - counts[orders[0]] > _FEW * total:
        return Undoubted(TEXT, remarks.AMBIGUOUS_SHORT)
    if len(orders) == 1:
        return Undoubted(_in_short_order(way, orders[0], style))
    if customs.order in orders:
        understood = remarks.ORDER_SAID if customs.said else remarks.ELSEWHERE_DATES
        return Undoubted(_in_short_order(way, customs.order, style), understood=understood)
    return Undoubted(TEXT, remarks.AMBIGUOUS_DATES)


def _year_first(counts: Mapping[Order, int], total: int, tally: Tally) -> bool | None:
    """Whether the first numbers are years and the last days, or the reverse; None: no value says so.

    Many dates that can be read one way only prove it. Of others the days change far more than the years.
    """
    last, first = max(counts["dmy"], counts["mdy"]), counts["ymd"]
    return first > last if abs(first - last) > _MANY * total else _by_change(tally)


def _by_change(tally: Tally) -> bool | None:
    first_low, first_high, last_low, last_high = tally.ends or (0, 0, 0, 0)
    first, last = first_high - first_low, last_high - last_low
    if max(first, last) < _DAYS_CHANGE or max(first, last) < 3 * (min(first, last) + 1):
        return None
    years = (last_low, last_high) if first > last else (first_low, first_high)
    return None if years == (1, 1) else first < last  # all may be firsts of months


def _short_takes(way: Way, order: Order, style: Style) -> frozenset[int]:
    place, times = SEPARATORS.index(style.separator), (False, True) if way.kind == Kind.TIME else (False,)
    return frozenset[int]().union(*(atoms.short_labels(place, order, timed) for timed in times))


def _in_short_order(way: Way, order: Order, style: Style) -> Way:
    return dataclasses.replace(way, takes=_short_takes(way, order, style), style=dataclasses.replace(style, order=order))


def _in_order(way: Way, order: Order, style: Style) -> Way:
    place, times = SEPARATORS.index(style.separator), (False, True) if way.kind == Kind.TIME else (False,)
    takes = frozenset(atoms.date_label(place, label, timed) for label in ("either", order) for timed in times)
    return dataclasses.replace(way, takes=takes, style=Style(order, style.separator))


def _as_said(way: Way, tally: Tally, decimal: str) -> Way:
    if decimal == "," and is_open(way, tally):
        wanted = _WITH_COMMA[way.kind]
        others = asked_ways(way.type, tally, given=True, thousands=False)
        return next((other for other in others if other.kind == wanted), way)
    if decimal == "." and way.kind == Kind.COMMA and not has_decimal_commas(way, tally):
        fractions = atoms.OPEN_FLOAT in tally
        points = {atoms.POINTS, atoms.LONG_POINTS} | (set() if fractions else {atoms.OPEN_FLOAT})
        return Way(Kind.THOUSANDS, pa.float64() if fractions else pa.int64(), way.takes - points)
    return way


def _decimals(way: Way, tally: Tally, customs: Customs) -> tuple[str, str]:
    kind, opened = way.kind, is_open(way, tally)
    point = kind in (Kind.MONEY, Kind.PERCENT) and bool(_amounts(way, tally, "either point"))
    if kind == Kind.COMMA and not (customs.commas and has_decimal_commas(way, tally)):
        return decimal_comma.ELSEWHERE if has_decimal_commas(way, tally) else decimal_comma.AMBIGUOUS_COMMAS, ""
    if kind in _ELSEWHERE and not customs.commas:
        return _ELSEWHERE[kind], ""
    if opened and (customs.elsewhere or (customs.commas and point)):
        return _AMBIGUOUS[kind], ""  # hardly any currency has three decimals
    return "", decimal_comma.UNDERSTOOD if opened and (customs.commas or point) else ""
