"""A ``pipeline.yaml`` while it is read: what is wrong in it is told with file and field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from workbench.core.errors import InvalidInput, WorkbenchError, nearest
from workbench.core.names import check_identifier

__all__ = ["File"]


P = ParamSpec("P")
T = TypeVar("T")


class File:
    """One file being read: errors name it and the field. The first one ends it, unless they are gathered in ``problems``."""

    def __init__(self, path: Path, shown: str, problems: list[InvalidInput] | None = None) -> None:
        self.path, self.shown, self.problems = path, shown, problems

    def part(self, default: T, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``read`` finds; where problems are gathered and it has one, ``default``."""
        try:
            return read(*args, **kwargs)
        except InvalidInput as error:
            if self.problems is None:
                raise
            self.problems.append(error)
            return default

    def tell(self, field: str, message: str, fix: str) -> None:
        """Say that something is wrong, and go on where problems are gathered."""
        error = self.wrong(field, message, fix)
        if self.problems is None:
            raise error
        self.problems.append(error)

    def wrong(self, field: str, message: str, fix: str) -> InvalidInput:
        said = f"{self.shown}: {field} {message}" if field else f"{self.shown} {message}"
        return InvalidInput(f"{said.rstrip('.')}.", fix=fix, file=self.shown, field=field)

    def mapping(self, value: Any, field: str, known: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(field, "must be a mapping", "Write `key: value` lines below it.")
        for key in value:
            if key not in known:
                close = nearest(str(key), known)
                self.tell(
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
            value = [{"name": name, **self._body(body, f"{field}.{name}")} for name, body in value.items()]
        if not isinstance(value, list):
            raise self.wrong(field, "must be a list", "Begin each entry with `- name: ...`.")
        seen: set[str] = set()
        for index, entry in enumerate(value):
            name = entry.get("name") if isinstance(entry, dict) else None
            if name is not None and not isinstance(name, str):
                raise self.wrong(f"{field}[{index}].name", f"is {name!r}, which is no text", "Give it a name of letters.")
            if not name:
                raise self.wrong(f"{field}[{index}]", "has no name", "Begin the entry with `- name: ...`.")
            try:
                check_identifier(name, "name")
            except WorkbenchError as error:
                self.tell(f"{field}[{index}].name", f"{name!r} is not allowed", error.fix or "")
            if name in seen:
                self.tell(f"{field}[{index}].name", f"{name!r} is there twice", "Give each its own name.")
            seen.add(name)
        return value

    def _body(self, value: Any, field: str) -> dict[str, Any]:
        if value is not None and not isinstance(value, dict):
            example = "{type: int, default: 0}" if field.startswith("parameters.") else "{notebook: step.ipynb}"
            raise self.wrong(field, "must be a mapping", f"For example {example}.")
        return self.mapping(value or {}, field, _ANY)

    def names(self, value: Any, field: str, what: str, example: str) -> tuple[str, ...]:
        """A list of names, or one."""
        value = [value] if isinstance(value, str) else value or ()
        if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
            raise self.wrong(field, f"must be a list of {what}", f"For example {example}.")
        return tuple(value)


class _Anything(tuple[str, ...]):
    def __contains__(self, _: object) -> bool:
        return True


_ANY = _Anything()
