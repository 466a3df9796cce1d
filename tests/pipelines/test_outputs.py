"""What a step gives to those after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.pipelines.conftest import Place
from workbench.app.local import LocalWorkspace
from workbench.core.errors import InvalidInput
from workbench.pipelines.service import PipelineService

Make = Callable[..., Path]

GIVE = """import numpy as np, workbench
ws = workbench.open()
ws.output(rows=np.int64(3), label='a "b"')
ws.output(days=['2026-01-31'], rows=4)
"""
YAML = """parameters: [{name: month, type: int, default: 2}]
steps:
  - {name: count}
  - name: report
    needs: [count]
    params: {rows: "{{ count.rows }}", label: "{{count.label}}", days: "{{ count.days }}", month: 7, more: [1, x]}
  - {name: table, sql: table.sql, output: gold.told, needs: [count], params: {rows: "{{ count.rows }}"}}
"""


def test_outputs_are_parameters_of_later_steps(shared: Place) -> None:
    tell = "open('told', 'w').write(repr((rows, label, days, month, more)))"
    folder = shared.make("gives", YAML, count=[GIVE], report=("rows = 0; label = ''; days = []; month = 1; more = []", [tell]))
    (folder / "table.sql").write_text("SELECT $rows AS rows, $month AS month")
    done = shared.pipelines.run("gives", wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert (folder / "told").read_text() == repr((4, 'a "b"', ["2026-01-31"], 7, [1, "x"]))
    count, report, _ = done.steps
    assert count.attributes["outputs"] == {"rows": 4, "label": 'a "b"', "days": ["2026-01-31"]}
    assert report.attributes["params"] == {"rows": 4, "label": 'a "b"', "days": ["2026-01-31"], "month": 7, "more": [1, "x"]}
    assert LocalWorkspace(shared.settings).dataset("gold.told").read().to_pylist() == [{"rows": 4, "month": 2}]


def test_what_is_called_like_a_credential_and_is_none_comes_as_it_is(shared: Place) -> None:
    """Stars came in its place: a model was trained with '***' tokens, and a step called `refresh_token` never began."""
    yaml = """parameters: [{name: max_tokens, type: int, default: 512}, {name: use_cookies, type: bool, default: true}]
steps:
  - {name: refresh_token}
  - {name: secrets, sql: table.sql, output: gold.counted, needs: [refresh_token], params: {more: "{{ refresh_token.tokens }}"}}
"""
    give = "import workbench\nworkbench.open().output(tokens=max_tokens + 1)\n"
    folder = shared.make("counts", yaml, refresh_token=("max_tokens = 1; use_cookies = False", [give]))
    (folder / "table.sql").write_text("SELECT $max_tokens AS most, $use_cookies AS eats, $more AS more")
    done = shared.pipelines.run("counts", wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert LocalWorkspace(shared.settings).dataset("gold.counted").read().to_pylist() == [{"most": 512, "eats": True, "more": 513}]


@pytest.mark.parametrize(("name", "value"), [("api_token", "abc"), ("password", 1234), ("address", "postgresql://me:hunter2@db/x")])
def test_a_credential_is_refused_as_what_would_not_come_to_its_step(shared: Place, name: str, value: object) -> None:
    yaml = f"parameters: [{{name: {name}, type: {type(value).__name__}}}]\nsteps: [{{name: one}}]"
    shared.make("keeps", yaml, one=(f"{name} = 1", ["1"]))
    with pytest.raises(InvalidInput, match="would not come to a step") as caught:
        shared.pipelines.run("keeps", {name: value})
    assert str(value) not in str(caught.value)
    with pytest.raises(InvalidInput, match="would not come to a step"):
        shared.pipelines.run_notebook("notebooks/pipelines/keeps/one.ipynb", {name: value})


def test_what_was_not_given_is_told(shared: Place) -> None:
    yaml = 'steps: [{name: count}, {name: after, needs: [count], params: {rows: "{{ count.row }}"}}]'
    shared.make("less", yaml, count=[GIVE], after=("rows = 0", ["1"]))
    error = shared.pipelines.run("less", wait=True).run.error
    assert error is not None
    assert (error.code, error.message) == ("invalid_input", "Step 'after' failed: step 'count' gave no 'row'.")
    assert error.fix == "Did you mean 'rows'?"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("object()", "'x' cannot be given: object"),
        ("float('nan')", "'x' cannot"),
        ("'x' * 70_000", "at most 65,536"),
        ("'a\\x00b'", "'x' cannot be given: text must not hold"),
        ("['\\ud800']", "'x' cannot be given: text must not hold"),
    ],
)
def test_what_is_no_value_is_refused(shared: Place, value: str, said: str) -> None:
    shared.make("odd", "steps: [{name: only}]", only=[f"import workbench\nworkbench.open().output(x={value})"])
    error = shared.pipelines.run("odd", wait=True).run.error
    assert error is not None
    assert said in error.message


def test_a_moment_keeps_its_time(shared: Place) -> None:
    """Its day alone came to the next step, without a word: a watermark lost up to a day of rows."""
    give = (
        "from datetime import date, datetime, timezone\nimport numpy as np, pandas as pd, workbench\nat = datetime(2026, 1, 31, 5, 30)\n"
        "workbench.open().output(a=at, b=at.replace(tzinfo=timezone.utc), c=pd.Timestamp(at), d=np.datetime64(at), e=[at], "
        "f=date(2026, 1, 31), g=pd.Timestamp('2026-01-31'), h=datetime(2026, 1, 31, tzinfo=timezone.utc), i='\\\\u0000')"
    )
    shared.make("moments", "steps: [{name: only}]", only=[give])
    done = shared.pipelines.run("moments", wait=True)
    assert done.run.status == "succeeded", done.run.error
    at, day = "2026-01-31T05:30:00", "2026-01-31"
    assert done.steps[0].attributes["outputs"] == {
        "a": at, "b": f"{at}+00:00", "c": at, "d": at, "e": [at], "f": day, "g": day, "h": f"{day}T00:00:00+00:00", "i": "\\u0000"
    }  # fmt: skip


def test_a_moment_is_its_day_where_a_day_is_taken(shared: Place) -> None:
    yaml = """parameters: [{name: day, type: date, default: 2026-01-01}]
