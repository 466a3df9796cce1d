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
    found: dict[str, Any] = {"tags": _tags(file, top.get("tags"))}
    owner = top.get("owner")
    if owner is not None:
        if not isinstance(owner, str) or not owner.strip() or len(owner) > _LONGEST:
            raise file.wrong("owner", f"is {owner!r}", "Write a person's name or that of a team: `owner: ada`.")
        found["owner"] = owner.strip()
    queue = top.get("queue")
    if queue is not None:
        if queue not in QUEUES:
            close = nearest(str(queue), QUEUES)
            raise file.wrong("queue", f"is {queue!r}", f"Did you mean {close!r}?" if close else f"One of {', '.join(QUEUES)}.")
        found["queue"] = queue
    priority = top.get("priority")
    if priority is not None:
        if isinstance(priority, bool) or not isinstance(priority, int) or not 0 <= priority <= MOST_PRIORITY:
            raise file.wrong("priority", f"is {priority!r}", f"A whole number from 0 to {MOST_PRIORITY}; more goes first in its queue.")
        found["priority"] = priority
    limits = top.get("limits")
    if limits is not None:
        runs = file.mapping(limits, "limits", ("runs",)).get("runs")
        if runs is not None:
            if isinstance(runs, bool) or not isinstance(runs, int) or runs < 1:
                raise file.wrong("limits.runs", f"is {runs!r}", "A whole number from 1: how many runs there are at once.")
            found["most_runs"] = runs
    return found


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
            f"{field}.{name}" if name else field, error.message.removeprefix(f"{name} ").rstrip("."), error.fix or ""
        ) from error
