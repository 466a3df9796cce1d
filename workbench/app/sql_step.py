"""A pipeline's step of SQL in a process of its own: ``python -m workbench.app.sql_step < spec.json``. Here, because it needs the services
of a whole workspace.

It says on standard output how far it is and how it ended, as :mod:`workbench.pipelines.execute` does, and dies with the worker.
"""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Forbidden, InvalidInput, WorkbenchError
from workbench.core.principals import Principal, local_principal
from workbench.core.telemetry import get_logger
from workbench.jobs.processes import die_first, die_with_parent, stamp
from workbench.pipelines.execute import End, Reporter
from workbench.pipelines.parameters import day_of
from workbench.pipelines.records import Parameter, Step
from workbench.pipelines.sql import Part, composed, double_keys, read_parts
from workbench.query.text import placed_in
from workbench.runs.context import set_statement

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.pipelines.sql_execution import SqlSpec

__all__ = ["main", "warm"]

_log = get_logger("app.sql_step")

# What a statement needs, and is imported when it is needed: two seconds of processor time.
_NEEDED = (
    "duckdb",
    "opentelemetry.trace",
    "psutil",
    "sqlglot.dialects.duckdb",
    "workbench.app.services",
    "workbench.catalog.service",
    "workbench.engines.duckdb",
    "workbench.governance.access",
    "workbench.lake.adopt",
    "workbench.lineage.upstream",
    "workbench.quality.service",
    "workbench.query.dml.reshape",
    "workbench.query.dml.service",
    "workbench.query.service",
    "workbench.store.schema",
    "workbench.writes.writer",
)


class _Failed(Exception):
    """A statement failed: its error, with the place in the file."""

    def __init__(self, error: WorkbenchError, place: dict[str, Any]) -> None:
        super().__init__(error.message)
        self.error, self.place = error, place

    def end(self) -> End:
        said = "".join(f", {word} {self.place[word]}" for word in ("line", "column") if self.place.get(word))
        return {"ok": False, "name": self.error.code, "value": self.error.message, "place": said, "fix": self.error.fix}


def run(spec: SqlSpec, report: Reporter) -> End:
    """Carry the step out, statement after statement, up to the first that fails."""
    from workbench.app import log_to_file
    from workbench.app.services import Services
    from workbench.core.config import load_settings

    try:
        settings = load_settings(Path(spec["root"]))
        log_to_file(settings)
        with closing(Services(settings, lasting=False)) as services:
            _carry_out(spec, services, report)
    except _Failed as failed:
        return failed.end()
    except WorkbenchError as error:
        return _Failed(error, error.details).end()
    return {"ok": True}


def _carry_out(spec: SqlSpec, services: Services, report: Reporter) -> None:
    from workbench.query.dml.reading import writing

    step = Step.model_validate(spec["step"])
    who = principal_of(services, spec["name"], spec["principal"])
    values = bound(tuple(Parameter.model_validate(each) for each in spec["parameters"]), spec["values"])
    parts = read_parts(Path(spec["file"]).read_text(encoding="utf-8"))
    # What a step may write is what a notebook's token may: rows, and new datasets.
    with writing("rows"):
        for number, part in enumerate(parts, start=1):
            report(cell=number, cells=len(parts))
            set_statement(number)
            _run(services, step, part, {name: values[name] for name in part.parameters if name in values}, who)


def _run(services: Services, step: Step, part: Part, values: dict[str, Any], who: Principal) -> None:
    there = step.output is not None and step.output in services.lake.names()
    if step.mode == "upsert" and step.output is not None:
        _check_keys(services, step, part, values, who)
    _query(services, part, composed(part, step, there), values, who)


def _check_keys(services: Services, step: Step, part: Part, values: dict[str, Any], who: Principal) -> None:
    if _query(services, part, double_keys(part, step), values, who):
        keys = ", ".join(step.key)
        fix = f"Make it one row a key, for example: QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY ...) = 1."
        raise _Failed(InvalidInput(f"Several rows have the same {keys}; nothing was written.", fix=fix), {"line": part.line})


def _query(services: Services, part: Part, statement: tuple[str, int], values: dict[str, Any], who: Principal) -> int:
    """How many rows it gives. Nobody is there to be asked whether to go on: what a step reads, somebody has decided before."""
    sql, before = statement
    try:
        return len(services.query.run(sql, values or None, 1, confirm=True, principal=who).rows)
    except WorkbenchError as error:
        raise _Failed(error, placed_in((part.line, part.column), error, before)) from error


def principal_of(services: Services, name: str, kept: dict[str, Any] | None) -> Principal:
    """Who submitted the run, with the roles of today where she is a user, and no more datasets than she came for.

    Raises
    ------
    Unauthenticated, Forbidden
        She is disabled, or came with what may only look.
    """
    who = Principal.model_validate(kept) if kept is not None else local_principal()
    if who.name != name:
        # Of somebody of whom nothing but the name is known nothing is believed.
        who = Principal(name=name, roles=())
    if who.looks_only:
        raise Forbidden("This token may only look at data.", fix="Use a token of scope 'write'.")
    return services.users.now(who).model_copy(update={"only": who.only})


def bound(parameters: tuple[Parameter, ...], values: dict[str, Any]) -> dict[str, Any]:
    """The values as they are bound: dates as dates."""
    dates = {parameter.name for parameter in parameters if parameter.type == "date"}
    return {name: day_of(name, value) if name in dates and value is not None else value for name, value in values.items()}


def warm() -> None:
    """Import what statements need."""
    for module in _NEEDED:
        importlib.import_module(module)


def main() -> None:
    die_with_parent()
    stamp()
    die_first()
    report = Reporter()
    spec: SqlSpec = json.load(sys.stdin)
    try:
        end = run(spec, report)
    except Exception as error:
        _log.exception("a SQL step failed")
        end = {"ok": False, "name": "internal", "value": f"{type(error).__name__}.", "fix": "See the workspace's log."}
    report(end=end)


if __name__ == "__main__":
    main()
