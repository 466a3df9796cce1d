"""Steps that are tried again, that may take only so long, and that wait for what becomes of others."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.conftest import Place, processes_of
from workbench.core.config import Settings
from workbench.core.errors import InvalidInput
from workbench.pipelines.service import PipelineService
from workbench.runs.log import RunLog
from workbench.runs.records import TERMINAL

Make = Callable[..., Path]
Until = Callable[..., None]

COUNT = "with open('tries', 'a') as f: f.write('x')\nfrom pathlib import Path\ntries = len(Path('tries').read_text())\n"
WRITE = "import pyarrow as pa, workbench\nworkbench.open().dataset('bronze.tried').write(pa.table({'n': [1]}))"


def statuses(shared: Place, name: str, run_id: str) -> dict[str, str]:
    return {run.attributes["step"]: run.status for run in shared.pipelines.status(name, run_id).steps}


def test_conditions_decide_what_begins(shared: Place) -> None:
    yaml = """steps:
  - {name: good}
  - {name: bad}
  - {name: after_bad, needs: [bad], notebook: good.ipynb}
  - {name: mend, needs: [good, bad], when: any_failed, notebook: good.ipynb}
  - {name: alarm, needs: [good], when: any_failed, notebook: good.ipynb}
  - {name: after_alarm, needs: [alarm], notebook: good.ipynb}
  - {name: other, needs: [good], notebook: good.ipynb}
  - {name: tidy, needs: [after_bad, alarm, other], when: all_ended, notebook: good.ipynb}
