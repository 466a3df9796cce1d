"""Reading ``notebooks/pipelines/<name>/pipeline.yaml``."""

from __future__ import annotations

import re
from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, get_args

from workbench.core.config import Settings
from workbench.core.errors import InvalidName, PipelineNotFound, UnreadableFile, WorkbenchError, nearest
from workbench.core.given import MOST_VALUES, said_again, spread
from workbench.pipelines.elsewhere import files_named, ignored
from workbench.pipelines.entries import parameter_of, step_of
from workbench.pipelines.facts import FACTS, facts
from workbench.pipelines.file import File
from workbench.pipelines.function import check_function
from workbench.pipelines.records import Pipeline, Step, WorkingFolder, Writes
from workbench.pipelines.snapshot import FILE_NAME
from workbench.pipelines.sql_fields import check_sql

__all__ = ["FILE_NAME", "check_name", "find_pipeline", "find_pipelines", "load_pipeline", "order", "parse", "read_pipeline"]

#: Bytes of it. Reading takes a second for each hundred thousand, and all pipelines are read for a list of them.
LARGEST_FILE = 1_000_000
# Letters of any alphabet, as in `core.names`, and a hyphen: a name becomes part of an address and of a job's name.
_NAME = re.compile(r"^[^\W_][\w-]{0,127}\Z")

_ALLOWED = "Use letters, digits, - and _, starting with a letter or digit."
_NAMED = 20  # pipelines in an error
_TOP = ("name", "description", "writes", "files", "ignore", "working_folder", *FACTS, "parameters", "steps")
# What a pipeline says one of; the first where it says nothing.
_CHOICES = {"writes": get_args(Writes), "working_folder": get_args(WorkingFolder)}


def check_name(name: str) -> None:
    """Raises
    ------
    InvalidName
        No pipeline can have that name.
    """
    if not _NAME.match(name):
        raise InvalidName(f"{name!r} is no name for a pipeline.", fix=_ALLOWED)


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
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    known = f"There are: {', '.join(sorted(names)[:_NAMED])}{more}." if names else f"Make one in {folder}/<name>/{FILE_NAME}."
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
    shown = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise _too_large(shown)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile(f"{shown} cannot be read.", fix="Check that it is there and is UTF-8 text.", file=shown) from error
    found = read_pipeline(File(path, shown), parse(text, shown), root)
    assert found is not None
    return found


def parse(text: str, shown: str) -> Any:
    """What a YAML text says. Raises UnreadableFile with the line, if it is none, or says a key twice."""
    import yaml

    if len(text) > LARGEST_FILE:
        raise _too_large(shown)
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if not spread(node) < MOST_VALUES:
            raise UnreadableFile(
                f"{shown} refers to the same parts too often, or to itself.", fix="Write out what the anchors (&, *) stand for.", file=shown
            )
        if (again := said_again(node)) is not None:
            where = f"{shown}, line {again.start_mark.line + 1}"
            raise UnreadableFile(f"{where} says {str(again.value)!r} a second time.", fix="Put both parts under one of them.", file=shown)
        return loader.construct_document(node) if node is not None else None
    except RecursionError as error:
        raise UnreadableFile(f"{shown} is nested too deep.", fix="Look for brackets that are not closed.", file=shown) from error
    except (yaml.YAMLError, ValueError) as error:  # a ValueError is a date such as 2024-13-01
        where, why = _why(error, text)
        raise UnreadableFile(
            f"{shown}{where} is not valid YAML: {why}.", fix="Correct that line; mind the indentation.", file=shown
        ) from error


def _why(error: Exception, text: str) -> tuple[str, str]:
    """Where a text is no YAML (with a comma before it; empty where that is not known), and why."""
    import yaml

    if isinstance(error, yaml.reader.ReaderError):
        return f", line {text.count(chr(10), 0, error.position) + 1}", "there is a character that YAML has not"
    mark, problem, context = (getattr(error, name, None) for name in ("problem_mark", "problem", "context"))
    lead = f"{context}, " if context and context.startswith("expected") else ""
    return f", line {mark.line + 1}" if mark else "", f"{lead}{problem or error}"


def _too_large(shown: str) -> UnreadableFile:
    fix = "Make it several pipelines, or put what is long into files beside it."
    return UnreadableFile(f"{shown} is larger than {LARGEST_FILE / 1e6:g} MB.", fix=fix, file=shown)


def read_pipeline(file: File, data: Any, root: Path) -> Pipeline | None:
    """The pipeline that a file's ``data`` say. Raises InvalidInput; where the file gathers problems, all that can be told are, and None is
    returned if there is any."""
    path, top = file.path, file.mapping(data, "", _TOP)
    name = str(top.get("name") or path.parent.name)
    if not _NAME.match(name):
        file.tell("name", f"{name!r} is not allowed", _ALLOWED)
    said = {}
    for key, known in _CHOICES.items():
        said[key] = top.get(key) or known[0]
        if said[key] not in known:
            file.tell(key, f"is {said[key]!r}", f"One of {', '.join(known)}.")
    entries = file.named(top.get("steps"), "steps")
    if not entries:
        file.tell("steps", "are missing", "Add `- name: ...` and `notebook: ...` (or `sql: ...`, `function: ...`) below `steps:`.")
    read = {index: file.part(None, step_of, file, entry, index) for index, entry in enumerate(entries)}
    _check_needs(file, [(entry["name"], read[index]) for index, entry in enumerate(entries)])
    given = [
        file.part(None, parameter_of, file, entry, index) for index, entry in enumerate(file.named(top.get("parameters"), "parameters"))
    ]
    parameters = tuple(each for each in given if each is not None)
    for index, step in read.items():
        if step is not None and step.sql:
            file.part(None, check_sql, file, step, index, parameters)
        elif step is not None and step.function:
            file.part(None, check_function, file, step, index, parameters)
    said |= {"files": file.part((), files_named, file, top.get("files"), root), **facts(file, top)}
    steps = tuple(step for step in read.values() if step is not None)
    said["ignore"] = file.part((), ignored, file, top.get("ignore"), steps)
    if file.problems:
        return None
    folder = str(path.parent.relative_to(root)) if path.is_relative_to(root) else str(path.parent)
    return Pipeline(name=name, description=str(top.get("description") or ""), parameters=parameters, steps=steps, folder=folder, **said)


def _check_needs(file: File, steps: list[tuple[str, Step | None]]) -> None:
    """Steps by name; None are those that have other problems."""
    names = [name for name, _ in steps]
    known = {name: step for name, step in steps if step is not None}
    for index, (_, step) in enumerate(steps):
        for need in step.needs if step is not None else ():
            if need not in names:
                close = nearest(need, names)
                file.tell(
                    f"steps[{index}].needs",
                    f"names {need!r}, which is no step",
                    f"Did you mean {close!r}?" if close else f"Steps: {', '.join(names)}.",
                )
    try:
        order(tuple(step.model_copy(update={"needs": _among(step.needs, known)}) for step in known.values()))
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        file.tell("steps", f"need each other in a circle: {circle}", "Remove one of these needs.")


def _among(needs: tuple[str, ...], known: Collection[str]) -> tuple[str, ...]:
    return tuple(need for need in needs if need in known)


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
