"""Changes of a ``pipeline.yaml``'s text, made where they have to be and checked: what comes out says what was wanted, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import InvalidInput
from workbench.core.names import slug
from workbench.pipelines.draft_records import Change
from workbench.pipelines.entries import FILE_KINDS
from workbench.pipelines.load import parse
from workbench.pipelines.own import renamed
from workbench.pipelines.yaml_paths import ENTRIES, Paths, is_entry

__all__ = ["changed"]


def changed(text: str, shown: str, changes: Sequence[Change]) -> str:
    """The text with the changes. What comes out is read again, and must say what it should.

    Raises
    ------
    UnreadableFile
        The text is not YAML.
    InvalidInput
        A change cannot be made without losing something.
    """
    import yaml

    said = parse(text, shown)
    wanted, made = _tree(said if said is not None else {}), Paths(text)
    try:
        for change in changes:
            _apply(made, wanted, change)
        same = _read(yaml.safe_load(made.text)) == _read(wanted)
    except (yaml.YAMLError, AttributeError, IndexError, LookupError, StopIteration, TypeError, ValueError):
        same = False
    if not same:
        message = "The pipeline's text cannot be changed here without losing something."
        raise InvalidInput(message, fix="Open it as text, and change it there.", file=shown)
    return made.text


def _tree(data: Any) -> Any:
    """A copy in which nothing stands in two places, as an anchor has it: a change is one of one place."""
    if isinstance(data, dict):
        return {key: _tree(value) for key, value in data.items()}
    return [_tree(each) for each in data] if isinstance(data, list) else data


def _read(data: Any) -> Any:
    """Nothing at all and an empty list of entries are one, and an entry of which nothing is said and an empty one."""
    if not isinstance(data, dict):
        return data or {}
    named = {key: {name: body or {} for name, body in data[key].items()} for key in ENTRIES if isinstance(data.get(key), dict)}
    return {key: value for key, value in (data | named).items() if value or key not in ENTRIES}


def _apply(made: Paths, data: dict[str, Any], change: Change) -> None:
    kind, at = change.at[0], change.at
    if change.do == "add":
        entry = {"name": _free_name(data, kind, change.value), **change.value}
        made.append(kind, entry)
        if isinstance(data.get(kind), dict) and data[kind]:
            data[kind][entry["name"]] = {key: value for key, value in entry.items() if key != "name"}
        else:
            data[kind] = [*(data.get(kind) or []), entry]
    elif change.do == "remove":
        if kind == "steps":
            _unneeded(made, data, at[1])
        made.remove(kind, at[1])
        entries = data[kind]
        data[kind] = (
            {name: body for name, body in entries.items() if name != at[1]}
            if isinstance(entries, dict)
            else [each for each in entries if each["name"] != at[1]]
        )
    elif change.do == "rename":
        made.rename(kind, at[1], str(change.value))
        _rename(data, kind, at[1], str(change.value))
    elif change.do == "set":
        made.put(at, change.value)
        _body(data, at[:-1], made=True)[at[-1]] = change.value
    elif at[-1] in _body(data, at[:-1]):
        made.drop(at)
        _drop(data, at)


def _free_name(data: dict[str, Any], kind: str, entry: dict[str, Any]) -> str:
    """A name for an entry that has none, after its file."""
    entries = data.get(kind) or ()
    taken = set(entries) if isinstance(entries, dict) else {each["name"] for each in entries}
    said = next((str(entry[key]) for key in FILE_KINDS if entry.get(key)), "")
    wanted = slug(Path(said.partition(":")[0]).stem) if said else {"steps": "step", "parameters": "parameter"}[kind]
    return next(name for name in (wanted, *(f"{wanted}_{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _body(data: dict[str, Any], path: Sequence[str], made: bool = False) -> dict[str, Any]:
    """The mapping at a path; one that is not there is put there with ``made``."""
    found: Any = data
    for name in path:
        if isinstance(found, list):
            found = next(each for each in found if each["name"] == name)
        else:
            # An entry of which nothing is said (`clean:`) is one.
            said = made or (name in found and found is data[path[0]])
            if found.get(name) is None and said:
                found[name] = {}
            found = found[name]
    return found  # type: ignore[no-any-return]


def _drop(data: dict[str, Any], path: Sequence[str]) -> None:
    body = _body(data, path[:-1])
    del body[path[-1]]
    if not body and len(path) > 1 and not is_entry(path[:-1]):
        _drop(data, path[:-1])


def _bodies(data: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    steps = data.get("steps") or ()
    return [(name, body or {}) for name, body in steps.items()] if isinstance(steps, dict) else [(each["name"], each) for each in steps]


def _unneeded(made: Paths, data: dict[str, Any], step: str) -> None:
    """No other step needs it any more."""
    for name, body in _bodies(data):
        needs = body.get("needs")
        listed = [needs] if isinstance(needs, str) else needs if isinstance(needs, list) else []
        if step in listed:
            left = [need for need in listed if need != step]
            _apply(made, data, Change(do="set" if left else "unset", at=("steps", name, "needs"), value=left or None))


def _rename(data: dict[str, Any], kind: str, old: str, new: str) -> None:
    if kind == "steps":
        for _, body in _bodies(data):
            if body.get("needs") == old:
                body["needs"] = new
            elif isinstance(body.get("needs"), list):
                body["needs"] = [new if need == old else need for need in body["needs"]]
            if isinstance(body.get("params"), dict):
                body["params"] = {name: renamed(value, old, new) for name, value in body["params"].items()}
    entries = data[kind]
    if isinstance(entries, dict):
        data[kind] = {new if name == old else name: body for name, body in entries.items()}
    else:
        next(each for each in entries if each["name"] == old)["name"] = new
