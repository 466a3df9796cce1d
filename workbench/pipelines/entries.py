"""Entries of a ``pipeline.yaml``: its steps and its parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from workbench.core.errors import InvalidInput
from workbench.pipelines.approval import approval_fields
from workbench.pipelines.attempts import attempt_fields
from workbench.pipelines.facts import resources
from workbench.pipelines.file import File
from workbench.pipelines.own import own_parameters
from workbench.pipelines.parameters import check_value
from workbench.pipelines.readable import unfit_notebook
from workbench.pipelines.records import Condition, Parameter, Step
from workbench.pipelines.sql_fields import sql_fields

__all__ = ["FILE_KINDS", "needs_of", "parameter_of", "step_of"]

_STEP = tuple(Step.model_fields)
#: Kinds of steps that run a file, and what that is called.
FILE_KINDS = {"notebook": "notebook", "sql": "SQL file", "function": "Python file"}
_EXAMPLES = {"notebook": "clean.ipynb", "sql": "clean.sql", "function": "clean.py:clean"}
_WHEN = get_args(Condition)
_TYPES = get_args(Parameter.model_fields["type"].annotation)
# The short words are what people write.
_PARAMETER = {**{name: name for name in Parameter.model_fields}, "min": "minimum", "max": "maximum"}


def step_of(file: File, entry: dict[str, Any], index: int) -> Step | None:
    """A step. Raises InvalidInput with the field; None where problems are gathered, and it has some."""
    before = len(file.problems or ())
    step = _step(file, entry, f"steps[{index}]")
    return step if len(file.problems or ()) == before else None


def _step(file: File, entry: dict[str, Any], field: str) -> Step:
    file.mapping(entry, field, _STEP)
    needs = file.part((), needs_of, file, entry, field)
    limits = file.part({}, attempt_fields, file, entry, field)
    common = file.part({"needs": needs}, _of_any, file, entry, field, needs)
    if entry.get("approve") is not None:
        return Step(name=entry["name"], approve=approval_fields(file, entry, field), **limits, **common)
    kinds = [kind for kind in FILE_KINDS if entry.get(kind)]
    if len(kinds) > 1:
        raise file.wrong(f"{field}.{kinds[1]}", f"stands beside a {FILE_KINDS[kinds[0]]}", "A step is one of them: leave the other out.")
    said = kinds[0] if kinds else "notebook"
    ran = entry.get(said) or f"{entry['name']}.ipynb"
    path = file.part("", _path, file, f"{field}.{said}", ran)
    if said == "notebook" and path and file.problems is not None and (wrong := unfit_notebook(file.path.parent / path)) is not None:
        file.tell(f"{field}.{said}", f"{path} {wrong[0]}", wrong[1])  # each list of all pipelines would read all of their notebooks
    written = file.part({}, sql_fields, file, entry, field)
    written |= {
        "params": file.part({}, own_parameters, file, entry.get("params"), f"{field}.params", needs, path),
        "resources": file.part({}, resources, file, entry.get("resources"), f"{field}.resources"),
    }
    return Step(name=entry["name"], **{said: ran if path else None}, **written, **limits, **common)


def needs_of(file: File, entry: dict[str, Any], field: str) -> tuple[str, ...]:
    """The names of the steps that one needs. Raises InvalidInput with the field."""
    return file.names(entry.get("needs"), f"{field}.needs", "step names", "[clean, join]")


def _of_any(file: File, entry: dict[str, Any], field: str, needs: tuple[str, ...]) -> dict[str, Any]:
    """What a step of any kind says: when it begins, and what it is for."""
    if entry.get("when", "all_succeeded") not in _WHEN:
        raise file.wrong(f"{field}.when", f"is {entry['when']!r}", f"One of {', '.join(_WHEN)}.")
    if entry.get("when") and not needs:
        raise file.wrong(f"{field}.when", "is a condition on no step", "Name the steps in `needs`, or leave `when` out.")
    return {"needs": needs, "when": entry.get("when", "all_succeeded"), "description": str(entry.get("description") or "")}


def _module(file: File, field: str, said: Any) -> str:
    """The file of ``module.py:name``."""
    path, colon, name = said.rpartition(":") if isinstance(said, str) else ("", "", "")
    if not colon or not path.endswith(".py") or not name.isidentifier():
        raise file.wrong(field, f"is {said!r}", f"Write the file and the function: {_EXAMPLES['function']}.")
    return str(path)


def _path(file: File, field: str, said: Any) -> str:
    """The file that a step names, which is there."""
    kind = field.rpartition(".")[2]
    path = _module(file, field, said) if kind == "function" else said
    if not isinstance(path, str) or Path(path).is_absolute() or ".." in Path(path).parts:
        raise file.wrong(field, "must be a path below the pipeline's folder", f"For example {_EXAMPLES[kind]}.")
    if not (file.path.parent / path).is_file():
        raise file.wrong(field, f"{path} is not there", f"Correct the name, or add the {FILE_KINDS[kind]} beside pipeline.yaml.")
    if not (file.path.parent / path).resolve().is_relative_to(file.path.parent.resolve()):
        raise file.wrong(field, f"{path} is a link that leads out of the pipeline's folder", f"Put the {FILE_KINDS[kind]} itself there.")
    return path


def parameter_of(file: File, entry: dict[str, Any], index: int) -> Parameter:
    """A parameter. Raises InvalidInput with the field."""
    field = f"parameters[{index}]"
    file.mapping(entry, field, tuple(_PARAMETER))
    values = {_PARAMETER[key]: value for key, value in entry.items() if key in _PARAMETER and value is not None}
    # YAML has types of its own: who gives a default has said which.
    values.setdefault("type", type(values.get("default")).__name__)
    if values["type"] not in _TYPES:
        where, told = (f"{field}.type", f"{entry['type']!r} is not a type") if "type" in entry else (field, "has no type")
        raise file.wrong(where, told, f"One of {', '.join(_TYPES)}.")
    if not isinstance(values.get("choices", []), list):
        raise file.wrong(f"{field}.choices", "must be a list", "For example [1, 2, 3].")
    for bound in ("minimum", "maximum"):
        if bound in values and (isinstance(values[bound], bool) or not isinstance(values[bound], int | float)):
            raise file.wrong(f"{field}.{bound}", "must be a number", "Leave it out for no limit.")
    if not isinstance(values.get("required", False), bool):
        raise file.wrong(f"{field}.required", f"is {values['required']!r}", "Write true or false, without quotes.")
    if values.get("minimum", float("-inf")) > values.get("maximum", float("inf")):
        raise file.wrong(f"{field}.minimum", "is above the maximum", "No value could be given.")
    choices, default = tuple(values.pop("choices", ())), values.pop("default", None)
    plain = Parameter(**{**values, "description": str(values.get("description", "")), "required": bool(values.get("required", False))})
    try:
        choices = tuple(check_value(plain, choice) for choice in choices)
        complete = plain.model_copy(update={"choices": choices})
        return complete.model_copy(update={"default": None if default is None else check_value(complete, default)})
    except InvalidInput as error:
        raise file.wrong(
            f"{field}.default" if default is not None else f"{field}.choices", f"is wrong: {error.message}", error.fix or ""
        ) from error
