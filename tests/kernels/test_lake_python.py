from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench


def test_the_workspace_is_there_and_connects_on_first_use(start: Callable[..., Any], flights: Any) -> None:
    kernel = start("lake-python")
    before = kernel.run("import sys; print([m for m in ('duckdb', 'pyiceberg', 'sqlalchemy', 'mlflow', 'polars') if m in sys.modules])")
    assert before.text.strip() == "[]"
    assert kernel.run("print(len(ws.dataset('silver.flights').read()))").text.strip() == "142"
    same = kernel.run("import workbench; print(workbench.open().sql('select count(*) c from flights').arrow()['c'][0])")
    assert same.text.strip() == "142"


def test_sql_cells_take_variables_and_give_frames(python: Any) -> None:
    python.run("least = 100\nimport numpy as np\nmost = np.int64(238)")
    shown = python.run("%%sql\nselect count(*) as n from flights where distance between $least and $most")
    assert shown.reply["status"] == "ok" and ">139<" in shown.html
    named = python.run("%%sql late <<\nselect carrier, distance from flights where distance >= $least")
    assert "late: 140 rows, 2 columns (pandas)" in named.text
    assert python.run("print(type(late).__module__.split('.')[0], len(late))").text.split() == ["pandas", "140"]
    python.run("%%sql few << --limit 3 --polars\nselect * from flights")
    assert python.run("print(type(few).__module__.split('.')[0], few.height)").text.split() == ["polars", "3"]
    python.run("%load_ext workbench\n")  # it is there already
    one = python.run("%%sql first << select carrier\nfrom flights limit 1")
    assert "first: 1 row, 1 column (pandas)" in one.text
    python.run("%%sql --as arrow table\nselect 1 as n")
    assert python.run("print(type(table).__module__.split('.')[0], table.num_rows)").text.split() == ["pyarrow", "1"]
    refused = python.run("%%sql --as excel x\nselect 1").text
    assert "--as takes pandas, polars, arrow" in refused
    assert "get_ipython" not in refused  # what IPython makes of a magic is not what was written
    assert python.run("x = %sql select 5 as five\nprint(x.arrow()['five'][0])").text.strip() == "5"
    missing = python.run("%%sql\nselect $leest")
    assert "InvalidInput" in missing.text and "Did you mean $least?" in missing.text


def test_frames_are_tables_in_sql_cells(python: Any) -> None:
    python.run(
        "import pandas as pd, polars as pl, pyarrow as pa, datetime as dt\nleast = 2\n"
        "wanted = pd.DataFrame({'carrier': ['UA', 'B6', None], 'weight': [0.5, float('inf'), 2],"
        " 'day': pd.to_datetime(['2024-02-03'] * 3)})\n"
        "made = pl.DataFrame({'odd \"name\"': [dt.date(2024, 1, 1)], 'price': [__import__('decimal').Decimal('1.10')]})\n"
        "none = pa.table({'n': pa.array([], pa.int64())})\nnested = pa.table({'l': [[1]]})\nlarge = pa.table({'n': range(200_001)})"
    )
    joined = python.run(
        "%%sql got <<\nwith f as (select distinct carrier from flights) -- $nothing\n"
        "select $wanted.carrier, weight, day, '$wanted' as said from f join $wanted on f.carrier = $wanted.carrier where weight < $least"
    )
    assert "got: 1 row, 4 columns" in joined.text, joined.text
    assert python.run("print(got.to_dict('records'))").text.strip() == (
        "[{'carrier': 'UA', 'weight': 0.5, 'day': Timestamp('2024-02-03 00:00:00'), 'said': '$wanted'}]"
    )
    line = python.run("a = %sql from $made\nb = %sql select count(*) as c from $none\nprint(a.arrow().to_pylist(), b.arrow().to_pylist())")
    assert "datetime.date(2024, 1, 1), 'price': Decimal('1.10')" in line.text and "[{'c': 0}]" in line.text, line.text
    wrong = python.run("%%sql\nselect 1\nfrom $wanted join flights on nope = 1")
    assert "column 'nope'" in wrong.text and "3 | " in wrong.text and "$wanted join" in wrong.text
    for cell, words in {
        "insert into silver.flights select * from $wanted": "write(wanted)",
        "from $nested": "holds list<item: int64>",
        "from $large": "may have 200,000 values",
    }.items():
        refused = python.run(f"%%sql\n{cell}")
        assert refused.reply["status"] == "error" and words in refused.text, refused.text


def test_values_are_bound_and_never_pasted(python: Any) -> None:
    python.run('evil = "x\' or 1=1 --"')
    cell = python.run("%%sql\nselect count(*) as n from flights where carrier = $evil")
    assert ">0<" in cell.html
    line = python.run("few = %sql select count(*) as n from flights where carrier = $evil\nprint(few.arrow()['n'][0])")
    assert line.text.strip() == "0", line.text


def test_errors_are_plain_sentences_with_the_place(python: Any) -> None:
    cell = python.run("%%sql\nselect carrier,\n  dep_dela from flights")
    assert cell.reply["status"] == "error" and cell.reply["ename"] == "InvalidSQL"
    assert "Did you mean 'dep_delay'?" in cell.text and "3 | " in cell.text and "^" in cell.text
    plain = python.run("a = 1\nws.dataset('silver.flihgts').read()")
    assert "DatasetNotFound" in plain.text and "2 | " in plain.text and "ws.dataset" in plain.text
    assert "Traceback" not in plain.text + cell.text and "site-packages" not in plain.text + cell.text
    assert "ZeroDivisionError" in python.run("1/0").text


