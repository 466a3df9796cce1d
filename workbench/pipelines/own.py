"""The parameters of one step: values, and what steps before it have given (``{{ count.rows }}``)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from workbench.core.errors import InvalidInput, WorkbenchError, nearest
from workbench.core.names import check_identifier
from workbench.pipelines.file import File
from workbench.pipelines.readable import text_of
from workbench.pipelines.reading import read_notebook
from workbench.pipelines.records import Step
from workbench.runs.records import Run

__all__ = ["OUTPUTS", "filled", "own_parameters", "reference", "renamed"]

#: The attribute of a step's run that has what it gave, by name.
OUTPUTS = "outputs"
_REFERENCE = re.compile(r"^\{\{\s*([\w-]+)\s*\.\s*(\w+)\s*\}\}\Z")


def own_parameters(file: File, said: Any, field: str, needs: tuple[str, ...], path: str) -> dict[str, Any]:
    """``params`` of a step's entry, checked: names, JSON values, and references to steps that it needs. A notebook must declare them in its
    cell tagged ``parameters``; one that has none must name them somewhere. Raises InvalidInput with the field."""
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise file.wrong(field, "must be a mapping", "Write `name: value` lines below it.")
    for name, value in said.items():
        try:
            check_identifier(name, "name")
            json.dumps(value, allow_nan=False)
        except WorkbenchError as error:
            raise file.wrong(f"{field}.{name}", "is not allowed", error.fix or "") from error
        except (TypeError, ValueError) as error:
            raise file.wrong(f"{field}.{name}", f"is {value!r}", "A text, a number, true, false, or a list or mapping of them.") from error
        found = reference(value)
        if found and found[1] not in needs:
            close = nearest(found[1], needs)
            fix = f"Did you mean {close!r}?" if close else f"Add it: `needs: [{', '.join((*needs, found[1]))}]`."
            raise file.wrong(f"{field}.{name}", f"names step {found[1]!r}, which this step does not need", fix)
        if not found and isinstance(value, str) and value.lstrip().startswith("{{"):
            raise file.wrong(
                f"{field}.{name}", f"is {value!r}", "What a step gave is written `{{ step.name }}`, and nothing else beside it."
            )
    if path.endswith(".ipynb") and said and (missing := _untaken(file, path, said)):
        name = min(missing)
        raise file.wrong(f"{field}.{name}", f"is not in {path}", f"Give it a default in the cell tagged `parameters`: {name} = ...")
    return dict(said)


def reference(value: Any) -> re.Match[str] | None:
    """Of ``{{ step.name }}`` the step and the name; None of any other value."""
    return _REFERENCE.match(value) if isinstance(value, str) else None


def renamed(value: Any, step: str, new: str) -> Any:
    """A value that names what a step has given, with the step's new name; any other as it is.

    >>> renamed("{{ count.rows }}", "count", "counted"), renamed("count", "count", "counted")
    ('{{ counted.rows }}', 'count')
    """
    found = reference(value)
    return value[: found.start(1)] + new + value[found.end(1) :] if found and found[1] == step else value


def _untaken(file: File, path: str, names: Iterable[str]) -> list[str]:
    from workbench.pipelines.injection import untaken_by

    try:
        notebook = read_notebook(text_of(file.path.parent / path))
    except Exception as error:  # whatever is no notebook
        raise file.wrong("steps", f"{path} is not a notebook", "Open it in JupyterLab, and save it.") from error
    return untaken_by(notebook, names)


def filled(step: Step, needed: Mapping[str, Run]) -> dict[str, Any]:
    """The step's own parameters with the values that the steps before it have given; ``needed`` are their runs, by step.

    Raises
    ------
    InvalidInput
        One of them gave no value of that name.
    """
    values: dict[str, Any] = {}
    for name, value in step.params.items():
        found = reference(value)
        if found is None:
            values[name] = value
            continue
        given = needed[found[1]].attributes.get(OUTPUTS, {})
        if found[2] not in given:
            close = nearest(found[2], given)
            fix = f"Did you mean {close!r}?" if close else f"Say it there: ws.output({found[2]}=...)."
            raise InvalidInput(f"Step {step.name!r} failed: step {found[1]!r} gave no {found[2]!r}.", fix=fix, parameter=name)
        values[name] = given[found[2]]
    return values
