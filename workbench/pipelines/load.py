"""Reading ``notebooks/pipelines/<name>/pipeline.yaml``."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, get_args

from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, PipelineNotFound, UnreadableFile, WorkbenchError, nearest
from workbench.core.names import check_identifier
from workbench.pipelines.parameters import check_value
from workbench.pipelines.records import Parameter, Pipeline, Step

__all__ = ["FILE_NAME", "find_pipeline", "find_pipelines", "load_pipeline", "order"]

FILE_NAME = "pipeline.yaml"
# Letters of any alphabet, as in `core.names`, and a hyphen: a name becomes part of an address and of a job's name.
_NAME = re.compile(r"^[^\W_][\w-]{0,127}\Z")

_TOP = ("name", "description", "parameters", "steps")
_STEP = tuple(Step.model_fields)
_TYPES = get_args(Parameter.model_fields["type"].annotation)
# The short words are what people write.
_PARAMETER = {**{name: name for name in Parameter.model_fields}, "min": "minimum", "max": "maximum"}


class _File:
    """One file being read: errors name it and the field."""

    def __init__(self, path: Path, shown: str) -> None:
        self.path, self.shown = path, shown

    def wrong(self, field: str, message: str, fix: str) -> InvalidInput:
        return InvalidInput(f"{self.shown}: {field} {message}.", fix=fix, file=self.shown, field=field)

    def mapping(self, value: Any, field: str, known: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(field, "must be a mapping", "Write `key: value` lines below it.")
        for key in value:
            if key not in known:
                close = nearest(str(key), known)
                raise self.wrong(
                    f"{field}.{key}" if field else str(key),
                    "is unknown",
                    f"Did you mean {close!r}?" if close else f"Known: {', '.join(known)}.",
                )
        return value

    def named(self, value: Any, field: str) -> list[dict[str, Any]]:
        """A list of mappings with ``name``, or a mapping of names to mappings, as the former."""
        if value is None:
            return []
        if isinstance(value, dict):
            value = [{"name": name, **self.mapping(body or {}, f"{field}.{name}", _ANY)} for name, body in value.items()]
        if not isinstance(value, list):
            raise self.wrong(field, "must be a list", "Begin each entry with `- name: ...`.")
        seen: set[str] = set()
        for index, entry in enumerate(value):
            name = entry.get("name") if isinstance(entry, dict) else None
            if not isinstance(name, str) or not name:
                raise self.wrong(f"{field}[{index}]", "has no name", "Begin the entry with `- name: ...`.")
            try:
                check_identifier(name, "name")
            except WorkbenchError as error:
                raise self.wrong(f"{field}[{index}].name", f"{name!r} is not allowed", error.fix or "") from error
            if name in seen:
                raise self.wrong(f"{field}[{index}].name", f"{name!r} is there twice", "Give each its own name.")
            seen.add(name)
        return value


class _Anything(tuple[str, ...]):
    def __contains__(self, _: object) -> bool:
        return True


_ANY = _Anything()


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
    file = _File(path, shown)
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
        raise file.wrong("name", f"{name!r} is not allowed", "Use letters, digits, - and _, starting with a letter or digit.")
    steps = tuple(_step(file, entry, index) for index, entry in enumerate(file.named(top.get("steps"), "steps")))
    if not steps:
        raise file.wrong("steps", "are missing", "Add `- name: ...` and `notebook: ...` below `steps:`.")
    _check_needs(file, steps)
    parameters = tuple(_parameter(file, entry, index) for index, entry in enumerate(file.named(top.get("parameters"), "parameters")))
    folder = str(path.parent.relative_to(root)) if path.is_relative_to(root) else str(path.parent)
    return Pipeline(name=name, description=str(top.get("description") or ""), parameters=parameters, steps=steps, folder=folder)


def _step(file: _File, entry: dict[str, Any], index: int) -> Step:
    field = f"steps[{index}]"
    file.mapping(entry, field, _STEP)
    notebook = entry.get("notebook") or f"{entry['name']}.ipynb"
    if not isinstance(notebook, str) or Path(notebook).is_absolute() or ".." in Path(notebook).parts:
        raise file.wrong(f"{field}.notebook", "must be a path below the pipeline's folder", "For example clean.ipynb.")
    if not (file.path.parent / notebook).is_file():
        raise file.wrong(f"{field}.notebook", f"{notebook} is not there", "Correct the name, or add the notebook beside pipeline.yaml.")
    if not (file.path.parent / notebook).resolve().is_relative_to(file.path.parent.resolve()):
        raise file.wrong(
            f"{field}.notebook", f"{notebook} is a link that leads out of the pipeline's folder", "Put the notebook itself there."
        )
    needs = entry.get("needs") or ()
    if isinstance(needs, str):
        needs = [needs]
    if not isinstance(needs, list | tuple) or not all(isinstance(need, str) for need in needs):
        raise file.wrong(f"{field}.needs", "must be a list of step names", "For example [clean, join].")
    return Step(name=entry["name"], notebook=notebook, needs=tuple(needs), description=str(entry.get("description") or ""))


def _parameter(file: _File, entry: dict[str, Any], index: int) -> Parameter:
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


def _check_needs(file: _File, steps: tuple[Step, ...]) -> None:
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
