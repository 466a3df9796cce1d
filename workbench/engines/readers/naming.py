"""Headers become identifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.core.errors import UnreadableFile
from workbench.core.names import slug

__all__ = ["check_width", "column_names", "known_names", "originals_of", "renaming"]

_SHOWN = 5
# Every column costs about a millisecond to look at, and a place in the table's metadata at every commit.
_WIDEST = 5000


def check_width(columns: int, shown: str) -> None:
    """Refuse what is too wide for a table.

    Raises
    ------
    UnreadableFile
        More than 5,000 columns.
    """
    if columns > _WIDEST:
        raise UnreadableFile(
            f"{shown} has {columns:,} columns; at most {_WIDEST:,} are possible.",
            fix="Write it long instead of wide (a row for each value), or split it.",
            columns=columns,
        )


def column_names(headers: Sequence[str | None], given: Mapping[int, str] | None = None) -> tuple[str, ...]:
    """Valid, distinct column names, in order: a repeated one gets ``_2``, an empty one is ``column_<position>``. The names
    ``given`` by a person, by position from 0, are kept as they are; the others make room.

    Of headers that differ, and become the same name, one that is that name already keeps it, whatever their order: else the columns of a
    file that has them the other way round would change places.

    >>> column_names(["Dep Time", "dep_time", None, "2013"])
    ('dep_time_2', 'dep_time', 'column_3', 'n2013')
    >>> column_names(["a", "a", "A"])
    ('a', 'a_2', 'a_3')
    >>> column_names(["a", "b"], {1: "a"})
    ('a_2', 'a')
    """
    given = given or {}
    wanted = [slug(header) if header and header.strip(" _") else f"column_{place}" for place, header in enumerate(headers, 1)]
    taken = {name.casefold() for name in given.values()}
    own, last = {name for place, name in enumerate(wanted) if place not in given}, dict.fromkeys(wanted, 2)
    names = dict(given)
    for place in sorted(
        set(range(len(wanted))) - given.keys(), key=lambda place: (headers[place] != wanted[place], headers[place] or "", place)
    ):
        base = wanted[place]
        name, number = base, last[base]
        # Another column's own name is not taken away from it.
        while name in taken or (name != base and name in own):
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        names[place] = name
        last[base] = number
    return tuple(names[place] for place in range(len(wanted)))


def known_names(headers: Sequence[str | None], known: Sequence[str], given: Mapping[int, str]) -> dict[int, str]:
    """Which columns, by position, are those of a table whose names are no identifiers of ours, as ``write`` and SQL make them.

    ``known`` are the table's names, ``given`` those that a person says of others of the file.

    >>> known_names(["id", "Unit Price", "AMOUNT"], ["id", "Amount", "Unit Price"], {})
    {1: 'Unit Price', 2: 'Amount'}
    """
    odd = {name for name in known if slug(name) != name} - set(given.values())
    if not odd:
        return {}
    left = {place: header for place, header in enumerate(headers) if header and place not in given}
    found: dict[int, str] = {}
    # As it stands there first; then whatever becomes the same identifier, unless another column of the table is called by that.
    for place, header in left.items():
        if (name := header.strip()) in odd:
            found[place] = name
            odd.discard(name)
    taken, by_slug = set(known), dict[str, list[str]]()
    for name in known:
        if name in odd and slug(name) not in taken:
            by_slug.setdefault(slug(name), []).append(name)
    for place, header in left.items():
        if place not in found and (names := by_slug.get(slug(header))):
            found[place] = names.pop(0)
    return found


def originals_of(headers: Sequence[str | None], names: Sequence[str]) -> dict[str, str]:
    """What the renamed columns were called."""
    return {name: header or "" for header, name in zip(headers, names, strict=True) if header != name}


def renaming(originals: dict[str, str]) -> tuple[str, ...]:
    """The renaming as a warning; none when only upper case changed."""
    told = [(old, new) for new, old in originals.items() if old.casefold() != new.casefold()]
    if not told:
        return ()
    words = ", ".join(f"{old!r} is {new}" for old, new in told[:_SHOWN])
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return (f"Columns were renamed to be usable in SQL: {words}{more}.",)
