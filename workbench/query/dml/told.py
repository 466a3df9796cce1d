"""What a statement that writes is told of the names in it: where they stand, and that one is a view's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workbench.core.errors import DatasetNotFound, InvalidSQL
from workbench.core.names import matching
from workbench.query.dml.records import Alter, Delete, Drop, Insert, Merge, Truncate, Update, Write
from workbench.query.text import find_word

if TYPE_CHECKING:
    from workbench.query.dml.carry import Carrying

__all__ = ["names_told"]

_OF_DATASETS = (Insert, Update, Delete, Merge, Truncate, Alter, Drop)


@contextmanager
def names_told(how: Carrying, write: Write) -> Iterator[None]:
    """What the block raises about a name gets its place. Where it writes to what is a view that its author sees, that is said."""
    try:
        yield
    except InvalidSQL as error:
        if error.details.get("name") and not error.details.get("line"):
            error.details["line"], error.details["column"] = find_word(how.statement.text, str(error.details["name"]))
        raise
    except DatasetNotFound as error:
        written = ".".join(write.target.parts)
        if not isinstance(write, _OF_DATASETS) or matching(written, how.names):
            raise
        found = matching(written, [name for name, _ in how.parts.views.seen(how.who)])
        if len(found) != 1:
            raise
        fix = f"Write DROP VIEW {found[0]}." if isinstance(write, Drop) else "Name the dataset that it reads."
        told = {key: value for key, value in error.details.items() if key in ("line", "column")}
        raise DatasetNotFound(f"{found[0]} is a view, and this statement is about datasets.", fix=fix, **told) from None
