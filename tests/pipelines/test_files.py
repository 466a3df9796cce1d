"""Files from elsewhere in the workspace that go with a pipeline's runs."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.pipelines.conftest import Place
from tests.pipelines.test_functions import elsewhere
from workbench.app.local import LocalWorkspace
from workbench.core.clock import now
from workbench.core.config import Settings
from workbench.core.errors import InvalidInput, NotFound, StorageUnavailable
from workbench.core.principals import local_principal
from workbench.jobs.service import JobService
from workbench.pipelines.load import find_pipeline
from workbench.pipelines.retention import forget_executed
from workbench.pipelines.service import PipelineService
from workbench.pipelines.snapshot import fill_working_folder, hashes
from workbench.runs.log import RunLog

Make = Callable[..., Path]
YAML = "files: [shared/lines.csv, lib]\nsteps: [{name: one}]\n"


def test_what_a_pipeline_names_goes_with_each_version_and_each_run_of_it(
    pipelines: PipelineService, settings: Settings, make_pipeline: Make
) -> None:
    make_pipeline("daily", YAML, one=["1"])
    elsewhere(settings.root)
    (settings.root / "lib" / "out").symlink_to("/etc")
    first = pipelines.publish("daily", local_principal())
    files = settings.state / "published" / "daily" / "1" / ".files"
    assert sorted(path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file()) == ["lib/sums.py", "shared/lines.csv"]
    assert pipelines.publish("daily", local_principal()).number == 1
    (settings.root / "shared" / "lines.csv").write_text("two")
    assert pipelines.published("daily")[0].differs == (".files/shared/lines.csv",)
    assert pipelines.publish("daily", local_principal()).number == 2

    run = pipelines.run("daily", version=1).run
    assert run.attributes["code"] == first.code
    now = pipelines.run("daily").run
    pinned = settings.state / "executed"
    assert [(pinned / each.id / "source/.files/shared/lines.csv").read_text() for each in (run, now)] == ["one", "two"]
    # What has been taken away since is still with the version.
    (settings.root / "shared" / "lines.csv").unlink()
    assert pipelines.run("daily", version=2).run.status == "queued"


def test_a_version_whose_files_are_gone_is_published_anew(pipelines: PipelineService, settings: Settings, make_pipeline: Make) -> None:
    make_pipeline("daily", "steps: [{name: one}]\n", one=["1"])
    pipelines.publish("daily", local_principal())
    shutil.rmtree(settings.state / "published")
    with pytest.raises(NotFound, match="Publish it"):
        pipelines.run("daily", version=1)
    assert pipelines.publish("daily", local_principal()).number == 2
    assert pipelines.run("daily", version=2).run.status == "queued"


def test_a_link_to_what_it_lies_in_and_what_is_being_saved_do_not_go_with_a_run(
    pipelines: PipelineService, settings: Settings, make_pipeline: Make
) -> None:
    folder = make_pipeline("around", "steps: [{name: one}]\n", one=["1"])
    (folder / "sub").mkdir()
    (folder / "sub" / "rates.csv").write_text("1")
    for name, target in (("self", "."), ("sub/up", ".."), ("root", "/"), ("sub/again", "../sub"), ("beside", "sub")):
        (folder / name).symlink_to(target)
    (folder / ".~one.ipynb").write_text("half")
    source = settings.state / "executed" / pipelines.run("around").run.id / "source"
    found = sorted(path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file())
    assert found == ["beside/rates.csv", "one.ipynb", "pipeline.yaml", "sub/rates.csv"]


def test_what_is_no_code_does_not_go_with_a_run(pipelines: PipelineService, settings: Settings, make_pipeline: Make) -> None:
    yaml = "ignore: [data, '*.png', out/*.csv]\nsteps: [{name: one}]\n"
    folder = make_pipeline("lean", yaml, one=["1"])
    names = [
        "data/a.csv",
        "sub/data/a.csv",
        "sub/b.png",
        "out/c.csv",
        "out/d.txt",
        "env/lib/e.py",
        "mamba/conda-meta/history",
        "mamba/f.py",
    ]
    for name in [*names, ".git/config", "__pycache__/g.pyc", ".ipynb_checkpoints/one.ipynb", ".mypy_cache/h.json", "env/pyvenv.cfg"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("1")
    source = settings.state / "executed" / pipelines.run("lean").run.id / "source"
    found = sorted(path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file())
    assert found == ["one.ipynb", "out/d.txt", "pipeline.yaml"]
    pipelines.publish("lean", local_principal())
    (folder / "data/a.csv").write_text("2")
    assert pipelines.published("lean")[0].differs == ()
    for pattern, said in (
        ("one.ipynb", "which step 'one' runs"),
        ("'*'", "which step 'one' runs"),
        ("'!x'", "a path|its path"),
        ("/", "is '/'"),
    ):
        make_pipeline("lean", f"ignore: [{pattern}]\nsteps: [{{name: one}}]\n")
        with pytest.raises(InvalidInput, match=said) as refused:
            pipelines.get("lean")
        assert str(refused.value.details["field"]).startswith("ignore")


def test_what_is_too_much_is_told_before_anything_is_copied(settings: Settings, jobs: JobService, log: RunLog, make_pipeline: Make) -> None:
    small = settings.model_copy(update={"jobs": settings.jobs.model_copy(update={"run_files_mb": 1})})
    pipelines = PipelineService(small, jobs, log)
    folder = make_pipeline("large", "steps: [{name: one}]\n", one=["1"])
    (folder / "data").mkdir()
    for n in range(3):
        (folder / "data" / f"{n}.csv").write_bytes(b"0" * 400_000)
    acts: tuple[Callable[[], object], ...] = (lambda: pipelines.run("large"), lambda: pipelines.publish("large", local_principal()))
    for act in acts:
        with pytest.raises(
            InvalidInput, match=r"1\.21 MB in all \(5 files\), and a run takes at most 1 MB along\. The largest: data 1\.2 MB\. "
        ) as refused:
            act()
        assert "`ignore: [data]`" in str(refused.value.fix) and "jobs.run_files_mb" in str(refused.value.fix)
    assert not list((settings.state / "executed").glob("*")) and not (settings.state / "published").exists()
    make_pipeline("large", "ignore: [data]\nsteps: [{name: one}]\n")
    assert pipelines.run("large").run.status == "queued"
    with (folder / "one.ipynb").open("ab") as file:
        file.truncate(20_000_001)
    with pytest.raises(InvalidInput, match=r"one\.ipynb has 20 MB"):
        pipelines.run("large")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("../secret.txt", "leads out of the workspace"),
        ("/etc/passwd", "leads out of the workspace"),
        ("shared/../../x", "leads out of the workspace"),
        (".workbench/meta.db", "is hidden"),
        ("etc/passwd", "a link that leads out of the workspace"),
        ("gone.csv", "is not there"),
        ("big.bin", "more than 20 MB"),
    ],
)
def test_what_leads_out_of_the_workspace_or_is_not_there_is_refused(settings: Settings, make_pipeline: Make, named: str, said: str) -> None:
    make_pipeline("daily", f"files: [{named}]\nsteps: [{{name: one}}]\n", one=["1"])
    (settings.root / "etc").symlink_to("/etc")
    with (settings.root / "big.bin").open("wb") as file:
        file.truncate(20_000_001)
    with pytest.raises(InvalidInput, match=said) as refused:
        find_pipeline(settings, "daily")
    assert refused.value.details["field"] == "files[0]"


def test_a_link_that_is_put_there_after_the_look_is_refused(pipelines: PipelineService, settings: Settings, make_pipeline: Make) -> None:
    make_pipeline("daily", YAML, one=["1"])
    elsewhere(settings.root)
    pipeline = pipelines.get("daily")
    (settings.root / "shared" / "lines.csv").unlink()
    (settings.root / "shared" / "lines.csv").symlink_to("/etc/hostname")
    with pytest.raises(InvalidInput, match="out of the workspace"):
        pipelines.versions.publish("daily", pipeline, settings.root / pipeline.folder, local_principal())


def test_a_notebook_finds_a_file_by_the_same_path_at_a_persons_desk(settings: Settings) -> None:
    elsewhere(settings.root)
    workspace = LocalWorkspace(settings)
    assert workspace.file("shared/lines.csv").read_text() == "one"
    for outside in ("../x", "gone.csv"):
        with pytest.raises(NotFound):
            workspace.file(outside)


def test_steps_work_in_a_copy_of_their_own_where_the_pipeline_says_so(shared: Place) -> None:
    cells = ["from pathlib import Path", "import workbench", "seen = Path('rates.csv').read_text()", "Path('made.txt').write_text(seen)"]
    give = "workbench.open().output(seen=seen)"
    read = ["import os, workbench", "workbench.open().output(made=open('made.txt').read(), where=os.getcwd())"]
    yaml = "working_folder: run\nsteps: [{name: first}, {name: second, needs: [first]}]\n"
    folder = shared.make("apart", yaml, first=[*cells, give], second=read)
    (folder / "rates.csv").write_text("as submitted")
    queued = shared.pipelines.run("apart")
    (folder / "rates.csv").write_text("half-edited")
    done = shared.pipelines._wait("apart", queued.run.id)
    assert done.run.status == "succeeded", done.run.error
    work = shared.settings.state / "executed" / done.run.id / "work"
    assert [step.attributes["outputs"] for step in done.steps] == [{"seen": "as submitted"}, {"made": "as submitted", "where": str(work)}]
    assert not (folder / "made.txt").exists()
    # A repair goes on with what the steps before have written, and with the files that it is given.
    (folder / "rates.csv").write_text("edited")
    again = shared.pipelines.repair(done.run.id, steps=["second"], source="current", wait=True)
    assert again.steps[1].attributes["outputs"]["made"] == "as submitted"
    assert (work / "rates.csv").read_text() == "edited"


def test_runs_of_the_same_have_one_copy_of_what_is_large(
    pipelines: PipelineService, settings: Settings, make_pipeline: Make, log: RunLog
) -> None:
    folder = make_pipeline("heavy", "working_folder: run\nsteps: [{name: one}]\n", one=["1"])
    (folder / "rates.csv").write_bytes(b"1,2\n" * 100_000)
    pipelines.publish("heavy", local_principal())

    def runs(version: int | None, count: int = 1) -> list[Path]:
        return [settings.state / "executed" / pipelines.run("heavy", version=version).run.id for _ in range(count)]

    made = runs(1, 3) + runs(None, 2)
    copies = [run / "source" / "rates.csv" for run in made]
    assert len({copy.stat().st_ino for copy in (*copies, settings.state / "published/heavy/1/rates.csv")}) == 1
    assert (folder / "rates.csv").stat().st_ino != copies[0].stat().st_ino
    assert copies[0].stat().st_mtime_ns == (folder / "rates.csv").stat().st_mtime_ns
    assert copies[0].stat().st_mode & 0o777 == 0o444, "it is the others', too"
    assert len({(run / "source" / "one.ipynb").stat().st_ino for run in made}) == len(made)
    # A step may write to what is in its own working folder.
    fill_working_folder(settings, log.get(made[0].name))
    assert (made[0] / "work" / "rates.csv").stat().st_mode & 0o200
    # Who writes to it all the same harms no later run; nor does the original, when it is changed in its place.
    copies[0].chmod(0o644)
    copies[0].write_bytes(b"broken")
    (later,) = runs(None)
    assert (later / "source" / "rates.csv").read_bytes() == b"1,2\n" * 100_000
    with (folder / "rates.csv").open("r+b") as file:
        file.write(b"9")
    (edited,) = runs(None)
    assert (edited / "source" / "rates.csv").read_bytes()[:4] == b"9,2\n"
    assert (later / "source" / "rates.csv").read_bytes()[:4] == b"1,2\n"
    # It goes with the last of them.
    for run in (later, edited):
        pipelines.jobs.cancel(run.name)
    count, freed = forget_executed(settings, log, now() + timedelta(minutes=1))
    assert (count, freed > 800_000) == (2, True)
    assert len([*(settings.state / "executed" / ".shared").iterdir()]) == 0


def test_files_that_cannot_be_copied_are_told_and_leave_nothing_half(
    pipelines: PipelineService, settings: Settings, make_pipeline: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pipeline("small", "steps: [{name: one}]\n", one=["1"])

    def fails(number: int) -> Callable[..., None]:
        def copy(source: object, *_: object) -> None:
            raise OSError(number, os.strerror(number), str(source))

        return copy

    for number, error, said in (
        (errno.ENOSPC, StorageUnavailable, "The disk is full"),
        (errno.EACCES, InvalidInput, "one.ipynb of the pipeline's files cannot be taken along: Permission denied"),
    ):
        monkeypatch.setattr("workbench.pipelines.snapshot.shutil.copy2", fails(number))
        with pytest.raises(error, match=said):
            pipelines.run("small")
        assert not [*(settings.state / "executed").glob("*/*")]
    assert pipelines.log.count() == 0


def test_a_file_that_cannot_be_read_is_named_where_a_version_is_made(tmp_path: Path) -> None:
    (tmp_path / "one.ipynb").write_text("{}")
    with pytest.raises(InvalidInput, match=r"gone\.csv of the pipeline's files cannot be taken along: No such file") as refused:
        hashes({"one.ipynb": tmp_path / "one.ipynb", "gone.csv": tmp_path / "gone.csv"})
    assert "ignore" in str(refused.value.fix)
