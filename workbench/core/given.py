"""What people write as YAML, and the records that are made of it."""

from __future__ import annotations

from typing import Any, TypeVar

from workbench.core.errors import InvalidInput
from workbench.core.records import Record

__all__ = ["made_of", "read_yaml"]

R = TypeVar("R", bound=Record)


def read_yaml(text: str, what: str, example: str) -> Any:
    """What a YAML text says. ``what`` it should be (``The recipe``), and an ``example`` of it, are for the error.

    Raises
    ------
    InvalidInput
        It is no YAML, or says something twice; ``details["line"]`` says where, as far as that is known.
    """
    import yaml

    try:
        node = yaml.compose(text, yaml.SafeLoader)
        if (again := _said_again(node)) is not None:
            line = again.start_mark.line + 1
            fix = "Put both parts under one of them."
            raise InvalidInput(f"{what} says {str(again.value)!r} a second time at line {line}.", fix=fix, line=line)
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a ValueError is a date such as 2024-13-01
        mark = getattr(error, "problem_mark", None)
        where, details = (f" at line {mark.line + 1}", {"line": mark.line + 1}) if mark is not None else ("", {})
        raise InvalidInput(f"{what} is no YAML{where}.", fix=f"Write: {example}", **details) from error


def _said_again(node: Any, seen: frozenset[int] = frozenset()) -> Any:
    """The first key that stands twice in its mapping, of which YAML's readers would take the last: rules would be gone without a word."""
    if node is None or node.id == "scalar" or id(node) in seen:  # an anchor may hold itself
        return None
    seen |= {id(node)}
    if node.id == "sequence":
        return next((found for each in node.value if (found := _said_again(each, seen)) is not None), None)
    keys = set()
    for key, value in node.value:
        if key.id == "scalar" and key.value in keys:
            return key
        keys.add(key.value if key.id == "scalar" else None)
        if (found := _said_again(value, seen)) is not None:
            return found
    return None


def made_of(record: type[R], facts: Any, what: str, instead: str, fix: str) -> R:
    """A record of its fields; ``instead`` says of facts of another kind what they are not.

    Raises
    ------
    InvalidInput
        A field is not known, missing, or of the wrong kind; ``details["place"]`` says which.
    """
    from pydantic import ValidationError

    try:
        return record.model_validate(facts)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        words = f"{place}: {first['msg']}" if place else instead
        raise InvalidInput(f"{what} is not right: {words}.", fix=fix, place=place) from error
