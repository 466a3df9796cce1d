"""A ``pipeline.yaml`` that is being edited: read with all that is wrong in it, and changed with a person's comments and order kept.

Nothing is written. The text is the editor's, and what is asked of it here is asked with the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, NotFound, UnreadableFile
from workbench.pipelines.changes import changed
from workbench.pipelines.draft_records import Change, DraftStep, PipelineDraft, Problem
from workbench.pipelines.entries import FILE_KINDS
from workbench.pipelines.file import File
from workbench.pipelines.load import FILE_NAME, parse, read_pipeline
from workbench.pipelines.snapshot import CODE, listed
from workbench.pipelines.taken import taken_by
from workbench.pipelines.untaken import untaken, words
from workbench.pipelines.yaml_paths import ENTRIES

__all__ = ["draft"]

_MOST_FILES = 500


def draft(settings: Settings, path: str, text: str | None = None, changes: Sequence[Change] = ()) -> PipelineDraft:
    """What a pipeline's text says, once it is changed.

    Parameters
    ----------
    path
        Of the ``pipeline.yaml``, relative to the workspace's folder; beside it are the files of its steps.
    text
        What is in the editor; without it, what is in the file.

    Raises
    ------
    NotFound
        There is no such folder (or, without ``text``, file) in the workspace.
    UnreadableFile
        The text is not YAML.
    InvalidInput
        It is no pipeline at all (no mapping, entries without a name), or a change cannot be made without losing something.
    """
    place = _place(settings, path, text is None)
    shown = place.relative_to(settings.root.resolve()).as_posix()
    if text is None:
        try:
            text = place.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableFile(f"{shown} cannot be read.", fix="Check that it is UTF-8 text.") from error
    if changes:
        text = changed(text, shown, changes)
    data = parse(text, shown)
    problems: list[InvalidInput] = []
    file = File(place, shown, problems)
    pipeline = read_pipeline(file, {} if data is None else data, settings.root.resolve())
    top = {str(name): value for name, value in (data or {}).items()}
    steps, parameters = (file.named(top.pop(key, None), key) for key in ENTRIES)
    names = {entry["name"] for entry in steps}
    lines = _Lines(text)
    read = tuple(_step(place.parent, entry, names) for entry in steps)
    return PipelineDraft(
        path=shown,
        text=text,
        name=str(top.get("name") or place.parent.name),
        said=_plain(top),
        parameters=tuple(_plain(entry) for entry in parameters),
        steps=read,
        problems=tuple({error.message: _problem(error, shown, lines) for error in problems}.values()),
        warnings=_warnings(place.parent, [entry["name"] for entry in parameters], read, lines),
        files=tuple(listed(place.parent, CODE))[:_MOST_FILES],
        pipeline=pipeline,
    )


def _place(settings: Settings, path: str, there: bool) -> Path:
    root = settings.root.resolve()
    found = (root / path).resolve()
    # What lies elsewhere, or is the workspace's own, is said to be nowhere.
    known = found.is_relative_to(root) and not found.is_relative_to(settings.state.resolve()) and found.name == FILE_NAME
    if not known or not (found.is_file() if there else found.parent.is_dir()):
        raise NotFound(f"There is no {path!r} in the workspace.", fix=f"Give the path of a {FILE_NAME} below the workspace's folder.")
    return found


def _step(folder: Path, entry: dict[str, Any], names: set[str]) -> DraftStep:
    kind = "approve" if entry.get("approve") is not None else next((kind for kind in FILE_KINDS if entry.get(kind)), "notebook")
    said = None if kind == "approve" else str(entry.get(kind) or f"{entry['name']}.ipynb")
    needs = entry.get("needs") or ()
    needs = [needs] if isinstance(needs, str) else needs if isinstance(needs, list) else ()
    takes = taken_by(folder, kind, said) if said is not None else ()
    known = tuple(need for need in needs if isinstance(need, str) and need in names)
    return DraftStep(name=entry["name"], kind=kind, file=said, needs=known, entry=_plain(entry), takes=takes)  # type: ignore[arg-type]


def _warnings(folder: Path, parameters: list[str], steps: Sequence[DraftStep], lines: _Lines) -> tuple[Problem, ...]:
    said = [
        (step.kind, step.file, params)
        for step in steps
        if step.file is not None and isinstance(params := step.entry.get("params") or {}, dict)
    ]
    if not parameters or any(not (folder / file).resolve().is_relative_to(folder.resolve()) for _, file, _ in said):
        return ()
    found = []
    for name, close in untaken(folder, parameters, said):
        field, (message, fix) = f"parameters[{parameters.index(name)}].name", words(close)
        found.append(Problem(field=field, message=f"{name}: {message}", fix=fix, line=lines.of(field)))
    return tuple(found)


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _problem(error: InvalidInput, shown: str, lines: _Lines) -> Problem:
    field = str(error.details.get("field") or "")
    message = error.message.removeprefix(f"{shown}: ")
    return Problem(field=field, message=message, fix=error.fix, line=lines.of(field))


class _Lines:
    """Where fields stand in a text."""

    def __init__(self, text: str) -> None:
        import yaml

        self._top = yaml.compose(text, Loader=yaml.SafeLoader)

    def of(self, field: str) -> int | None:
        """The line of a field, from 1, or of the nearest thing that it would stand in."""
        node: Any = self._top
        line: int | None = None
        for part in re.findall(r"[^.\[\]]+", field):
            if node is None or node.id == "scalar":
                break
            if node.id == "sequence" or part.isdigit():
                at = int(part) if part.isdigit() and int(part) < len(node.value) else None
                found = node.value[at] if at is not None else None
                key, node = found if isinstance(found, tuple) else (found, found)
            else:
                key, node = next(((key, value) for key, value in node.value if key.value == part), (None, None))
            if key is None:
                break
            line = key.start_mark.line + 1
        return line
