"""A line of totals below the rows of a file: ``Total,,,1234``. It is told only where it is sure; what becomes of it a person says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.engines.readers.column import SPARE, Customs, TextColumn

__all__ = ["is_total", "left_out", "looks_like_total"]

_WORD = re.compile(
    r"(?:(?:grand|overall|sub)[ -]?)?(?:totals?|totale|totaux|totaal|totalt|sum|summe|suma|somme|gesamt|gesamtsumme|gesamtergebnis"
    r"|insgesamt|eindtotaal|итого|всего|合计|合計|总计)(?: (?:général|general|complessivo|gesamt))?:?",
    re.IGNORECASE,
)
_LEAST, _LEAST_CALLED = 3, 2  # rows above
_ROUNDED = 0.001  # of a total that is called so: its parts may have been rounded

Above = Callable[[int], Iterator[Any]]


def is_total(last: Sequence[str | None], filled: Sequence[bool], rows: int, above: Above, customs: Customs) -> bool:
    """Whether the last record of a table is surely a total of the others.

    It is where it is called one and a number in it is the sum of the column above; or where columns that have a value in every other
    record have none in it, and all numbers in it are such sums.

    Parameters
    ----------
    last
        Its values as text.
    filled
        Of each column, whether all other records have a value there.
    rows
        How many others there are.
    above
        Gives a column, by its place, as arrays of text without the last record. Asked only where there is reason to.
    """
    there = {place: text.strip() for place, text in enumerate(last) if text is not None and text.strip()}
    called = any(_WORD.fullmatch(text) for text in there.values())
    empty = [place for place, full in enumerate(filled) if full and place not in there]
    numbers = [place for place, text in there.items() if re.search(r"\d", text) and not _WORD.fullmatch(text)]
    if rows < (_LEAST_CALLED if called else _LEAST) or not numbers or not (called or empty) or len(there) - len(numbers) > called:
        return False
    sums = (_is_sum(partial(above, place), there[place], customs, called) for place in numbers)
    return any(sums) if called else all(sums)


def _is_sum(above: Callable[[], Iterator[Any]], text: str, customs: Customs, called: bool) -> bool:
    column = TextColumn("", spare=SPARE)
    for values in above():
        column.see(values)
    column.doubt(customs)
    kind = column.settle()
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)) or not column.takes(text):
        return False
    found, count = 0.0, 0
    for values in above():
        numbers = column.divide(values)[0].cast(pa.float64(), safe=False)
        found += pc.sum(numbers).as_py() or 0.0
        count += pc.sum(pc.not_equal(numbers, 0)).as_py() or 0
    total = column.convert(pa.array([text])).cast(pa.float64(), safe=False)[0].as_py()
    # The sum of one value is that value: nothing is told by it.
    if not total or count < 2:
        return False
    return bool(abs(found - total) <= max(abs(total) * (_ROUNDED if called else 1e-9), 1e-9))


def looks_like_total(what: str, number: int) -> str:
    """The remark about a ``Line`` or ``Row`` of the file."""
    return (
        f"{what} {number:,} looks like a total of the rows above it; it is taken as data. To leave it out, say that one {what.lower()} at "
        "the end is no data (footer=1)."
    )


def left_out(texts: Sequence[str], what: str) -> tuple[str, ...]:
    """The remark about lines (or rows) at the end that were said to be no data."""
    if not texts:
        return ()
    words = "; ".join(text[:80] for text in texts[:3]) + (f"; and {len(texts) - 3:,} more" if len(texts) > 3 else "")
    are = f"The last {len(texts):,} {what}s are" if len(texts) > 1 else f"The last {what} is"
    return (f"{are} left out, as was said: {words}",)
