"""Reading ``notebooks/pipelines/<name>/pipeline.yaml``."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, get_args

from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, InvalidName, PipelineNotFound, UnreadableFile, WorkbenchError, nearest
from workbench.pipelines.approval import approval_fields
from workbench.pipelines.attempts import attempt_fields
from workbench.pipelines.facts import FACTS, facts, resources
from workbench.pipelines.file import File
from workbench.pipelines.function import check_function
from workbench.pipelines.own import own_parameters
from workbench.pipelines.parameters import check_value
from workbench.pipelines.records import Condition, Parameter, Pipeline, Step, Writes
from workbench.pipelines.sql_fields import check_sql, sql_fields

__all__ = ["FILE_NAME", "check_name", "find_pipeline", "find_pipelines", "load_pipeline", "order"]

FILE_NAME = "pipeline.yaml"
# Letters of any alphabet, as in `core.names`, and a hyphen: a name becomes part of an address and of a job's name.
_NAME = re.compile(r"^[^\W_][\w-]{0,127}\Z")

_NAMED = "Use letters, digits, - and _, starting with a letter or digit."
_TOP = ("name", "description", "writes", *FACTS, "parameters", "steps")
_STEP = tuple(Step.model_fields)
_CALLED = {"notebook": "notebook", "sql": "SQL file", "function": "Python file"}
_EXAMPLES = {"notebook": "clean.ipynb", "sql": "clean.sql", "function": "clean.py:clean"}
_WHEN = get_args(Condition)
_WRITES = get_args(Writes)
_TYPES = get_args(Parameter.model_fields["type"].annotation)
# The short words are what people write.
_PARAMETER = {**{name: name for name in Parameter.model_fields}, "min": "minimum", "max": "maximum"}


def check_name(name: str) -> None:
    """Raises
    ------
    InvalidName
        No pipeline can have that name.
    """
    if not _NAME.match(name):
        raise InvalidName(f"{name!r} is no name for a pipeline.", fix=_NAMED)


def find_pipelines(settings: Settings) -> tuple[Pipeline, ...]:
    """All pipelines of the workspace, by name. A broken one is there by its folder's name, without steps, and its description
    says what is wrong: it is seen, and its neighbours still can be."""
    folder = settings.root / "notebooks" / "pipelines"
    return tuple(_load_or_tell(path, settings.root) for path in sorted(folder.glob(f"*/{FILE_NAME}")))


def _load_or_tell(path: Path, root: Path) -> Pipeline:
    try:
        return load_pipeline(path, root)
    except WorkbenchError as error:
        return Pipeline(name=path.parent.name, description=f"Broken: {error}", steps=(), folder=str(path.parent.relative_to(root)))


def find_pipeline(settings: Settings, name: str) -> Pipeline:
    """One pipeline by name (a broken neighbour does not matter).

    Raises
    ------
    PipelineNotFound
        There is none of that name; the message names the nearest.
    """
    folder = settings.root / "notebooks" / "pipelines"
    paths = sorted(folder.glob(f"*/{FILE_NAME}"), key=lambda path: (path.parent.name != name, path))
    names = []
    for path in paths:
        try:
            pipeline = load_pipeline(path, settings.root)
        except WorkbenchError:
            if path.parent.name == name:
                raise
            continue
        if pipeline.name == name:
            return pipeline
        names.append(pipeline.name)
    close = nearest(name, names)
    known = f"There are: {', '.join(sorted(names))}." if names else f"Make one in {folder}/<name>/{FILE_NAME}."
    raise PipelineNotFound(f"There is no pipeline {name!r}.", fix=f"Did you mean {close!r}?" if close else known)


def load_pipeline(path: Path, root: Path) -> Pipeline:
    """Read and check one file; ``folder`` is relative to ``root``.

    Raises
    ------
    UnreadableFile
        It is not YAML, or not there.
    InvalidInput
        A field is unknown, missing or wrong; the message names file and field.
    """
    import yaml

    shown = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    file = File(path, shown)
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{shown} cannot be read.", fix="Check that it is there and is UTF-8 text.") from error
    except RecursionError as error:
        raise UnreadableFile(f"{shown} is nested too deep.", fix="Look for brackets that are not closed.", file=shown) from error
    except (yaml.YAMLError, ValueError) as error:  # a ValueError is a date such as 2024-13-01
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UnreadableFile(f"{shown}{where} is not valid YAML.", fix="Correct that line; mind the indentation.", file=shown) from error
    top = file.mapping(data, "", _TOP)
    name = str(top.get("name") or path.parent.name)
    if not _NAME.match(name):
        raise file.wrong("name", f"{name!r} is not allowed", _NAMED)
    writes = top.get("writes") or "together"
    if writes not in _WRITES:
        raise file.wrong("writes", f"is {writes!r}", f"One of {', '.join(_WRITES)}.")
    steps = tuple(_step(file, entry, index) for index, entry in enumerate(file.named(top.get("steps"), "steps")))
    if not steps:
        raise file.wrong("steps", "are missing", "Add `- name: ...` and `notebook: ...` (or `sql: ...`, `function: ...`) below `steps:`.")
    _check_needs(file, steps)
    parameters = tuple(_parameter(file, entry, index) for index, entry in enumerate(file.named(top.get("parameters"), "parameters")))
    for index, step in enumerate(steps):
        if step.sql:
            check_sql(file, step, index, parameters)
        elif step.function:
            check_function(file, step, index, parameters)
    folder = str(path.parent.relative_to(root)) if path.is_relative_to(root) else str(path.parent)
    description = str(top.get("description") or "")
    said = {"writes": writes, **facts(file, top)}
    return Pipeline(name=name, description=description, parameters=parameters, steps=steps, folder=folder, **said)


def _step(file: File, entry: dict[str, Any], index: int) -> Step:
    field = f"steps[{index}]"
    file.mapping(entry, field, _STEP)
    needs = file.names(entry.get("needs"), f"{field}.needs", "step names", "[clean, join]")
    if entry.get("approve") is not None:
        asked = approval_fields(file, entry, field)
        limits = attempt_fields(file, entry, field)
        return Step(name=entry["name"], approve=asked, **limits, **_of_any(file, entry, field, needs))
    kinds = [kind for kind in _CALLED if entry.get(kind)]
    if len(kinds) > 1:
        raise file.wrong(f"{field}.{kinds[1]}", f"stands beside a {_CALLED[kinds[0]]}", "A step is one of them: leave the other out.")
    said = kinds[0] if kinds else "notebook"
    path = ran = entry.get(said) or f"{entry['name']}.ipynb"
    if said == "function":
        path = _module(file, f"{field}.function", ran)
    _check_path(file, f"{field}.{said}", path, _EXAMPLES[said])
    written = sql_fields(file, entry, field) | attempt_fields(file, entry, field)
    written |= {
        "params": own_parameters(file, entry.get("params"), f"{field}.params", needs, path),
        "resources": resources(file, entry.get("resources"), f"{field}.resources"),
    }
    return Step(name=entry["name"], **{said: ran}, **written, **_of_any(file, entry, field, needs))


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


def _check_path(file: File, field: str, path: Any, example: str) -> None:
    what = field.rpartition(".")[2]
    if not isinstance(path, str) or Path(path).is_absolute() or ".." in Path(path).parts:
        raise file.wrong(field, "must be a path below the pipeline's folder", f"For example {example}.")
    if not (file.path.parent / path).is_file():
        raise file.wrong(field, f"{path} is not there", f"Correct the name, or add the {_CALLED[what]} beside pipeline.yaml.")
    if not (file.path.parent / path).resolve().is_relative_to(file.path.parent.resolve()):
        raise file.wrong(field, f"{path} is a link that leads out of the pipeline's folder", f"Put the {_CALLED[what]} itself there.")


def _parameter(file: File, entry: dict[str, Any], index: int) -> Parameter:
    field = f"parameters[{index}]"
    file.mapping(entry, field, tuple(_PARAMETER))
    values = {_PARAMETER[key]: value for key, value in entry.items() if value is not None}
    if values.get("type") not in _TYPES:
        raise file.wrong(f"{field}.type", f"{values.get('type')!r} is not a type", f"One of {', '.join(_TYPES)}.")
    if not isinstance(values.get("choices", []), list):
        raise file.wrong(f"{field}.choices", "must be a list", "For example [1, 2, 3].")
    for bound in ("minimum", "maximum"):
        if bound in values and (isinstance(values[bound], bool) or not isinstance(values[bound], int | float)):
            raise file.wrong(f"{field}.{bound}", "must be a number", "Leave it out for no limit.")
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


def _check_needs(file: File, steps: tuple[Step, ...]) -> None:
    names = [step.name for step in steps]
    for index, step in enumerate(steps):
        for need in step.needs:
            if need not in names:
                close = nearest(need, names)
                raise file.wrong(
                    f"steps[{index}].needs",
                    f"names {need!r}, which is no step",
                    f"Did you mean {close!r}?" if close else f"Steps: {', '.join(names)}.",
                )
    try:
        order(steps)
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise file.wrong("steps", f"need each other in a circle: {circle}", "Remove one of these needs.") from error


def order(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps so that each comes after what it needs; otherwise as they were written.

    Raises
    ------
    graphlib.CycleError
        They need each other in a circle.
    """
    sorter = TopologicalSorter({step.name: step.needs for step in steps})
    place = {step.name: index for index, step in enumerate(steps)}
    by_name = {step.name: step for step in steps}
    sorter.prepare()
    ordered: list[Step] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        ordered.extend(by_name[name] for name in ready)
        sorter.done(*ready)
    return tuple(ordered)