def test_without_a_workspace_it_says_how_to_make_one(start: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    kernel = start("lake-python", folder)
    assert kernel.run("1 + 1").text.strip() == "2"
    assert "workbench init" in kernel.run("ws").text
    cell = kernel.run("ws.sql('select 1').arrow()")
    assert cell.reply["ename"] == "WorkspaceNotFound" and "workbench init" in cell.text


def test_mlflow_is_preset_unless_the_person_set_it(start: Callable[..., Any], flights: Any, root: Path) -> None:
    kernel = start("lake-python")
    assert kernel.run("import os; print(os.environ['MLFLOW_TRACKING_URI'])").text.strip() == f"sqlite:///{root}/.workbench/mlflow.db"
    own = start("lake-python", MLFLOW_TRACKING_URI="http://mine:5000", WORKBENCH_QUERY_ASK_ABOVE="1 B")
    assert own.run("import os; print(os.environ['MLFLOW_TRACKING_URI'])").text.strip() == "http://mine:5000"
    # Another setting of this kernel's: what would read much is asked about, and can be said to go on in each way.
    assert "or say that it may: `%%sql --yes`." in own.run("%%sql\nselect * from airlines").text
    assert "United" in own.run("%%sql --yes\nselect * from airlines").html
    assert "far: 2 rows" in own.run("%%sql far << --yes\nselect * from airlines").text
    assert "or say that it may: `confirm=True`." in own.run("ws.sql('select name from airlines').arrow()").text
    assert own.run("print(len(ws.sql('select name from airlines', confirm=True)))").text.strip() == "2"


def test_lineage_knows_the_cells_of_an_interactive_notebook(start: Callable[..., Any], flights: Any, root: Path) -> None:
    kernel = start("lake-python", JPY_SESSION_NAME=str(root / "notebooks" / "look.ipynb"))
    kernel.run("x = 1", cell_id="c-0")
    with workbench.open(root) as ws:
        assert ws.runs.list(kind="notebook") == ()  # nothing was read or written yet
    kernel.run("t = ws.sql('select carrier, distance from flights').arrow()", cell_id="c-1")
    kernel.run("ws.dataset('gold.far').write(t)", cell_id="c-2")
    kernel.stop()
    with workbench.open(root) as ws:
        (run,) = ws.runs.list(kind="notebook")
        graph = ws.lineage.upstream("gold.far")
    assert run.status == "succeeded" and run.job == "look.ipynb"
    assert [(io.name, io.cell) for io in run.inputs] == [("silver.flights", "c-1")]
    assert [(io.name, io.cell, io.notebook) for io in run.outputs] == [("gold.far", "c-2", "notebooks/look.ipynb")]
    assert {node.name for node in graph.nodes} == {"silver.flights", "gold.far"}


def test_any_ipython_kernel_gets_the_same_by_an_extension(python: Any) -> None:
    assert python.run("before = ws\n%load_ext workbench.jupyter.kernels\nprint(ws is before)").text.strip() == "True"


def test_half_a_character_loses_no_output_and_no_answer(python: Any) -> None:
    """As a text has it that was cut in the middle of an emoji. Such a message was never sent: the cell seemed to go on for ever."""
    printed = python.run("print('one \\ud83d two')\n'three \\udc80'", timeout=30)
    assert "one \ufffd two" in printed.text and "'three \\udc80'" in printed.text
    raised = python.run("raise ValueError('no \\ud83d')", timeout=30)
    assert raised.reply["status"] == "error" and raised.reply["evalue"] == "no \ufffd" and "no \ufffd" in raised.text
    shown = python.run(
        "from IPython.display import display, HTML\ndisplay(HTML('<b>\\ud83d</b>'), metadata={'at': float('nan')})", timeout=30
    )
    assert "<b>\ufffd</b>" in shown.html


@pytest.mark.parametrize(
    "left",
    ["sys.stdout = open(os.devnull, 'w'); sys.stdout.close()", "sys.stdout = sys.stderr = None", "del sys.stderr", "sys.stdout = Full()"],
)
def test_a_cell_that_leaves_nothing_to_print_to_is_answered_and_so_are_those_after_it(python: Any, left: str) -> None:
    full = "class Full:\n    def write(self, text): raise OSError(28, 'full')\n    def flush(self): self.write('')\n"
    python.run(f"import os, sys\n{full}{left}", timeout=30)
    python.run(f"{left}\n1 + 1", timeout=30)
    assert python.run("print('printed')\n6 * 7", timeout=30).text.split() == ["printed", "42"]
    assert python.run("1 / 0", timeout=30).reply["ename"] == "ZeroDivisionError"


def test_what_a_cell_prints_to_that_works_stays(python: Any) -> None:
    python.run("import io, sys\nkept, sys.stdout = sys.stdout, io.StringIO()\nprint('aside')", timeout=30)
    python.run("said, sys.stdout = sys.stdout.getvalue(), kept", timeout=30)
    assert "aside" in python.run("said", timeout=30).text
