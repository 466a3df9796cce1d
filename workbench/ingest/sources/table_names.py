"""Names of a database's tables as they are written in ``connection:NAME/table``: parts with dots between them. One that holds a dot itself
is quoted."""

from __future__ import annotations

import re

__all__ = ["parts_of", "written"]

_PART = re.compile(r'"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|([^.]*)')


def written(*parts: str) -> str:
    """A table's name of its parts (schema, table).

    >>> written("public", "orders"), written("a.b")
    ('public.orders', '"a.b"')
    """
    return ".".join('"' + part.replace('"', '""') + '"' if set(part) & set('."`') else part for part in parts)


def parts_of(text: str) -> tuple[str, ...]:
    """The parts of a name as it is written.

    >>> parts_of("public.orders"), parts_of('shop."a.b"'), parts_of("`x`")
    (('public', 'orders'), ('shop', 'a.b'), ('x',))
    """
    parts, at = [], 0
    while at <= len(text):
        found = _PART.match(text, at)
        assert found is not None
        if found.end() < len(text) and text[found.end()] != ".":  # a quote in the middle of a name is a letter
            end = text.find(".", at) % (len(text) + 1)
            parts.append(text[at:end])
        else:
            end = found.end()
            parts.append(_unquoted(found))
        at = end + 1
    return tuple(parts)


def _unquoted(found: re.Match[str]) -> str:
    double, back, plain = found.groups()
    return double.replace('""', '"') if double is not None else back.replace("``", "`") if back is not None else plain
