"""What a ``pipeline.yaml`` says of a step of SQL, and whether the file beside it can be run so."""

from __future__ import annotations

from typing import Any, get_args

from workbench.core.errors import WorkbenchError, nearest
from workbench.core.names import check_identifier, split_name
from workbench.pipelines.file import File
from workbench.pipelines.records import Parameter, Step, StepMode
from workbench.pipelines.sql import read_parts, unfit

__all__ = ["check_sql", "sql_fields"]

_FIELDS = ("output", "mode", "key")
_MODES = get_args(StepMode)


def sql_fields(file: File, entry: dict[str, Any], field: str) -> dict[str, Any]:
    """``output``, ``mode`` and ``key`` of a step, as far as they are said. Raises InvalidInput with the field."""
    said = {name: entry[name] for name in _FIELDS if entry.get(name) not in (None, [], "")}
    if said and not entry.get("sql"):
        raise file.wrong(f"{field}.{next(iter(said))}", "is for a step of SQL", "Say `sql: name.sql`; a notebook writes by itself.")
    if ("mode" in said or "key" in said) and "output" not in said:
        raise file.wrong(f"{field}.output", "is missing", "Say which dataset the rows become: `output: silver.flights`.")
    if "output" in said:
        _check_output(file, f"{field}.output", said["output"])
    mode = said.get("mode", "overwrite")
    if mode not in _MODES:
        close = nearest(str(mode), _MODES)
        raise file.wrong(f"{field}.mode", f"{mode!r} is unknown", f"Did you mean {close!r}?" if close else f"One of {', '.join(_MODES)}.")
    key = said["key"] = file.names(said.get("key"), f"{field}.key", "column names", "[id]")
    for name in key:
        try:
            check_identifier(name, "column name")
        except WorkbenchError as error:
            raise file.wrong(f"{field}.key", f"{name!r} is not allowed", error.fix or "") from error
    if (mode == "upsert") != bool(key):
        raise file.wrong(f"{field}.key", *_UNFIT_KEY[mode == "upsert"])
    return said


_UNFIT_KEY = {
    True: ("is missing", "Name the columns by which a row is known: `key: [id]`."),
    False: ("is for `mode: upsert`", "Leave it out, or say that mode."),
}


def _check_output(file: File, field: str, output: Any) -> None:
    if not isinstance(output, str):
        raise file.wrong(field, "must be a dataset's name", "For example silver.flights.")
    try:
        split_name(output)
    except WorkbenchError as error:
        raise file.wrong(field, f"{output!r} is not a dataset's name", error.fix or "") from error


def check_sql(file: File, step: Step, index: int, parameters: tuple[Parameter, ...]) -> None:
    """Raises
    ------
    InvalidInput
        The file does not parse, names parameters that the pipeline does not have, or does not do what the step says.
    """
    field = f"steps[{index}].sql"
    try:
        parts = read_parts((file.path.parent / step.file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise file.wrong(field, f"{step.file} cannot be read", "Check that it is UTF-8 text.") from error
    except WorkbenchError as error:
        at = ", ".join(f"{word} {error.details[word]}" for word in ("line", "column") if error.details.get(word))
        place = f"{step.file}{', ' + at if at else ''}"
        raise file.wrong(field, f"{place}: {error.message.rstrip('.')}", error.fix or "Correct the file.") from error
    own = tuple(Parameter(name=name, type="str", required=True) for name in step.params)
    if wrong := unfit(parts, step, (*parameters, *own)):
        raise file.wrong(field, f"{step.file}, {wrong[0]}", wrong[1])
