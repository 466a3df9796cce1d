"""What a ``pipeline.yaml`` says of the pipeline as a whole, and of what its steps need: owner, tags, queue, limits, resources."""

from __future__ import annotations

from typing import Any

from workbench.core.errors import InvalidInput, nearest
from workbench.core.resources import resources_of
from workbench.jobs.queues import MOST_PRIORITY, QUEUES
from workbench.pipelines.file import File

__all__ = ["FACTS", "facts", "resources"]

FACTS = ("owner", "tags", "queue", "priority", "limits")
_MOST_TAGS, _LONGEST = 50, 100


def facts(file: File, top: dict[str, Any]) -> dict[str, Any]:
    """Owner, tags, queue, priority and limits, as far as they are said. Raises InvalidInput with the field."""
    found: dict[str, Any] = {"tags": file.part((), _tags, file, top.get("tags"))}
    for key, field, read in (
        ("owner", "owner", _owner),
        ("queue", "queue", _queue),
        ("priority", "priority", _priority),
        ("limits", "most_runs", _most_runs),
    ):
        if top.get(key) is not None:
            found[field] = file.part(None, read, file, top[key])
    return {name: value for name, value in found.items() if value is not None}


def _owner(file: File, said: Any) -> str:
    if not isinstance(said, str) or not said.strip() or len(said) > _LONGEST:
        raise file.wrong("owner", f"is {said!r}", "Write a person's name or that of a team: `owner: ada`.")
    return said.strip()


def _queue(file: File, said: Any) -> str:
    if said not in QUEUES:
        close = nearest(str(said), QUEUES)
        raise file.wrong("queue", f"is {said!r}", f"Did you mean {close!r}?" if close else f"One of {', '.join(QUEUES)}.")
    return str(said)


def _priority(file: File, said: Any) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said <= MOST_PRIORITY:
        raise file.wrong("priority", f"is {said!r}", f"A whole number from 0 to {MOST_PRIORITY}; more goes first in its queue.")
    return said


def _most_runs(file: File, said: Any) -> int | None:
    runs = file.mapping(said, "limits", ("runs",)).get("runs")
    if runs is None:
        return None
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 1:
        raise file.wrong("limits.runs", f"is {runs!r}", "A whole number from 1: how many runs there are at once.")
    return runs


def _tags(file: File, said: Any) -> tuple[str, ...]:
    tags = file.names(said, "tags", "words", "[finance, daily]")
    for tag in tags:
        if not tag.strip() or len(tag) > _LONGEST:
            raise file.wrong("tags", f"has {tag!r}", f"Words of at most {_LONGEST} characters, for example [finance, daily].")
    if len(tags) > _MOST_TAGS:
        raise file.wrong("tags", f"are {len(tags)}", f"At most {_MOST_TAGS}.")
    return tuple(dict.fromkeys(tag.strip() for tag in tags))


def resources(file: File, said: Any, field: str) -> dict[str, float]:
    """What a step needs of named resources. Raises InvalidInput with the field."""
    if said is None:
        return {}
    try:
        return resources_of(said)
    except InvalidInput as error:
        name = error.details.get("name")
        raise file.wrong(
            f"{field}.{name}" if name else field, error.message.removeprefix(f"{name or 'resources'} ").rstrip("."), error.fix or ""
        ) from error
