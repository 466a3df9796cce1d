"""What an argument of a verb may be, checked once where the verb is called: alike in this process, behind a URL and over REST."""

from __future__ import annotations

import functools
import inspect
import operator
import os
import re
from typing import Annotated, Any

from annotated_types import MaxLen
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

from workbench.app.verbs import Verb
from workbench.core.errors import InvalidInput

__all__ = ["BODY", "FIX", "Arguments", "annotation_of", "arguments_model", "check_arguments", "refusal"]

#: The argument that carries rows or a file. It is looked at where it is read.
BODY = {"arrow-in": "data", "upload": "source"}
FIX = "`workbench verbs` lists the calls, and /api/openapi.json says what each takes."

_LONGEST_IN_ADDRESS = 1000  # characters
_HALF = re.compile("[\ud800-\udfff]")


class Arguments(BaseModel):
    """The arguments of one verb, apart from those in its address and its body."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def storable(given: Any) -> Any:
    """The value itself, where all text in it is such that every database, file and answer can hold it."""
    left = [given]
    while left:
        value = left.pop()
        if isinstance(value, str):
            if "\0" in value:
                raise ValueError("text must not hold the character NUL")
            if _HALF.search(value):
                raise ValueError("text must not hold half of a surrogate pair")
        elif isinstance(value, dict):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, BaseModel):
            left += vars(value).values()
        elif isinstance(value, list | tuple):
            left += value
    return given


def annotation_of(verb: Verb, parameter: inspect.Parameter) -> Any:
    """A parameter's type with what holds for every argument."""
    if f"{{{parameter.name}}}" in verb.path:
        return Annotated[parameter.annotation, MaxLen(_LONGEST_IN_ADDRESS), BeforeValidator(storable)]
    return Annotated[parameter.annotation, BeforeValidator(storable)]


def arguments_model(name: str, verb: Verb, parameters: list[inspect.Parameter]) -> type[BaseModel]:
    """A model whose fields are these parameters."""
    empty = inspect.Parameter.empty
    fields: dict[str, Any] = {p.name: (annotation_of(verb, p), ... if p.default is empty else p.default) for p in parameters}
    return create_model(name, __base__=Arguments, **fields)


def refusal(errors: list[Any], beside: int = 0) -> InvalidInput:
    """Pydantic's errors as ours; ``beside`` counts the parts of a place that come before the argument's name."""
    fields = [{"field": _field(item["loc"][beside:]), "message": item["msg"].removeprefix("Value error, ")} for item in errors]
    first = fields[0] if fields else {"field": "", "message": "it is no such call"}
    message = f"{first['field']}: {first['message']}." if first["field"] else f"The request cannot be read: {first['message']}."
    return InvalidInput(message, fix=FIX, fields=fields)


def _field(location: tuple[int | str, ...]) -> str:
    # A number alone is a position in the request's text and says nothing to a caller.
    return "" if len(location) == 1 and isinstance(location[0], int) else ".".join(str(part) for part in location)


def check_arguments(verb: Verb, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments in the types of the Protocol, defaults filled in.

    Raises
    ------
    InvalidInput
        A service, a database or an answer could not work with one of them.
    """
    body = BODY.get(verb.transport)
    given = {name: _plain(value) for name, value in arguments.items() if name != body}
    try:
        model = _model(verb).model_validate(given)
        if body is not None and isinstance(arguments[body], str | os.PathLike):
            storable(os.fspath(arguments[body]))
    except ValidationError as error:
        raise refusal(error.errors(include_url=False, include_input=False)) from None
    except ValueError as error:
        raise refusal([{"loc": (body,), "msg": str(error)}]) from None
    checked = {name: getattr(model, name) for name in type(model).model_fields}
    return checked if body is None else checked | {body: arguments[body]}


def _plain(value: Any) -> Any:
    # A number out of a numpy array or a data frame is as good as Python's own.
    if not isinstance(value, int) and hasattr(type(value), "__index__"):
        return operator.index(value)
    return value


@functools.cache
def _model(verb: Verb) -> type[BaseModel]:
    return arguments_model(verb.name, verb, [p for p in verb.parameters if p.name != BODY.get(verb.transport)])
