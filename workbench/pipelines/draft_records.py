"""A ``pipeline.yaml`` that is being edited: what it says, and what is wrong in it."""

from __future__ import annotations

from typing import Any, Literal

from workbench.core.records import Record
from workbench.pipelines.records import Pipeline

__all__ = ["Change", "DraftStep", "PipelineDraft", "Problem", "Taken"]


class Change(Record):
    """One change of a pipeline's text. ``at`` is where: ``("owner",)``, ``("limits", "runs")``, ``("steps", "clean", "retries")``.

    ``set`` lets a key say ``value``, ``unset`` takes it away; ``add`` puts an entry (``value``) into ``("steps",)`` or ``("parameters",)``,
    and names it after its file where it has no name; ``remove`` takes an entry away, ``rename`` gives it the name ``value``. What other
    steps say of a step that is renamed follows; that they need one which is removed goes with it.
    """

    do: Literal["set", "unset", "add", "remove", "rename"]
    at: tuple[str, ...]
    value: Any = None


class Problem(Record):
    """Something that is wrong: in which ``field`` (``steps[0].needs``, empty: the whole), and in which ``line`` of the text, from 1."""

    field: str
    message: str
    fix: str | None = None
    line: int | None = None


class Taken(Record):
    """A parameter that a step's file takes, with its default as the file writes it."""

    name: str
    type: str | None = None
    default: str | None = None


class DraftStep(Record):
    """A step as it is written: ``entry`` is all that the file says of it, ``needs`` those that are steps.

    ``takes`` are the parameters of its notebook's cell tagged ``parameters``, of its function's signature, or of its statements.
    """

    name: str
    kind: Literal["notebook", "sql", "function", "approve"]
    file: str | None
    needs: tuple[str, ...]
    entry: dict[str, Any]
    takes: tuple[Taken, ...] = ()


class PipelineDraft(Record):
    """A pipeline's text, read. ``said`` is what it says beside ``parameters`` and ``steps``; ``pipeline`` is None where something is wrong;
    ``warnings`` are what is to be known though nothing is. ``files`` are the notebooks, SQL and Python files below its folder."""

    path: str
    text: str
    name: str
    said: dict[str, Any]
    parameters: tuple[dict[str, Any], ...]
    steps: tuple[DraftStep, ...]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()
    pipeline: Pipeline | None = None
