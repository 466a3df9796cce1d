"""Typed parameters: from what a person or a form gave to what a notebook gets."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from workbench.core.errors import InvalidInput, nearest
from workbench.core.sizes import shown
from workbench.core.telemetry import redact
from workbench.core.values import as_json
from workbench.pipelines.records import Parameter, Pipeline

__all__ = ["check_kept", "check_size", "check_value", "day_of", "plain", "resolve"]

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def _int(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError
    read = int(value)
    str(read)  # Python writes, and JSON has, none of more than 4,300 digits
    return read


def _float(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(float(value)):
        raise ValueError
    return float(value)


def _str(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _TRUE + _FALSE:
        return value.strip().lower() in _TRUE
    raise ValueError


def _date(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()[:10]
    return date.fromisoformat(value).isoformat()


_READ: dict[str, Callable[[Any], Any]] = {"int": _int, "float": _float, "str": _str, "bool": _bool, "date": _date}
_MUCH, _LONGEST = 1e300, 100
#: Bytes of all values of a run: they stand in the log of runs, in each list of them, and in each step's notebook.
_MOST = 1_000_000
_EXAMPLE = {"int": "6", "float": "0.5", "str": "text", "bool": "true", "date": "2026-01-31"}


def check_value(parameter: Parameter, value: Any) -> Any:
    """The value as its type: text is read (the command line gives nothing else), a date becomes ISO text.

    Raises
    ------
    InvalidInput
        It is not of the type, not among the choices or beyond a limit.
    """
    name = parameter.name
    try:
        read = _READ[parameter.type](value)
    except (ValueError, TypeError, OverflowError) as error:
        raise _of_another_type(parameter, value) from error
    if parameter.choices and read not in parameter.choices:
        options = ", ".join(map(str, parameter.choices))
        raise InvalidInput(f"Parameter {name!r} cannot be {read!r}.", fix=f"Choose one of {options}.", parameter=name)
    # A limit on a text is one on its length.
    size = len(read) if parameter.type == "str" else read
    if parameter.type not in ("bool", "date"):
        if parameter.minimum is not None and size < parameter.minimum:
            raise InvalidInput(
                f"Parameter {name!r} is {_figure(size)}, below {parameter.minimum:g}.", fix="Give a larger value.", parameter=name
            )
        if parameter.maximum is not None and size > parameter.maximum:
            raise InvalidInput(
                f"Parameter {name!r} is {_figure(size)}, above {parameter.maximum:g}.", fix="Give a smaller value.", parameter=name
            )
    return read


def day_of(name: str, value: Any) -> date:
    """The day that a parameter is told as; of a moment, which a step may have given, its day.

    Raises
    ------
    InvalidInput
        It is told as none.
    """
    try:
        return datetime.fromisoformat(value).date()
    except (ValueError, TypeError) as error:
        raise _of_another_type(Parameter(name=name, type="date"), value) from error


def _of_another_type(parameter: Parameter, value: Any) -> InvalidInput:
    name, kind = parameter.name, parameter.type
    message = f"Parameter {name!r} must be of type {kind}, not {_shown(value)}."
    return InvalidInput(message, fix=f"For example {name}={_EXAMPLE[kind]}.", parameter=name)


def _figure(size: float) -> str:
    """A number for people; of one with hundreds of digits how it begins."""
    return f"{size:g}" if abs(size) < _MUCH else _shown(size)


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "so large a number"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def resolve(pipeline: Pipeline, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Every parameter of the pipeline with its value: given, else default. One without either is left out, so that
    the notebook's own stays.

    Raises
    ------
    InvalidInput
        A name is unknown, a value is wrong, or a required one is missing.
    """
    given = given or {}
    known = {parameter.name: parameter for parameter in pipeline.parameters}
    for name in given:
        if name not in known:
            close = nearest(name, known)
            hint = f"Did you mean {close!r}?" if close else f"Parameters: {', '.join(known) or 'none'}."
            raise InvalidInput(f"Pipeline {pipeline.name!r} has no parameter {name!r}.", fix=hint, parameter=name)
    values: dict[str, Any] = {}
    for name, parameter in known.items():
        if given.get(name) is not None:
            values[name] = check_value(parameter, given[name])
        elif parameter.default is not None:
            values[name] = parameter.default
        elif parameter.required:
            raise InvalidInput(
                f"Parameter {name!r} of pipeline {pipeline.name!r} is required.", fix=f"Add {name}=..., of type {parameter.type}."
            )
    check_size(values)
    check_kept(values)
    return values


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of no declared type as JSON has them: of numpy's, pandas', days and moments what they say.

    Raises
    ------
    InvalidInput
        One is none of those.
    """
    found = {}
    for name, value in values.items():
        try:
            found[name] = as_json(value)
        except (TypeError, ValueError, RecursionError, InvalidInput) as error:
            fix = "Give a text, a finite number, True, False, None, or a list or dict of them."
            raise InvalidInput(f"Parameter {name!r} cannot be {_shown(value)}.", fix=fix, parameter=name) from error
    return found


def _size(value: Any) -> int:
    """Bytes, about; 0 of what cannot be written, which is refused elsewhere."""
    try:
        return len(str(value).encode("utf-8", "replace"))
    except (ValueError, RecursionError):  # so large a number, so deep
        return 0


def check_size(values: Mapping[str, Any]) -> None:
    """Refuse what would fill the log of runs.

    Raises
    ------
    InvalidInput
        There is too much of it.
    """
    sizes = {name: _size(value) for name, value in values.items()}
    if sum(sizes.values()) > _MOST:
        name = max(sizes, key=lambda each: sizes[each])
        size, together = shown(sizes[name]), shown(sum(sizes.values()))
        whole = "" if size == together else f" ({together} in all)"
        raise InvalidInput(
            f"Parameter {name!r} has {size}{whole}, and those of a run have at most {shown(_MOST)} together.",
            fix="Keep it as a dataset or in a file, and give its name.",
            parameter=name,
        )


def check_kept(values: Mapping[str, Any], what: str = "Parameter") -> None:
    """Refuse what the log of runs, by which a step gets it, would not keep: a credential, or what is called as one is.

    Raises
    ------
    InvalidInput
        Stars would come in the place of a value.
    """
    for name, value in values.items():
        if redact({name: value}) != {name: value}:
            raise InvalidInput(
                f"{what} {name!r} is called as a credential is, or holds one: it is not kept with the run, and would not come to a step.",
                fix="Give a step its credentials by the environment, or a saved connection; call what is none otherwise.",
                parameter=name,
            )
