"""Where in its file a part of the policy stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["line_of"]


def line_of(text: str, place: str) -> int | None:
    """The line, from 1, of the smallest part that ``place`` leads to: ``masks.contact data`` is a rule by its name, ``grants.2.to`` a field
    of a rule by its number. None where the text cannot be read.

    >>> line_of("version: 1\\nmasks:\\n  - name: pay\\n    mask: {kind: hide}", "masks.pay.mask")
    4
    """
    import yaml

    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    line = None
    while node is not None:
        # Names hold dots, so the longest one that fits is meant.
        fitting = [each for each in _children(node) if place == each[0] or place.startswith(f"{each[0]}.")]
        if not fitting:
            return line
        name, line, node = max(fitting, key=lambda each: len(each[0]))
        place = place[len(name) + 1 :]
    return line


def _children(node: Any) -> Iterator[tuple[str, int, Any]]:
    """What a mapping or list holds, by key, number or name, with the line each begins on."""
    if node.id == "mapping":
        for key, value in node.value:
            yield str(key.value), key.start_mark.line + 1, value
    elif node.id == "sequence":
        for number, value in enumerate(node.value):
            line = value.start_mark.line + 1
            yield str(number), line, value
            if value.id == "mapping":
                yield from ((str(named.value), line, value) for key, named in value.value if key.value == "name")
