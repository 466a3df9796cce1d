"""What people write as YAML, and the records that are made of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, get_args

from workbench.core.errors import InvalidInput, nearest
from workbench.core.records import Record

__all__ = ["MOST_VALUES", "in_words", "made_of", "read_yaml", "said_again", "spread"]

R = TypeVar("R", bound=Record)
_LONGEST = 60  # characters of a value that are shown
#: Of what somebody writes by hand.
MOST_VALUES = 100_000


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
        if not spread(node) < MOST_VALUES:
            raise InvalidInput(
                f"{what} refers to the same parts too often, or to itself.", fix="Write out what the anchors (&, *) stand for."
            )
        if (again := said_again(node)) is not None:
            line = again.start_mark.line + 1
            fix = "Put both parts under one of them."
            raise InvalidInput(f"{what} says {str(again.value)!r} a second time at line {line}.", fix=fix, line=line)
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a ValueError is a date such as 2024-13-01
        mark = getattr(error, "problem_mark", None)
        where, details = (f" at line {mark.line + 1}", {"line": mark.line + 1}) if mark is not None else ("", {})
        raise InvalidInput(f"{what} is no YAML{where}.", fix=f"Write: {example}", **details) from error


def said_again(node: Any, seen: set[int] | None = None) -> Any:
    """The first key that stands twice in its mapping, of which YAML's readers would take the last: rules would be gone without a word."""
    seen = set() if seen is None else seen
    if node is None or node.id == "scalar" or id(node) in seen:  # an anchor stands in several places, and may hold itself
        return None
    seen.add(id(node))
    if node.id == "sequence":
        return next((found for each in node.value if (found := said_again(each, seen)) is not None), None)
    keys = set()
    for key, value in node.value:
        if key.id == "scalar" and key.value in keys:
            return key
        keys.add(key.value if key.id == "scalar" else None)
        if (found := said_again(value, seen)) is not None:
            return found
    return None


def spread(node: Any, known: dict[int, float] | None = None) -> float:
    """How many values a YAML node holds, those of an anchor counted wherever it stands: a few lines may hold billions."""
    known = {} if known is None else known
    if node is None or node.id == "scalar":
        return 1
    if id(node) not in known:
        known[id(node)] = float("inf")  # until it is counted: it may hold itself
        parts = (part for pair in node.value for part in pair) if node.id == "mapping" else node.value
        known[id(node)] = 1 + sum(spread(part, known) for part in parts)
    return known[id(node)]


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
        first = _telling(error.errors())
        place = ".".join(str(part) for part in first["loc"])
        words = f"{place}: {in_words(first, record)}" if place else instead
        raise InvalidInput(f"{what} is not right: {words}.", fix=fix, place=place) from error


def _telling(errors: list[Any]) -> Any:
    """The first, but where a field is missing that is perhaps there with a slip in its name: that one."""
    first = errors[0]
    if first["type"] != "missing":
        return first
    beside = [each for each in errors if each["type"] == "extra_forbidden" and each["loc"][:-1] == first["loc"][:-1]]
    return next((each for each in beside if nearest(str(each["loc"][-1]), [str(first["loc"][-1])])), first)


# What is expected, by the beginning of pydantic's name for what is wrong; what is not here is said by pydantic itself.
_KINDS = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "a mapping",
    "model": "a mapping",
}
_BOUNDS = {
    "greater_than": ("gt", "above {}"),
    "greater_than_equal": ("ge", "{} or more"),
    "less_than": ("lt", "below {}"),
    "less_than_equal": ("le", "{} or less"),
}


def in_words(error: Any, record: type[Record]) -> str:
    """What is wrong with a field, as somebody says it who has never heard of pydantic: one of the errors of ``record``'s validation."""
    kind, given, context = error["type"], error["input"], error.get("ctx") or {}
    if kind == "missing":
        return "it is missing"
    if kind == "extra_forbidden":
        close = nearest(str(error["loc"][-1]), _fields(record, error["loc"][:-1]))
        return f"there is no such field{f' (did you mean {close}?)' if close else ''}"
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if kind == "string_too_short":
        return "it is empty"
    if kind == "finite_number":
        return f"it is {_shown(given)}, and should be finite"
    if kind == "literal_error":
        return f"it is {_shown(given)}, and should be {str(context['expected']).replace(chr(39), '')}"
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"it is {_shown(given)}, and should be {words.format(format(context[name], 'g'))}"
    expected = _KINDS.get(kind.partition("_")[0]) if kind.endswith(("_type", "_parsing", "_from_float")) else None
    return f"it is {_shown(given)}, and should be {expected}" if expected else str(error["msg"])


def _shown(given: Any) -> str:
    """A value as its writer knows it: of lists and mappings only that they are."""
    if given is None:
        return "empty"
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, dict):
        return "a mapping"
    if isinstance(given, list | tuple):
        return "a list"
    text = str(given)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _fields(record: type[Record], place: tuple[int | str, ...]) -> Iterable[str]:
    """The names of the fields there are at a place in a record."""
    here: type[Record] | None = record
    for part in place:
        field = here.model_fields.get(part) if here is not None and isinstance(part, str) else None
        here = _record_in(field.annotation) if field is not None else here
    return here.model_fields if here is not None else ()


def _record_in(annotation: Any) -> type[Record] | None:
    """The record that a field holds, in a list or mapping or as it is; None where it holds none, or one of several."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    found = {inner for each in get_args(annotation) if (inner := _record_in(each)) is not None}
    return found.pop() if len(found) == 1 else None