"""
    shared.make("decide", yaml, good=["1"], bad=["1 / 0"])
    done = shared.pipelines.run("decide", wait=True)
    assert statuses(shared, "decide", done.run.id) == {
        "good": "succeeded",
        "bad": "failed",
        "after_bad": "skipped",
        "mend": "succeeded",
        "alarm": "skipped",
        "after_alarm": "skipped",
        "other": "succeeded",
        "tidy": "succeeded",
    }
    because = {run.attributes["step"]: run.attributes.get("skipped") for run in done.steps}
    assert because["after_bad"] == "step 'bad' failed"
    assert because["alarm"] == "none of the steps that it needs has failed (good)"
    assert because["after_alarm"] == "step 'alarm' was skipped"
    assert done.run.status == "failed"
    assert done.run.error
    assert "ZeroDivisionError" in done.run.error.message


def test_a_failed_attempt_is_followed_by_others_and_writes_are_there_once(shared: Place) -> None:
    folder = shared.make(
        "again", "steps: [{name: flaky, retries: 3, retry_wait: 0.2}]", flaky=[COUNT, WRITE, "if tries < 3: raise OSError(f'away {tries}')"]
    )
    done = shared.pipelines.run("again", wait=True)
    assert done.run.status == "succeeded", done.run.error
    assert (folder / "tries").read_text() == "xxx"
    (step,) = done.steps
    attempts: list[dict[str, Any]] = step.attributes["attempts"]
    assert [each["error"]["message"].rpartition(": ")[2] for each in attempts] == ["away 1", "away 2"]
    # What an attempt said can be read later.
    assert all("away" in (shared.settings.state / each["notebook"]).read_text() for each in attempts)
    assert [io.name for io in step.outputs] == ["bronze.tried"]


AWAY = "from workbench.core.errors import StoreUnreachable\n"


def test_a_store_that_was_away_for_a_moment_is_no_attempt(shared: Place) -> None:
    """As when its PostgreSQL is restarted: the step begins anew, and what it has committed is there once."""
    again = [COUNT, WRITE, f"{AWAY}if tries < 3: raise StoreUnreachable('It was shut down.')"]
    for_good = (
        "def tell():\n    from workbench.core.errors import StoreUnreachable\n    raise StoreUnreachable('Never.', fix='Look at it.')"
    )
    yaml = "steps:\n  - {name: moment}\n  - {name: ever, function: ever.py:tell}"
    folder = shared.make("away", yaml, moment=again)
    (folder / "ever.py").write_text(for_good)
    done = shared.pipelines.run("away", wait=True)
    steps = {step.attributes["step"]: step for step in done.steps}
    assert (steps["moment"].status, (folder / "tries").read_text()) == ("succeeded", "xxx")
    assert len(steps["moment"].outputs) == 1 and "attempts" not in steps["moment"].attributes
    # One that says so each time asks for another store than ours.
    assert steps["ever"].status == "failed" and "Never." in str(steps["ever"].error) and steps["ever"].attributes["store_away"] == 3


def test_when_no_attempt_is_left_it_has_failed(shared: Place) -> None:
    folder = shared.make("never", "steps: [{name: only, retries: 1, retry_wait: 0.1s}]", only=[COUNT, "raise OSError('no')"])
    done = shared.pipelines.run("never", wait=True)
    assert (done.run.status, (folder / "tries").read_text()) == ("failed", "xx")


def test_what_takes_too_long_is_ended_with_all_it_has_started(shared: Place, until: Until) -> None:
    shared.make("slow", "steps: [{name: only, timeout: 1.5s}]", only=["1", "import time; time.sleep(60)"])
    done = shared.pipelines.run("slow", wait=True)
    assert done.run.error is not None
    assert done.run.error.code == "timed_out"
    assert done.run.error.message == "Step 'only' failed in cell 2: it took longer than its timeout, 1.5 seconds."
    until(lambda: not processes_of(done.steps[0].id), seconds=5)


def test_cancelling_ends_the_wait_for_the_next_attempt(shared: Place, until: Until) -> None:
    folder = shared.make("waits", "steps: [{name: only, retries: 5, retry_wait: 1h}]", only=[COUNT, "raise OSError('no')"])
    queued = shared.pipelines.run("waits")
    until(lambda: shared.log.get(queued.steps[0].id).attributes.get("retry_at"))
    shared.jobs.cancel(queued.run.id, "ada")
    shared.make("next", "steps: [{name: only}]", only=["1"])
    assert shared.pipelines.run("next", wait=True).run.status == "succeeded"
    assert statuses(shared, "waits", queued.run.id) == {"only": "cancelled"}
    assert (folder / "tries").read_text() == "x"


def test_attempts_are_counted_through_a_workers_death(
    pipelines: PipelineService, log: RunLog, settings: Settings, make_pipeline: Make, start_worker: Callable[[], Any], until: Until
) -> None:
    folder = make_pipeline("again", "steps: [{name: only, retries: 2, retry_wait: 1.5}]", only=[COUNT, "raise OSError('no')"])
    worker = start_worker()
    queued = pipelines.run("again")
    until(lambda: len(log.get(queued.steps[0].id).attributes.get("attempts", ())) == 1)
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    start_worker()
    until(lambda: log.get(queued.run.id).status in TERMINAL)
    assert log.get(queued.run.id).status == "failed"
    assert (folder / "tries").read_text() == "xxx"


def test_a_clock_that_was_ahead_delays_no_further_attempt(
    pipelines: PipelineService, log: RunLog, make_pipeline: Make, start_worker: Callable[[], Any], until: Until
) -> None:
    folder = make_pipeline("again", "steps: [{name: only, retries: 1, retry_wait: 2}]", only=[COUNT, "raise OSError('no')"])
    worker = start_worker()
    queued = pipelines.run("again")
    until(lambda: log.get(queued.steps[0].id).attributes.get("retry_at"))
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    with log.store.write() as conn:
        log.append(conn, queued.steps[0].id, "run.attributes", attributes={"retry_at": "2099-01-01T00:00:00.000000Z"})
    start_worker()
    until(lambda: log.get(queued.run.id).status in TERMINAL)
    assert (folder / "tries").read_text() == "xx"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("retries: -1", "steps[0].retries is -1"),
        ("retries: true", "steps[0].retries is True"),
        ("timeout: soon", "steps[0].timeout is 'soon'"),
        ("timeout: 0", "steps[0].timeout is 0"),
        ("retry_wait: 3s", "steps[0].retry_wait stands without retries"),
        ("when: any_failed", "steps[0].when is a condition on no step"),
        ("needs: [b], when: often", "steps[0].when is 'often'"),
    ],
)
def test_what_cannot_be_is_refused(pipelines: PipelineService, make_pipeline: Make, field: str, said: str) -> None:
    make_pipeline("wrong", f"steps: [{{name: a, {field}}}, {{name: b}}]", a=["1"], b=["1"])
    with pytest.raises(InvalidInput) as error:
        pipelines.run("wrong")
    assert said in error.value.message
    assert error.value.fix
