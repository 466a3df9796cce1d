"""Steps of SQL: what they may say, what becomes of their rows, and in whose name they run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pytest

from tests.pipelines.conftest import maker, processes_of
from tests.quick import Forked
from workbench.app import sql_step
from workbench.app.local import LocalWorkspace
from workbench.core.config import Settings, create_workspace_file, load_settings
from workbench.core.errors import Forbidden, InvalidInput
from workbench.core.principals import Principal
from workbench.jobs import fences
from workbench.pipelines.execute import End
from workbench.pipelines.load import find_pipeline
from workbench.runs.records import TERMINAL, Run

Make = Callable[..., Path]
Start = Callable[[], Forked]
Until = Callable[..., None]

HEAD = """\
parameters:
  - {name: least, type: int, default: 2}
  - {name: day, type: date, default: 2026-01-31}
  - {name: free, type: str}
"""


def sql_pipeline(make: Make, name: str, steps: str, **files: str) -> Path:
    folder = make(name, HEAD + f"steps:\n{steps}")
    for step, text in files.items():
        (folder / f"{step}.sql").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("step", "text", "field", "message"),
    [
        ("sql: b.sql", "select 1", "steps[0].sql", "b.sql is not there"),
        ("sql: ../a.sql", "select 1", "steps[0].sql", "must be a path below"),
        ("sql: a.sql, notebook: a.ipynb", "select 1", "steps[0].sql", "stands beside a notebook"),
        ("sql: a.sql, output: flights", "select 1", "steps[0].output", "'flights' is not a dataset's name"),
        ("sql: a.sql, output: silver.a, mode: overwrit", "select 1", "steps[0].mode", "Did you mean 'overwrite'"),
        ("sql: a.sql, output: silver.a, mode: upsert", "select 1", "steps[0].key", "is missing"),
        ("sql: a.sql, output: silver.a, key: id", "select 1", "steps[0].key", "is for `mode: upsert`"),
        ("sql: a.sql, mode: append", "insert into silver.a select 1", "steps[0].output", "is missing"),
        ("notebook: pipeline.yaml, output: silver.a", "", "steps[0].output", "is for a step of SQL"),
        ("sql: a.sql, output: silver.a", "select 1;\nselect 2", "steps[0].sql", "a.sql, line 2: a second statement"),
        ("sql: a.sql, output: silver.a", "delete from silver.a", "steps[0].sql", "line 1: no SELECT"),
        ("sql: a.sql", "-- what\nselect 1", "steps[0].sql", "a query whose rows go nowhere"),
        ("sql: a.sql", "drop table silver.a", "steps[0].sql", "a statement that a step does not run"),
        ("sql: a.sql", "delete from silver.a;\n  delet from silver.b", "steps[0].sql", "a.sql, line 2, column 3"),
        ("sql: a.sql, output: silver.a", "with some as (select 1)\nselect * from some", "steps[0].sql", "a.sql, line 1, column 6"),
        ("sql: a.sql", "", "steps[0].sql", "holds no statement"),
        ("sql: a.sql, output: silver.a", "select\n$leest", "steps[0].sql", "Did you mean $least"),
        ("sql: a.sql, output: silver.a", "select $free", "steps[0].sql", "may be without a value"),
        ("sql: a.sql, output: silver.a", "select ?", "steps[0].sql", "values in order"),
    ],
)
def test_what_is_wrong_with_a_step_is_told_with_file_and_field(
    settings: Settings, make_pipeline: Make, step: str, text: str, field: str, message: str
) -> None:
    sql_pipeline(make_pipeline, "one", f"  - {{name: only, {step}}}", a=text)
    with pytest.raises(InvalidInput) as caught:
        find_pipeline(settings, "one")
    assert caught.value.details["field"] == field
    assert message in f"{caught.value.message} {caught.value.fix}"
    assert "notebooks/pipelines/one/pipeline.yaml" in caught.value.message


def test_a_link_that_leads_out_is_refused(settings: Settings, make_pipeline: Make, tmp_path: Path) -> None:
    (tmp_path / "far.sql").write_text("select 1")
    folder = sql_pipeline(make_pipeline, "one", "  - {name: only, sql: a.sql, output: silver.a}")
    (folder / "a.sql").symlink_to(tmp_path / "far.sql")
    with pytest.raises(InvalidInput, match="leads out"):
        find_pipeline(settings, "one")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    root = tmp_path_factory.mktemp("sql") / "project"
    create_workspace_file(root, "sql")
    with LocalWorkspace(load_settings(root, env={})) as ws:
        ws.datasets.write("bronze.numbers", pa.table({"n": [1, 2, 3], "word": ["a", "b", "c"]}), "create")
        yield ws


class Told:
    """What a step's process says."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def __call__(self, **message: Any) -> None:
        self.messages.append(message)


