"""The text of somebody else's statement, for who does not see all that it is about as it is: values are left out, and names that she does
not see."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.refs import DatasetRef
from workbench.query.tokens import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.core.principals import Principal
    from workbench.governance.access import AccessService
    from workbench.governance.policy.decide import Access, DescribedColumn
    from workbench.lake.lake import Lake
    from workbench.runs.records import DatasetIO, Run

__all__ = ["Sight", "redacted", "sight"]

_GAP = "?"
_EXPLAINS = re.compile(r"\s*EXPLAIN(?:\s+ANALYZE)?(?=\s)", re.IGNORECASE)
_LITERALS = ("STRING", "NUMBER", "TRUE", "FALSE")  # how the kinds of tokens end that are values


@dataclass(frozen=True)
class Sight:
    """What a reader may know of a statement's text: all of it (``clear``), or the words of the language but for those that are names of
    columns (``hidden``), and the names that are ``known`` to her."""

    clear: bool
    hidden: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()


def sight(lake: Lake, access: AccessService, who: Principal, run: Run) -> Sight:
    """What a reader sees of all that a statement read and wrote, by today's policy. It is clear where the columns that it read are seen as
    they are, and every row; and all of what it wrote.

    Raises
    ------
    DatasetNotFound
        One of them is there no more, or is not for this reader.
    """
    clear, hidden, known = True, set[str](), set[str]()
    for io, written in [*((one, False) for one in run.inputs), *((one, True) for one in run.outputs)]:
        ref = lake.resolve(DatasetRef(table_uuid=io.id, name=io.name))
        found = access.over(who, ref, (metadata := lake.table(ref.name).metadata), sorted(_ever(metadata)))
        if not found.allowed:
            raise lake.catalog.not_found(io.name)
        clear = clear and _is_clear(found, io, written)
        known |= _words((ref.name, io.name)) | {word for one in found.seen for word in _names(one.column)}
        hidden |= {word for one in found.dataset.columns for word in _names(one)}
    return Sight(clear, frozenset(hidden - known), frozenset(known))


def _ever(metadata: Any) -> set[tuple[int, str]]:
    """Every column that there was: the statement may name what is called otherwise now, or is gone."""
    return {(field.field_id, field.name) for schema in metadata.schemas for field in schema.fields}


def _names(column: DescribedColumn) -> set[str]:
    return _words((column.name, *column.inside))


def _words(names: Iterable[str]) -> set[str]:
    return {word.casefold() for name in names for word in (name, *name.split("."))}


def _is_clear(found: Access, io: DatasetIO, written: bool) -> bool:
    as_it_is = {one.column for one in found.seen if one.mask is None}
    others = {one.name.casefold() for one in found.dataset.columns if one not in as_it_is}
    # Without names it is taken for a reader of all.
    read = {name.casefold() for name in io.columns}
    about = others if written or not read else others & read
    return not about and not found.filters and not found.closed


def redacted(sql: str, hidden: Collection[str], known: Collection[str]) -> str | None:
    """A statement's text with ``?`` for each value, and for each name that is ``hidden`` or not ``known`` (an alias may name a person),
    without comments; None where it cannot be told what is a value. Names are given in small letters. Those of parameters stay.

    >>> redacted("select mail, born, n as anna -- Anna\\nfrom p where mail = 'anna@x.org' and n > 0x1F", {"born"}, {"mail", "n", "p"})
    'select mail, ?, n as ?\\nfrom p where mail = ? and n > ?'
    """
    from sqlglot.errors import SqlglotError

    # What follows it is one text to the reader of statements.
    explains = _EXPLAINS.match(sql)
    begin = explains.end() if explains else 0
    try:
        return sql[:begin] + "".join(_pieces(sql[begin:], tokens_of(sql[begin:]), hidden, known))
    except SqlglotError:
        return None


def _pieces(sql: str, tokens: Iterable[Any], hidden: Collection[str], known: Collection[str]) -> Iterator[str]:
    from workbench.engines.duckdb import vocabulary

    last, value, parameter = 0, False, False
    for token in tokens:
        between = sql[last : token.start]
        # What follows a number at once is a part of it: 0x1F is two tokens.
        goes_on = value and not between and token.token_type.name == "VAR"
        # Between tokens stand spaces, and comments.
        if between and not between.isspace():
            between = "\n" if "\n" in between else " "
        yield between
        kind, last = token.token_type.name, token.end + 1
        value = goes_on or kind.endswith(_LITERALS)
        if goes_on:
            continue
        word, written = token.text.casefold(), sql[token.start : last]
        named = parameter and not between
        parameter = kind == "PARAMETER"
        # What is no name of hers is a word of the language's, or else one that who wrote it has thought of.
        strange = not named and word not in known and (kind == "IDENTIFIER" or (kind == "VAR" and word not in vocabulary()))
        if value or word in hidden or strange:
            yield _GAP
        else:  # a keyword of two words may have a comment between them
            yield token.text if "--" in written or "/*" in written else written
