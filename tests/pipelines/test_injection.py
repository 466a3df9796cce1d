"""Injected parameters, compared with Papermill's own function."""

from __future__ import annotations

import copy
import math
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from papermill.parameterize import parameterize_notebook

from tests.quick import examples
from workbench.pipelines.injection import inject, parameter_names, untaken_by

_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"), max_size=12)
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab'\"\\\n", max_size=4), inner, max_size=3)
)


def notebook_of(*tags: str) -> Any:
    cells = [nbformat.v4.new_code_cell(f"at = {number}", metadata={"tags": [tag] if tag else []}) for number, tag in enumerate(tags)]
    return nbformat.v4.new_notebook(cells=cells, metadata={"papermill": {}})


def run(notebook: Any) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for cell in notebook.cells:
        exec(cell.source, names)
    return {name: value for name, value in names.items() if name != "__builtins__"}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    if isinstance(one, (list, dict)) and type(one) is type(other) and len(one) == len(other):
        return all(map(same, one, other)) if isinstance(one, list) else all(key in other and same(one[key], other[key]) for key in one)
    return type(one) is type(other) and bool(one == other)


@given(_values)
@settings(max_examples=examples(500), deadline=None)
def test_a_value_is_what_papermill_makes_of_it(value: Any) -> None:
    ours = run(inject(notebook_of("parameters"), {"at": value}))["at"]
    assert same(ours, value)
    assert same(ours, run(parameterize_notebook(notebook_of("parameters"), {"at": value}, kernel_name="python3", language="python"))["at"])


@pytest.mark.parametrize(
    "tags", [("parameters",), ("", "parameters", ""), ("parameters", "injected-parameters", ""), ("injected-parameters", "parameters")]
)
def test_a_cell_stands_where_papermill_puts_it(tags: tuple[str, ...]) -> None:
    notebook = notebook_of(*tags)
    theirs = parameterize_notebook(copy.deepcopy(notebook), {"at": "x"}, kernel_name="python3", language="python")
    ours = inject(notebook, {"at": "x"})
    nbformat.validate(ours)
    assert [cell.metadata.tags for cell in ours.cells] == [cell.metadata.tags for cell in theirs.cells]
    assert run(ours) == run(theirs)


def test_a_notebook_without_a_cell_of_parameters_is_given_all_at_its_top() -> None:
    for tags in (("",), ("", "injected-parameters")):
        notebook = notebook_of(*tags)
        theirs = parameterize_notebook(copy.deepcopy(notebook), {"n": 1, "word": "a"}, kernel_name="python3", language="python")
        ours = inject(notebook, {"n": 1, "word": "a"})
        assert [cell.metadata.tags for cell in ours.cells] == [cell.metadata.tags for cell in theirs.cells]
        assert run(ours) == run(theirs)
    assert len(inject(notebook_of(""), {}).cells) == 1


def test_only_what_the_notebook_declares_is_injected() -> None:
    assert len(inject(notebook_of("parameters"), {"other": 1}).cells) == 1
    assert parameter_names(notebook_of("")) is None
    broken = notebook_of("parameters")
    broken.cells[0].source = "at = ("
    assert parameter_names(broken) == frozenset()
    # IPython's own lines are no mistake.
    broken.cells[0].source = "%matplotlib inline\nat = 1\nif at:\n    !ls"
    assert parameter_names(broken) == {"at"}
    # Nor is Python that looks like it.
    broken.cells[0].source = "at = (\n    7\n    % 4\n)"
    assert parameter_names(broken) == {"at"}


def test_what_a_notebook_takes_is_what_it_declares_or_else_names() -> None:
    names = ["at", "month"]
    assert untaken_by(notebook_of("parameters"), names) == ["month"]
    bare = notebook_of("")
    bare.cells[0].source = "%%bash\necho {month}"
    assert untaken_by(bare, names) == ["at"]
