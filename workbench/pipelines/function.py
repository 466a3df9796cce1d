"""Python functions of a pipeline: read from their file without importing it, and checked against the pipeline."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InvalidInput, nearest
from workbench.pipelines.file import File
from workbench.pipelines.own import reference
from workbench.pipelines.parameters import check_value
from workbench.pipelines.records import Parameter, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Argument", "Signature", "arguments", "check_function", "read_signature"]

_TYPES = ("int", "float", "str", "bool", "date")
_WIDER = {("int", "float"), ("date", "str")}  # a day is given as text where text is asked for


@dataclass(frozen=True)
class Argument:
    """One argument of a function. ``type`` is one of a parameter's, where the annotation says so."""

    name: str
    type: str | None
    required: bool


@dataclass(frozen=True)
class Signature:
    """What a function may be called with, and the ``line`` (from 1) where it begins. ``takes_any``: it has ``**kwargs``."""

    arguments: tuple[Argument, ...]
    takes_any: bool
    line: int

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(argument.name for argument in self.arguments)


def read_signature(text: str, name: str) -> Signature:
    """The signature of a function that a module defines at its top level.

    Raises
    ------
    InvalidInput
        The text is no Python, defines no such function, or one that cannot be called by names.

    >>> read_signature("def make(month: int, day=1): ...", "make").names
    ('month', 'day')
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f"line {line}: " if line else ""
        raise InvalidInput(f"{where}{getattr(error, 'msg', error)}", fix="Correct that line.") from error
    # The last definition of a name is the one that counts.
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    if name not in found:
        close = nearest(name, found)
        fix = f"Did you mean {close!r}?" if close else f"Define it at the top level; there are: {', '.join(found) or 'none'}."
        raise InvalidInput(f"there is no function {name!r}", fix=fix)
    node = found[name]
    if node.args.posonlyargs:
        raise InvalidInput(f"line {node.lineno}: arguments before `/` have no names to be given by", fix="Leave the `/` out.")
    return Signature(tuple(_arguments(node.args)), node.args.kwarg is not None, node.lineno)


def _arguments(args: ast.arguments) -> Iterator[Argument]:
    plain = len(args.args) - len(args.defaults)
    for place, each in enumerate(args.args):
        yield Argument(each.arg, _type(each.annotation), place < plain)
    for each, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield Argument(each.arg, _type(each.annotation), default is None)


def _type(annotation: ast.expr | None) -> str | None:
    """A parameter's type that an annotation names: ``int``, ``datetime.date``, ``"int"``, ``int | None``, ``Optional[int]``."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            return _type(ast.parse(annotation.value, mode="eval").body)
        except SyntaxError:
            return None
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.right, ast.Constant) and annotation.right.value is None:
        return _type(annotation.left)
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).rpartition(".")[2] == "Optional":
        return _type(annotation.slice)
    name = annotation.attr if isinstance(annotation, ast.Attribute) else annotation.id if isinstance(annotation, ast.Name) else None
    return name if name in _TYPES else None


def check_function(file: File, step: Step, index: int, parameters: Collection[Parameter]) -> None:
    """Raises
    ------
    InvalidInput
        The file has no such function, or the pipeline cannot call it: an argument has no value, a value no argument, or another type.
    """
    field = f"steps[{index}].function"
    path, name = step.file, str(step.function_name)
    try:
        signature = read_signature((file.path.parent / path).read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise file.wrong(field, f"{path} cannot be read", "Check that it is UTF-8 text.") from error
    except InvalidInput as error:
        raise file.wrong(field, f"{path}: {error.message}", error.fix or "") from error
    if wrong := _unfit(signature, step, {parameter.name: parameter for parameter in parameters}):
        raise file.wrong(field, f"{path}, line {signature.line}: {wrong[0]}", wrong[1])
    for argument in signature.arguments:
        _check_own(file, step, f"steps[{index}].params.{argument.name}", argument)
    for own in step.params:
        if own not in signature.names and not signature.takes_any:
            close = nearest(own, signature.names)
            fix = f"Did you mean {close!r}?" if close else f"It takes: {', '.join(signature.names) or 'nothing'}."
            raise file.wrong(f"steps[{index}].params.{own}", f"is no argument of {name} in {path}", fix)


def _unfit(signature: Signature, step: Step, known: Mapping[str, Parameter]) -> tuple[str, str] | None:
    """Why the pipeline cannot call it (what is the matter, and what to do); None where it can."""
    for argument in signature.arguments:
        name, parameter = argument.name, known.get(argument.name)
        if name in step.params or (parameter is None and not argument.required):
            continue
        if parameter is None:
            close = nearest(name, known)
            fix = f"Did you mean {close!r}?" if close else f"Add {name} below `parameters:`, or give it a default."
            return f"the argument {name!r} is no parameter of the pipeline", fix
        if argument.type and parameter.type != argument.type and (parameter.type, argument.type) not in _WIDER:
            fix = f"Write {name}: {parameter.type}, or make the parameter one of type {argument.type}."
            return f"the argument {name!r} is {argument.type}, and the parameter {parameter.type}", fix
        if argument.required and parameter.default is None and not parameter.required:
            return f"the argument {name!r} may be without a value", f"Give the parameter {name} a default, or `required: true`."
    return None


def _check_own(file: File, step: Step, field: str, argument: Argument) -> None:
    """A value of the step's own is of the type that the argument says."""
    value = step.params.get(argument.name)
    if argument.type is None or value is None or reference(value) is not None:
        return
    try:
        read = check_value(Parameter(name=argument.name, type=argument.type), value)  # type: ignore[arg-type]
    except InvalidInput:
        read = None
    if read != value:
        raise file.wrong(field, f"is {json.dumps(value)}, and {step.file} takes {argument.type}", "Write a value of that type.")


def arguments(signature: Signature, values: Mapping[str, Any], parameters: Collection[Parameter]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What a function is called with, of all the values that there are; and which of them are days (ISO text here)."""
    types = {parameter.name: parameter.type for parameter in parameters}
    said = {argument.name: argument.type or types.get(argument.name) for argument in signature.arguments}
    given = {name: value for name, value in values.items() if name in said or signature.takes_any}
    days = tuple(name for name, value in given.items() if isinstance(value, str) and said.get(name, types.get(name)) == "date")
    return given, days
