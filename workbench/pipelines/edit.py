"""A step of SQL, put into a pipeline: its file beside ``pipeline.yaml``, and its entry in it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

from workbench.core.config import Settings
from workbench.core.errors import AlreadyExists, InvalidInput, PipelineNotFound, WorkbenchError
from workbench.core.names import check_identifier
from workbench.pipelines.files import Files
from workbench.pipelines.load import FILE_NAME, check_name, find_pipeline
from workbench.pipelines.records import Pipeline, Step, StepMode
from workbench.pipelines.sql import read_parts
from workbench.pipelines.yaml_paths import Paths

__all__ = ["add_step", "of_argument"]

# What a step that takes another's place says where it says nothing itself.
_NOTHING: dict[str, Any] = {"output": None, "mode": "overwrite", "key": [], "needs": [], "description": ""}

_KINDS = {bool: "bool", int: "int", float: "float", str: "str"}


def add_step(
    settings: Settings,
    pipeline: str,
    step: str,
    sql: str,
    output: str | None = None,
    mode: StepMode = "overwrite",
    keys: Sequence[str] = (),
    needs: Sequence[str] = (),
    description: str = "",
    params: Mapping[str, Any] | None = None,
    replace: bool = False,
    *,
    ahead: Callable[[], None] | None = None,
) -> Pipeline:
    """Write ``<step>.sql`` and add the step; a pipeline that is not there is made. Call it while nobody else changes pipelines' files.

    Whenever it is ended, the pipeline is the old one or the new one, and whole.

    Parameters
    ----------
    params
        Values of parameters that the statements name: those that the pipeline lacks get them as their default, typed by them.
    ahead
        Called once all is known to be right, just before anything changes; where it raises, nothing does.

    Raises
    ------
    AlreadyExists
        There is a step of that name (and not ``replace``), or a file.
    InvalidInput, InvalidName, InvalidSQL, Forbidden
        What is wrong; ``field`` of the details says of which argument. Nothing is changed.
    """
    with of_argument("step"):
        check_identifier(step, "name for a step")
    with of_argument("sql"):
        wanted = dict.fromkeys(name for part in read_parts(sql) for name in part.parameters)
    folder, there = _folder(settings, pipeline)
    said = {"output": output or None, "mode": mode, "key": list(keys), "needs": list(needs), "description": description.strip()}
    entry = {"name": step, "sql": ""} | {name: value for name, value in said.items() if value != _NOTHING[name]}
    old = next((each for each in there.steps if each.name == step), None) if there is not None else None
    if old is not None and not replace:
        raise AlreadyExists(
            f"Pipeline {pipeline!r} has a step {step!r} already.", fix="Choose another name, or pass `replace=True`.", field="step"
        )
    given = _parameters(wanted, params or {}, {each.name for each in there.parameters} if there is not None else set())
    before = (folder / FILE_NAME).read_bytes().decode("utf-8") if there is not None else None

    def text(file: str) -> str:
        said = entry | {"sql": file}
        return _new(said, given) if before is None else _changed(before, said, given, old)

    others = {each.file for each in there.steps if each.name != step} if there is not None else set()
    return Files(settings, folder, f"{step}.sql", others, old.sql if old is not None else None, ahead).write(sql.strip() + "\n", text)


@contextmanager
def of_argument(argument: str) -> Iterator[None]:
    """What is wrong in the block is wrong with that argument."""
    try:
        yield
    except WorkbenchError as error:
        error.details["field"] = argument
        raise


def _folder(settings: Settings, name: str) -> tuple[Path, Pipeline | None]:
    """Where the pipeline is, or will be; and the pipeline."""
    base = settings.root / "notebooks" / "pipelines"
    with of_argument("name"):
        check_name(name)
        try:
            found = find_pipeline(settings, name)
            folder = settings.root / found.folder
        except PipelineNotFound:
            found, folder = None, base / name
        if found is None and (folder / FILE_NAME).exists():
            raise AlreadyExists(f"The folder {name} holds a pipeline of another name.", fix="Choose another name.")
        if not folder.resolve().is_relative_to(base.resolve()) or (folder / FILE_NAME).is_symlink():
            raise InvalidInput(f"The pipeline {name!r} is a link that leads elsewhere.", fix="Change it where it is.")
    return folder, found


def _parameters(wanted: Collection[str], values: Mapping[str, Any], known: Collection[str]) -> list[dict[str, Any]]:
    """Entries for the parameters that the statements name and the pipeline lacks."""
    with of_argument("params"):
        for name in values:
            if name not in wanted:
                raise InvalidInput(f"The statement has no parameter ${name}.", fix="Leave it out, or use it as $name.")
        return [_parameter(name, values.get(name)) for name in wanted if name not in known]


def _parameter(name: str, value: Any) -> dict[str, Any]:
    kind = _KINDS.get(type(value))
    if kind is None:
        raise InvalidInput(
            f"The pipeline has no parameter {name!r} that ${name} could be.",
            fix=f"Pass a number, text, date or truth value as its default: `params={ {name: 'VALUE'}!r}`.",
        )
    if kind == "str":
        with suppress(ValueError):
            date.fromisoformat(value)
            kind = "date" if len(value) == len("2026-01-31") else kind
    return {"name": name, "type": kind, "default": value}


def _new(entry: dict[str, Any], parameters: list[dict[str, Any]]) -> str:
    made = Paths("")
    for key, entries in (("parameters", parameters), ("steps", [entry])):
        for each in entries:
            made.append(key, each)
    return made.text


def _changed(text: str, entry: dict[str, Any], parameters: list[dict[str, Any]], old: Step | None) -> str:
    """The text of the pipeline with the step and the parameters. Raises InvalidInput where it cannot be changed safely."""
    import yaml

    before, made = yaml.safe_load(text), Paths(text)
    wanted = copy.deepcopy(before)
    try:
        if old is None:
            made.append("steps", entry)
            _add(wanted, "steps", entry)
        else:
            filled = entry | {name: value for name, value in _NOTHING.items() if name in _entry(wanted, old.name) and name not in entry}
            instead = "function" if old.function else "notebook"
            for field, value in filled.items():
                if field != "name":
                    made.put(("steps", old.name, field), value, instead if field == "sql" else None)
            step = _entry(wanted, old.name)
            step.pop(instead, None)
            step |= filled if "name" in step else {name: value for name, value in filled.items() if name != "name"}
        for each in parameters:
            made.append("parameters", each)
            _add(wanted, "parameters", each)
        same = yaml.safe_load(made.text) == wanted
    except (yaml.YAMLError, AttributeError, LookupError, TypeError, ValueError):
        same = False
    if not same:
        raise InvalidInput(
            f"The pipeline's {FILE_NAME} is written in a way that cannot be changed without losing something.",
            fix="Add the step there by hand, or write its steps as a list, `- name: ...` on a line each.",
            field="name",
        )
    return made.text


def _add(data: dict[str, Any], key: str, entry: dict[str, Any]) -> None:
    if isinstance(data.get(key), dict) and data[key]:
        data[key][entry["name"]] = {name: value for name, value in entry.items() if name != "name"}
    else:
        data[key] = [*(data.get(key) or []), entry]


def _entry(data: dict[str, Any], name: str) -> dict[str, Any]:
    steps = data["steps"]
    found: dict[str, Any] = steps[name] if isinstance(steps, dict) else next(each for each in steps if each["name"] == name)
    return found
