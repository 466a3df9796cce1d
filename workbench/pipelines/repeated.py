"""Deciding what of a run that has ended is carried out again, and which of its writes are made anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from workbench.core.errors import InvalidInput, nearest
from workbench.pipelines.records import Step

__all__ = ["ANEW", "REWRITTEN", "generations", "repeated", "rewritten"]

#: The attribute of a step's run that has :func:`generations`.
ANEW = "anew"
#: The attribute that says what of an earlier attempt the writes of this repair stand for: True of all of it, or the identities of pieces.
REWRITTEN = "rewritten"

#: A cell's or statement's identity, and its text.
Piece = tuple[str, str]


def repeated(
    steps: Sequence[Step],
    statuses: Mapping[str, str],
    chosen: Collection[str] | None = None,
    dependents: bool = True,
    unpublished: object = None,
) -> tuple[str, ...]:
    """The steps that are carried out again, in their order.

    Parameters
    ----------
    steps
        In the order of their needs.
    statuses
        How each has ended; one that is missing is new, and is carried out in any case.
    chosen
        None: those that have not succeeded, but for those that were skipped because of what nobody repeats.
    dependents
        With all that needs one of them.
    unpublished
        What is still to be published: then it may be that no step is carried out again.

    Raises
    ------
    InvalidInput
        There is no step of a name, or none that would have to be repeated.
    """
    names = [step.name for step in steps]
    for name in chosen or ():
        if name not in names:
            close = nearest(name, names)
            fix = f"Did you mean {close!r}?" if close else f"Steps: {', '.join(names)}."
            raise InvalidInput(f"The run has no step {name!r}.", fix=fix, step=name)
    whole = [name for name in names if statuses.get(name) not in ("succeeded", "skipped")] if chosen is None else chosen
    found = {name for name in names if name in whole or name not in statuses}
    for step in steps if dependents or chosen is None else ():
        if found.intersection(step.needs):
            found.add(step.name)
    if not found and not unpublished:
        raise InvalidInput("No step of the run has failed.", fix="Name those that are to run again, as in `steps=['clean']`.")
    return tuple(name for name in names if name in found)


def generations(said: Mapping[str, int], number: int, before: Sequence[Piece], after: Sequence[Piece]) -> dict[str, int]:
    """Since which repair the pieces of a step make their writes anew, by identity; the rest under ``""``.

    A write that an earlier attempt has committed is passed over when it comes again. That holds up to the first piece that is another one
    now: from there on the step writes what it has not written yet.

    >>> generations({}, 1, [("a", "x"), ("b", "y")], [("a", "x"), ("b", "z"), ("c", "")])
    {'': 1, 'a': 0}
    >>> generations({"": 1, "a": 0}, 2, [("a", "x"), ("b", "z")], [("a", "x"), ("b", "z")])
    {'': 1, 'a': 0}
    """
    if before == after:
        return dict(said)
    found = {"": number}
    for (was, text), (name, now) in zip(before, after, strict=False):
        if text != now:
            break
        found[name] = said.get(was, said.get("", 0))
    return found


def rewritten(before: Sequence[Piece], after: Sequence[Piece]) -> list[str]:
    """The pieces of before whose writes those of :func:`generations` take the place of: from the first on that is another one now. A piece
    may have got another identity, and be the same.

    >>> rewritten([("a", "x"), ("b", "y"), ("c", "z")], [("d", "x"), ("b", "w")])
    ['b', 'c']
    """
    same = 0
    for (_, text), (_, now) in zip(before, after, strict=False):
        if text != now:
            break
        same += 1
    return [name for name, _ in before[same:]]