@pytest.fixture
def carry(lake: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[End, Run]]:
    """Carries the only step of a pipeline out as its process does, here: how it ended, and its run."""

    def carried(step: str, text: str, values: dict[str, Any] | None = None, who: Principal | None = None) -> tuple[End, Run]:
        pipelines = lake.services.pipelines
        sql_pipeline(maker(lake.settings.root), "one", f"  - {{name: only, sql: a.sql{step}}}", a=text)
        made = pipelines.run("one", values, principal=who)
        pipeline, run = pipelines.get("one"), made.steps[0]
        for name, value in (
            ("RUN_ID", run.id),
            ("FENCE", f"{run.id}:1"),
            ("NOTEBOOK", run.attributes["source"]),
            ("STEP", "only"),
            ("STEP_PARENT", str(os.getppid())),
        ):
            monkeypatch.setenv(f"WORKBENCH_{name}", value)
        with lake.services.store.write() as conn:
            fences.advance(conn, run.id)
        told = Told()
        end = sql_step.run(
            {
                "root": str(lake.settings.root),
                "file": str(lake.settings.state / run.attributes["sql"]),
                "step": pipeline.steps[0].to_json(),
                "parameters": [parameter.to_json() for parameter in pipeline.parameters],
                "values": made.run.params,
                "name": made.run.principal,
                "principal": made.run.attributes.get("principal"),
            },
            told,  # type: ignore[arg-type]
        )
        for name in ("RUN_ID", "FENCE", "NOTEBOOK", "STEP", "STEP_PARENT"):
            monkeypatch.delenv(f"WORKBENCH_{name}")
        return end, lake.runs.get(run.id)

    return carried


def rows(lake: LocalWorkspace, name: str) -> list[dict[str, Any]]:
    return sorted(lake.dataset(name).read().to_pylist(), key=str)


WHOLE = """\
with those as (select * from bronze.numbers where n >= $least) -- those
select n, upper(word) as word, $day as day from those -- end"""


def test_rows_take_the_place_of_the_output_and_each_column_is_traced(lake: LocalWorkspace, carry: Callable[..., tuple[End, Run]]) -> None:
    for least, words in ((2, ["B", "C"]), (3, ["C"])):
        end, run = carry(", output: silver.whole", WHOLE, {"least": least})
        assert end == {"ok": True}
        assert [(row["word"], str(row["day"])) for row in rows(lake, "silver.whole")] == [(word, "2026-01-31") for word in words]
    assert len(lake.dataset("silver.whole").history()) >= 2
    assert [io.name for io in run.inputs] == ["bronze.numbers"]
    assert [(io.name, io.notebook) for io in run.outputs] == [("silver.whole", "notebooks/pipelines/one/a.sql")]
    (child,) = lake.services.log.list(parent_id=run.id)
    assert (child.kind, child.status, child.principal) == ("sql", "succeeded", lake.principal.name)
    edge = lake.lineage.upstream("silver.whole").edges[0]
    assert edge.run_id == run.id
    assert {(column.source, column.target) for column in edge.columns} == {("n", "n"), ("word", "word")}
    notebook = lake.runs.notebook(run.id)
    assert notebook["cells"][0]["source"] == WHOLE
    bound, written = (output["text"] for output in notebook["cells"][0]["outputs"])
    assert "$least = 3\n" in bound and "$day" in bound
    assert "silver.whole" in written


def test_rows_are_added_or_take_the_place_of_those_with_their_key(lake: LocalWorkspace, carry: Callable[..., tuple[End, Run]]) -> None:
    for values in ({"least": 2}, {"least": 3}):
        assert carry(", output: silver.added, mode: append", "select count(*) as n, $least as l from bronze.numbers", values)[0]["ok"]
        assert carry(", output: silver.kept, mode: upsert, key: n", "select n, $least as l from bronze.numbers", values)[0]["ok"]
    assert rows(lake, "silver.added") == [{"n": 3, "l": 2}, {"n": 3, "l": 3}]
    assert rows(lake, "silver.kept") == [{"n": n, "l": 3} for n in (1, 2, 3)]
    end, _ = carry(", output: silver.kept, mode: upsert, key: n", "select 1 as n, n as l from bronze.numbers")
    assert "Several rows have the same n; nothing was written" in end["value"]
    assert rows(lake, "silver.kept") == [{"n": n, "l": 3} for n in (1, 2, 3)]