steps:
  - {name: give}
  - {name: table, sql: table.sql, output: gold.days, needs: [give], params: {day: "{{ give.at }}"}}
  - {name: call, function: "call.py:call", needs: [give], params: {day: "{{ give.at }}"}}
"""
    at = "from datetime import UTC, datetime\nat = datetime(2026, 1, 31, 5, 30, tzinfo=UTC)"
    with LocalWorkspace(shared.settings) as ws:
        for name, given in (("taken", at), ("odd", "at = 'soon'")):
            folder = shared.make(name, yaml, give=[f"{given}\nimport workbench\nworkbench.open().output(at=at)"])
            (folder / "table.sql").write_text("SELECT $day AS day")
            (folder / "call.py").write_text("from datetime import date\ndef call(day: date):\n    return {'said': repr(day)}\n")
            done = ws.pipelines.run(name, wait=True)
            _, table, call = done.steps
            if name == "taken":
                assert done.run.status == "succeeded", done.run.error
                assert call.attributes["outputs"] == {"said": "datetime.date(2026, 1, 31)"}
                assert ws.dataset("gold.days").read().to_pylist() == [{"day": date(2026, 1, 31)}]
            else:
                for step in (table, call):
                    assert step.error is not None and "Parameter 'day' must be of type date, not 'soon'" in step.error.message, step.error
            # One looks for what is wrong with it, too.
            for step in ("table", "call"):
                made = ws.pipelines.debug(done.run.id, step, wait=True)
                assert made.status == "succeeded", made.error


def test_outside_of_a_step_there_is_nobody_to_give_to(shared: Place) -> None:
    with LocalWorkspace(shared.settings) as ws:
        with pytest.warns(UserWarning, match="no step of a pipeline's run") as told:
            ws.output(rows=1)
        assert told[0].filename == __file__
        with pytest.raises(InvalidInput):
            ws.output(rows=object())


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ("[1]", "steps[1].params must be a mapping"),
        ('{rows: "{{ b.rows }}"}', "steps[1].params.rows names step 'b', which this step does not need"),
        ('{rows: "{{ a.rows }} of them"}', "steps[1].params.rows is '{{ a.rows }} of them'"),
        ("{row: 1}", "steps[1].params.row is not in b.ipynb"),
        ("{rows: .nan}", "steps[1].params.rows is nan"),
        ("{rows: 2026-01-31}", "steps[1].params.rows is datetime.date"),
    ],
)
def test_what_cannot_be_is_refused(pipelines: PipelineService, make_pipeline: Make, params: str, said: str) -> None:
    make_pipeline("wrong", f"steps: [{{name: a}}, {{name: b, needs: [a], params: {params}}}]", a=["1"], b=("rows = 0", ["1"]))
    with pytest.raises(InvalidInput) as error:
        pipelines.run("wrong")
    assert said in error.value.message
    assert error.value.fix
