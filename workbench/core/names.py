"""Names of datasets and columns: what is allowed, and how a free name becomes an allowed one."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from workbench.core.errors import InvalidName

__all__ = [
    "QUARANTINE",
    "ZONES",
    "by_trust",
    "check_identifier",
    "check_new",
    "is_quarantine",
    "matching",
    "one_of",
    "quarantine_of",
    "sharing_quarantine",
    "slug",
    "split_name",
]

ZONES = ("bronze", "silver", "gold")

#: The namespace of what did not parse on its way into a dataset.
QUARANTINE = "quarantine"
_LONGEST = 128
# What the engine takes for its own schemas and databases, so that SQL reads nothing of these names.
_ENGINES_OWN = frozenset({"information_schema", "pg_catalog", "system", "temp"})

# One identifier: letters of any alphabet, digits and underscores, not starting with a digit. No dots, slashes, quotes
# or control characters, so that a name is always also a safe folder name and never needs quoting in SQL.
_IDENTIFIER = re.compile(r"^[^\W\d]\w{0,127}\Z")


def check_identifier(text: str, what: str = "name") -> str:
    """Return ``text`` when it is an allowed identifier.

    Raises
    ------
    InvalidName
        It is empty, too long (over 128 characters), starts with a digit or holds other characters.
    """
    if not _IDENTIFIER.match(text):
        raise InvalidName(
            f"{text!r} is not a valid {what}.",
            fix=f"Use letters, digits and underscores, starting with a letter; for example {slug(text)!r}.",
        )
    return text


def split_name(name: str) -> tuple[str, str]:
    """``"silver.flights"`` as ``("silver", "flights")``.

    A name is ``namespace.table``; a bare name is not guessed here (the catalog resolves it).

    >>> split_name("silver.flights")
    ('silver', 'flights')
    """
    parts = name.split(".")
    if len(parts) != 2:
        raise InvalidName(f"{name!r} is not a full dataset name.", fix="Write namespace.table, for example 'silver.flights'.")
    return check_identifier(parts[0], "namespace"), check_identifier(parts[1], "table name")


def check_new(name: str) -> str:
    """A full name, where something new may have it.

    Raises
    ------
    InvalidName
        It is none; or its namespace is for what loads set aside, or is the engine's own.
    """
    namespace, table = split_name(name)
    if namespace.casefold() == QUARANTINE:
        raise InvalidName(
            f"Nothing is made in {namespace!r}: loads put there what they set aside, and could not any more.", fix=f"Write silver.{table}."
        )
    if namespace.casefold() in _ENGINES_OWN:
        raise InvalidName(
            f"{namespace!r} is a namespace of the engine's own, of which SQL reads nothing else.", fix=f"Write silver.{table}."
        )
    return name


def quarantine_of(name: str) -> str:
    """Where the records are kept that did not parse on their way into a dataset.

    >>> quarantine_of("bronze.flights")
    'quarantine.bronze_flights'
    """
    table = "_".join(split_name(name))
    if len(table) > _LONGEST:
        table = f"{table[: _LONGEST - 17]}_{hashlib.sha256(table.encode()).hexdigest()[:16]}"
    return f"{QUARANTINE}.{table}"


def sharing_quarantine(name: str) -> list[str]:
    """The other names of datasets, there or not, whose records would be kept in the same place.

    >>> sharing_quarantine("bronze.my_flights")
    ['bronze_my.flights']
    """
    table = "_".join(split_name(name))
    splits = (f"{table[:at]}.{table[at + 1 :]}" for at, letter in enumerate(table) if letter == "_" and 0 < at < len(table) - 1)
    return [other for other in splits if other != name]


def is_quarantine(name: str) -> bool:
    """Whether a full name is of such a place."""
    return name.startswith(f"{QUARANTINE}.")


def by_trust(names: Iterable[str]) -> list[str]:
    """Full names, the most trusted zone first; what is of none of the zones comes last.

    >>> by_trust(["bronze.flights", "mine.flights", "gold.flights"])
    ['gold.flights', 'bronze.flights', 'mine.flights']
    """
    return sorted(names, key=lambda name: (-ZONES.index(zone) if (zone := name.partition(".")[0]) in ZONES else 1, name))


def matching(text: str, names: Iterable[str]) -> list[str]:
    """Those full names that a name means, capitals or not: a full one, or one without its namespace.

    >>> matching("Flights", ["gold.flights", "bronze.planes"]), matching("gold.planes", ["bronze.planes"])
    (['gold.flights'], [])
    """
    folded = text.casefold()
    return [name for name in names if name.casefold() == folded or ("." not in text and name.partition(".")[2].casefold() == folded)]


def one_of(text: str, names: Iterable[str]) -> tuple[str, str]:
    """What is said, and what is to be done, where a name without its zone is that of several datasets: which zone is meant is never
    guessed."""
    found = by_trust(names)
    return f"{text!r} is the name of {len(found)} datasets.", f"Write the full name, one of: {', '.join(found)}."


def slug(text: str) -> str:
    """A free name (a file's, a header's) as an identifier.

    >>> slug("Q3 Sales-Report.csv"), slug("2024"), slug("Größe (cm)")
    ('q3_sales_report_csv', 'n2024', 'größe_cm')
    """
    folded = unicodedata.normalize("NFC", text).strip().lower()
    cleaned = re.sub(r"\W+", "_", folded).strip("_")[:120]
    if not cleaned:
        return "unnamed"
    return cleaned if not cleaned[0].isdigit() else f"n{cleaned}"