def test_statements_write_one_after_another_and_each_once(lake: LocalWorkspace, carry: Callable[..., tuple[End, Run]]) -> None:
    text = "create or replace table gold.sums as select sum(n) as s from bronze.numbers;\n-- more\ninsert into gold.sums values ($least);"
    end, run = carry("", f"{text}\nupdate gold.sums set s = s + 1")
    assert end == {"ok": True}
    assert rows(lake, "gold.sums") == [{"s": 3}, {"s": 7}]
    assert [io.name for io in run.outputs] == ["gold.sums"] * 3
    end, _ = carry("", f"{text}\n  delete from gold.sums where t = 1")
    assert (end["place"], end["name"]) == (", line 4, column 31", "invalid_sql")
    assert rows(lake, "gold.sums") == [{"s": 2}, {"s": 6}]


def test_a_failure_tells_the_place_in_the_file_and_the_nearest_name(lake: LocalWorkspace, carry: Callable[..., tuple[End, Run]]) -> None:
    end, _ = carry(", output: silver.whole", "-- about\nselect n,\n  wrd from bronze.numbers")
    assert (end["place"], end["fix"]) == (", line 3, column 3", "Did you mean 'word'?")
    end, _ = carry(", output: silver.whole, mode: append", "select n from bronze.nmbers")
    assert (end["place"], end["name"]) == (", line 1, column 15", "dataset_not_found")
    assert "bronze.numbers" in str(end["fix"])


def test_a_step_may_what_who_started_it_may(lake: LocalWorkspace, carry: Callable[..., tuple[End, Run]]) -> None:
    users = lake.services.users
    nobody = Principal(name="nobody", roles=())
    end, _ = carry(", output: silver.theirs", "select n from bronze.numbers", who=nobody)
    assert end["name"] in ("dataset_not_found", "forbidden")
    # Of a user today's roles count, whatever she had when the run was submitted.
    users.add("lea", ["analyst"])
    end, _ = carry(", output: silver.theirs", "select n from bronze.numbers", who=Principal(name="lea"))
    assert end["name"] in ("dataset_not_found", "forbidden")
    assert "silver.theirs" not in lake.services.lake.names()
    users.disable("lea")
    assert carry(", output: silver.theirs", "select n from bronze.numbers", who=Principal(name="lea"))[0]["name"] == "unauthenticated"
    # A name alone is worth nothing, and who came for some datasets gets no others.
    with pytest.raises(Forbidden):
        sql_step.principal_of(lake.services, "root", Principal(name="root", looks_only=True).to_json())
    assert sql_step.principal_of(lake.services, "other", None).roles == ()
    assert sql_step.principal_of(lake.services, "ada", Principal(name="ada", only=("gold.*",)).to_json()).is_admin is False


SLOW = """\
insert into silver.first values (1);
insert into silver.second select count(*) from range((select max(n) from bronze.pause));
"""


def test_a_killed_worker_repeats_nothing_and_a_cancelled_step_stops_at_once(
    settings: Settings, make_pipeline: Make, start_worker: Start, until: Until
) -> None:
    with LocalWorkspace(settings) as ws:
        for name in ("silver.first", "silver.second"):
            ws.datasets.write(name, pa.table({"n": pa.array([], pa.int64())}), "create")
        ws.datasets.write("bronze.pause", pa.table({"n": [10**15]}), "create")
        folder = make_pipeline("slow", "steps: [{name: only, sql: only.sql}]")
        (folder / "only.sql").write_text(SLOW)
        log, pipelines = ws.services.log, ws.services.pipelines

        def busy() -> tuple[str, str, int]:
            """A run that is at its second statement: pipeline's, step's, process."""
            run = pipelines.run("slow")
            step = run.steps[0].id
            until(lambda: len(log.list(parent_id=step)) == 2)
            return run.run.id, step, processes_of(step)[0]

        worker = start_worker()
        run, _, pid = busy()
        assert ws.runs.cancel(run).status == "cancelled"
        until(lambda: not psutil.pid_exists(pid), seconds=5)

        run, step, pid = busy()
        (folder / "only.sql").write_text("delete from silver.first")  # what is pinned runs
        os.killpg(worker.pid, 9)
        worker.wait()
        until(lambda: not psutil.pid_exists(pid), seconds=5)
        ws.datasets.write("bronze.pause", pa.table({"n": [5]}), "overwrite")
        start_worker()
        until(lambda: log.get(run).status in TERMINAL)
        assert log.get(run).status == "succeeded", log.get(run).error
        # By the run that was begun twice; what the one that was cancelled had written nobody sees.
        assert len(rows(ws, "silver.first")) == 1
        assert rows(ws, "silver.second") == [{"n": 5}]
        assert [io.name for io in log.get(step).outputs] == ["silver.first", "silver.second"]
