"""Executed notebooks, compared by cell."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pyarrow as pa
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests.pipelines.conftest import Place
from workbench.app.local import LocalWorkspace
from workbench.core.errors import RunNotFound
from workbench.core.principals import Principal
from workbench.pipelines.cells import executed_cells
from workbench.pipelines.diff import cells_differ


def cell(id: str, source: str, *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return new_code_cell(source, id=id, outputs=list(outputs), execution_count=1 if outputs else None, metadata={"tags": list(tags)})


def said(*texts: str) -> list[NotebookNode]:
    return [new_output("stream", name="stdout", text=text) for text in texts]


def shown(**data: str) -> NotebookNode:
    return new_output("display_data", {key.replace("_", "/"): value for key, value in data.items()})


def written(path: Path, *cells: NotebookNode) -> Path:
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


def test_cells_are_compared_by_what_they_show(tmp_path: Path) -> None:
    first = written(
        tmp_path / "a.ipynb",
        cell("pa", "n = 1", tags=("injected-parameters",)),
        cell("same", "x", *said("one\n", "two\n"), shown(image_png="AAAA", text_plain="<Figure at 0x7f00aa>")),
        cell("object", "o", shown(text_plain="<Thing at 0x7f00aa11bb22>")),
        cell("image", "plot()", shown(image_png="AAAA")),
        cell("fails", "1 / 0", new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])),
        cell("gone", "old", *said("bye")),
    )
    second = written(
        tmp_path / "b.ipynb",
        cell("same", "x", *said("one\ntwo\n"), shown(image_png="AAAA", text_plain="<Figure at 0x7f00bb>")),
        cell("object", "o", shown(text_plain="<Thing at 0x7f33cc44dd55>")),
        cell("image", "plot()", shown(image_png="BBBB")),
        cell("fails", "1 / 1", *said("1.0")),
    )
    found = {each.cell: (each.number, each.first, each.second) for each in cells_differ(executed_cells(first), executed_cells(second))}
    assert list(found) == ["image", "fails", "gone"]
    number, before, after = found["image"]
    assert number == 3
    assert str(before).startswith("image/png sha256 ")
    assert str(after).startswith("image/png sha256 ")
    assert found["fails"] == (4, "ZeroDivisionError: division by zero", "1.0")
    assert found["gone"] == (5, "bye", None)
    assert cells_differ(executed_cells(first), executed_cells(tmp_path / "missing.ipynb")) == ()


POLICY = """version: 1
grants:
  - {to: 'user:eve', what: 'pipeline:compared', may: [read, run]}
  - {to: 'user:eve', what: bronze.seen, may: [read]}
  - {to: 'user:bob', what: bronze.seen, may: [read]}
masks:
  - {name: own, what: [bronze.seen.n], mask: {kind: 'null'}}
"""


def test_who_sees_a_part_of_the_runs_is_told_that_part_of_what_they_differ_in(shared: Place) -> None:
    cells = ["import pyarrow as pa, workbench", "ws = workbench.open(); ws.dataset('bronze.source').read()"]
    write = "for name in ('seen', 'hidden'): ws.dataset(f'bronze.{name}').write(pa.table({'n': list(range(n))}), mode='append')"
    yaml = "parameters: [{name: n, type: int, default: 4177}]\nsteps: [{name: only}]\n"
    shared.make("compared", yaml, only=("n = 1", [*cells, write, "ws.output(given=n)", "print('said', n)"]))
    with LocalWorkspace(shared.settings) as ws:
        ws.dataset("bronze.source").write(pa.table({"n": [1]}))
        ws.users.add("eve", ("viewer",))
        ws.users.add("bob", ("viewer",))
        ws.compliance.apply(POLICY)
        first, second = (ws.pipelines.run("compared", {"n": n}, wait=True).run for n in (4177, 4178))
        assert (first.status, second.status) == ("succeeded", "succeeded"), first.error
        assert ws.pipelines.diff(first.id, second.id).params[0].second == 4178
        eve, bob = (ws.as_principal(Principal(name=name, roles=("viewer",))) for name in ("eve", "bob"))
        told = eve.pipelines.diff(first.id, second.id)
        assert told.in_part and told.same
        assert [(each.name, each.first_rows, each.second_rows) for each in told.outputs] == [("bronze.seen", None, None)]
        assert (told.inputs, told.params, told.metrics, told.code, told.steps[0].values, told.steps[0].cells) == ((),) * 6
        assert told.steps[0].first_seconds is None
        # With one of her own it is no more.
        own = eve.pipelines.run("compared", {"n": 4179}, wait=True).run
        assert own.status == "succeeded", own.error
        mixed = eve.pipelines.diff(first.id, own.id)
        assert mixed.in_part and mixed.same
        for secret in ("4177", "4178", "4179", "bronze.hidden", "bronze.source", "given", "said"):
            assert secret not in told.model_dump_json() and secret not in mixed.model_dump_json()
        assert not eve.pipelines.diff(own.id, own.id).in_part
        # Who may not look at the pipeline does not learn that there are such runs.
        with pytest.raises(RunNotFound, match="There is no run"):
            bob.pipelines.diff(first.id, second.id)
        ws.compliance.apply("version: 1\n")
