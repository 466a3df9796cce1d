from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.jsonutil import json_default

import workbench
from tests.patience import pressing


def test_a_cell_is_sql_and_shows_a_table(sql: Any) -> None:
    cell = sql.run("select carrier, count(*) as n, sum(dep_delay) as late from flights group by all order by n desc;")
    assert cell.reply["status"] == "ok"
    assert "carrier" in cell.html and "long" in cell.html and "140" in cell.html and "3 rows" in cell.html
    assert "&lt;b&gt;&amp;" in cell.html and "<b>&" not in cell.html  # what is data is never markup
    assert "NULL" in cell.html and "(3 rows)" in cell.text


def test_statements_run_in_order_and_stop_at_the_first_error(sql: Any) -> None:
    cell = sql.run("select 1 as a;\n-- in between\nselect dep_dela\nfrom flights;\nselect 3 as never")
    assert cell.reply["status"] == "error" and cell.reply["ename"] == "InvalidSQL"
    assert "(1 row)" in cell.text and "never" not in cell.html
    shown = [line for line in cell.text.split("\n") if "|" in line]
    plain = [line.replace("\x1b[2m", "").replace("\x1b[0m", "").replace("\x1b[31m", "") for line in shown]
    assert plain[-2] == "3 | select dep_dela"
    assert plain[-1] == "  |        ^"
    assert "Did you mean 'dep_delay'?" in cell.text
    assert "Traceback" not in cell.text


def test_long_results_come_in_pages_and_say_that_they_were_cut(sql: Any) -> None:
    cell = sql.run("select * from flights")
    assert "Rows 1 to 100" in cell.html and "Rows 101 to 142" in cell.html and "142 rows" in cell.html
    # One page at a time: buttons of one group, of which the first is on; without a script, as an output that is not trusted has none.
    picks = re.findall(r'<input type="radio" class="wb-pick" name="([^"]+)" id="([^"]+)" aria-label="[^"]+"( checked)?>', cell.html)
    assert len(picks) == 2 and len({name for name, _, _ in picks}) == 1 and [bool(on) for *_, on in picks] == [True, False]
    assert set(re.findall(r'<label for="([^"]+)"', cell.html)) == {place for _, place, _ in picks} and "<script" not in cell.html
    assert "limit 5000" not in cell.html
    assert cell.html.index("142 rows") < cell.html.index("<table")
    cut = sql.run("-- limit 20\nselect * from flights")
    assert cut.html.count("<tr>") == 21
    assert "20 of 142 rows; cut at 20. The line -- limit 5000 shows more, LIMIT 20 OFFSET 20 the next" in cut.html


def test_completion_and_inspection(sql: Any) -> None:
    reply = sql.ask("complete", "select f.dep from silver.flights f", 12)
    assert reply["matches"] == ["dep_delay"] and (reply["cursor_start"], reply["cursor_end"]) == (9, 12)
    tables = sql.ask("complete", "select * from sil", 17)
    assert "silver.flights" in tables["matches"]
    seen = sql.ask("inspect", "select * from flights f where f.carrier = 'x'", 18)
    assert seen["found"] and "dep_delay" in seen["data"]["text/plain"] and "142 rows" in seen["data"]["text/plain"]
    assert not sql.ask("inspect", "select nothing_here", 10)["found"]


def test_a_console_waits_for_what_is_open(sql: Any) -> None:
    assert sql.ask("is_complete", "select (1")["status"] == "incomplete"
    assert sql.ask("is_complete", "select 'x")["status"] == "incomplete"
    assert sql.ask("is_complete", "select 1")["status"] == "complete"


def test_interrupt_stops_the_statement_and_the_next_one_works(start: Callable[..., Any], flights: Any) -> None:
    kernel = start("lake-sql")
    kernel.run("select 1")

    def stop() -> None:
        kernel.manager.signal_kernel(signal.SIGINT)

    def begun() -> bool:
        return bool(flights.runs.list(status="running", kind="sql"))

    for pause in (0, 0.2, 0.5, 0.9):
        began = time.monotonic()
        with pressing(stop, begun, first=pause):
            cell = kernel.run("select count(*) from range(100000000000) t(a) where hash(a) = 1")
        assert time.monotonic() - began < 60
        assert cell.reply["status"] == "error" and cell.reply["ename"] == "Cancelled" and "stopped" in cell.text
    assert kernel.run("select 41 + 1 as answer").reply["status"] == "ok"
    assert [run.status for run in flights.runs.list(kind="sql")][1] == "cancelled"
    assert not flights.runs.list(status="running", kind="sql")


def test_without_a_workspace_it_says_how_to_make_one(start: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    cell = start("lake-sql", folder).run("show tables")
    assert cell.reply["ename"] == "WorkspaceNotFound" and "workbench init" in cell.text


def test_cells_are_recorded_under_the_notebook(start: Callable[..., Any], flights: Any, root: Path) -> None:
    kernel = start("lake-sql", JPY_SESSION_NAME=str(root / "look.ipynb"), WORKBENCH_QUERY_ASK_ABOVE="1 B")
    kernel.run("select 1 from flights", cell_id="c-1")
    # What would read much is asked about, and says how to go on here.
    asked = kernel.run("select * from airlines")
    assert asked.reply["ename"] == "TooLarge" and "or say that it may: the line `-- yes` in the cell." in asked.text
    assert "United" in kernel.run("-- yes\nselect * from airlines").html
    kernel.stop()
    with workbench.open(root) as ws:
        (notebook,) = ws.runs.list(kind="notebook")
        statement = ws.runs.list(kind="sql")[-1]
    assert notebook.status == "succeeded" and notebook.attributes["notebook"] == "look.ipynb"
    assert ("silver.flights", "c-1", "look.ipynb") in [(io.name, io.cell, io.notebook) for io in notebook.inputs]
    assert statement.parent_id == notebook.id


def test_half_a_character_in_a_statement_is_answered(sql: Any) -> None:
    # As a browser sends it: as an escape.
    sql.client.session.pack = lambda content: json.dumps(content, default=json_default).encode()
    told = sql.run("SELECT 1 AS \"cut \ud83d\", 'and \udc80' FROM nowhere", timeout=30)
    assert told.reply["status"] == "error" and "half of a surrogate pair" in told.text
