"""SQL files of a pipeline: read, checked against it, and made into the statements that run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InvalidSQL, WorkbenchError, nearest

if TYPE_CHECKING:
    from workbench.pipelines.records import Parameter, Step

__all__ = ["Part", "composed", "double_keys", "read_parts", "unfit"]

# Each is made once however often a step is begun anew, which cannot be said of DROP or ALTER.
_WRITES = ("insert", "update", "delete", "merge", "truncate", "create")


@dataclass(frozen=True)
class Part:
    """One statement of a file, the ``line`` and ``column`` (from 1) where it begins, and the parameters that it names."""

    text: str
    line: int
    column: int
    kind: str
    parameters: tuple[str, ...]
    positional: bool


def read_parts(text: str) -> tuple[Part, ...]:
    """The statements of a file, in order.

    Raises
    ------
    InvalidSQL, Forbidden, TooLarge
        One does not parse, or is of a kind that is never run; ``line`` and ``column`` of the details are the file's.
    """
    from workbench.query.analyse import analyse
    from workbench.query.text import place, placed_in, split_statements

    parts = []
    for offset, statement in split_statements(text):
        line, column = place(text, offset)
        part = Part(statement, line or 1, column or 1, "", (), False)
        try:
            read = analyse(statement)
            if read.kind == "select":
                _check_parses(statement)
        except RecursionError as error:
            raise InvalidSQL("The statement is nested too deep.", fix="Take it apart with WITH.", line=line, column=column) from error
        except WorkbenchError as error:
            error.details |= placed_in((part.line, part.column), error)
            raise
        # Those in order are told apart by being numbers.
        numbered = any(name.isdigit() for name in read.parameters)
        parts.append(Part(statement, part.line, part.column, read.kind, read.parameters, bool(read.positional) or numbered))
    if not parts:
        raise InvalidSQL("The file holds no statement.", fix="Write a SELECT, and `output: zone.name` beside it.")
    return tuple(parts)


def _check_parses(text: str) -> None:
    """Two parsers must agree; the other one is asked now rather than when it runs."""
    from workbench.engines.duckdb import EngineError
    from workbench.query.decide import parsed_text
    from workbench.query.text import place

    try:
        parsed_text(text)
    except EngineError as error:
        if error.kind in ("parser", "syntax"):  # whatever else it says is about what it can tell of a statement
            line, column = place(text, error.position)
            fix = "Check the spelling, commas and brackets just before that place."
            raise InvalidSQL(f"The statement does not parse: {error.message}.", fix=fix, line=line, column=column) from None


def unfit(parts: tuple[Part, ...], step: Step, parameters: Collection[Parameter]) -> tuple[str, str] | None:
    """Why statements do not fit their step (what is the matter, and what to do); None where they do."""
    return _unfit_kind(parts, step) or next((wrong for part in parts if (wrong := _unfit_values(part, parameters))), None)


def _unfit_kind(parts: tuple[Part, ...], step: Step) -> tuple[str, str] | None:
    if step.output:
        if len(parts) > 1:
            return f"line {parts[1].line}: a second statement, and `output` takes the rows of one", "Make it a step of its own."
        if parts[0].kind != "select":
            return f"line {parts[0].line}: no SELECT, whose rows could become {step.output}", "Write a SELECT, or leave `output` out."
        return None
    for part in parts:
        if part.kind == "select":
            return f"line {part.line}: a query whose rows go nowhere", "Add `output: zone.name` to the step."
        if part.kind not in _WRITES:
            return f"line {part.line}: a statement that a step does not run", "Write INSERT, UPDATE, DELETE, MERGE or CREATE TABLE ... AS."
    return None


def _unfit_values(part: Part, parameters: Collection[Parameter]) -> tuple[str, str] | None:
    known = {parameter.name: parameter for parameter in parameters}
    if part.positional:
        return f"line {part.line}: values in order (?)", "Name them as parameters of the pipeline: $month."
    for name in part.parameters:
        if name not in known:
            close = nearest(name, known)
            fix = f"Did you mean ${close}?" if close else f"Add {name} below `parameters:`; there are: {', '.join(known) or 'none'}."
            return f"line {part.line}: ${name} is no parameter of the pipeline", fix
        if known[name].default is None and not known[name].required:
            return f"line {part.line}: ${name} may be without a value", f"Give the parameter {name} a default, or `required: true`."
    return None


def composed(part: Part, step: Step, there: bool) -> tuple[str, int]:
    """The statement that runs, and how many lines of it stand before the file's. ``there``: the output is there already."""
    if step.output is None:
        return part.text, 0
    target = _quoted(*step.output.split("."))
    if not there:
        lead, tail = f"CREATE TABLE {target} AS", ""
    elif step.mode == "append":
        lead, tail = f"INSERT INTO {target} BY NAME", ""
    elif step.mode == "upsert":
        keys = ", ".join(_quoted(key) for key in step.key)
        lead = f"MERGE INTO {target} AS target USING ("
        tail = f"\n) AS source USING ({keys}) WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    else:
        lead, tail = f"CREATE OR REPLACE TABLE {target} AS", ""
    return f"{lead}\n{part.text}{tail}", 1


def double_keys(part: Part, step: Step) -> tuple[str, int]:
    """A query that has a row where several rows of the part have the same key, and how many lines of it stand before the file's."""
    keys = ", ".join(_quoted(key) for key in step.key)
    return f"SELECT count(*) AS n FROM (\n{part.text}\n) GROUP BY {keys} HAVING count(*) > 1 LIMIT 1", 1  # noqa: S608 - governed as any


def _quoted(*names: str) -> str:
    # Allowed names hold no quotes; an unquoted one could be a word of SQL's.
    return ".".join(f'"{name}"' for name in names)
