"""Settings: where each value comes from, and what is said when one is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from workbench.core.config import FILE_NAME, create_workspace_file, find_root, load_settings, unknown_variables
from workbench.core.errors import FormatMismatch, InvalidSetting, WorkspaceNotFound


def _write(root: Path, text: str) -> Path:
    root.mkdir(exist_ok=True)
    (root / FILE_NAME).write_text(text, encoding="utf-8")
    return root


def test_environment_beats_file_beats_default_and_each_is_named(tmp_path: Path) -> None:
    root = _write(tmp_path / "w", 'format = 1\n[query]\nrow_limit = 7\nthreads = 3\n[workspace]\nname = "x"\n')
    settings = load_settings(root, env={"WORKBENCH_QUERY_THREADS": "2"})
    assert (settings.query.row_limit, settings.query.threads, settings.query.timeout_seconds) == (7, 2, 300)
    origin = {name: source for name, _, source, _ in settings.rows()}
    assert origin["query.row_limit"] == "file"
    assert origin["query.threads"] == "environment"
    assert origin["query.timeout_seconds"] == "default"


def test_secrets_come_from_the_environment_only_and_are_never_shown(tmp_path: Path) -> None:
    root = create_workspace_file(tmp_path / "w", "x").parent
    settings = load_settings(root, env={"WORKBENCH_LAKE_S3_SECRET_ACCESS_KEY": "hush", "WORKBENCH_STORE_URL": "postgresql://u:hush@h/d"})
    assert settings.lake.s3_secret_access_key is not None
    assert settings.lake.s3_secret_access_key.get_secret_value() == "hush"
    assert "hush" not in str(settings.rows())
    assert "hush" not in repr(settings.lake)
    with pytest.raises(InvalidSetting, match="WORKBENCH_LAKE_S3_SECRET_ACCESS_KEY"):
        load_settings(_write(tmp_path / "v", 'format = 1\n[lake]\ns3_secret_access_key = "hush"\n'), env={})


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("[workspace]\nname = 'x'\n", InvalidSetting, "format = 1"),
        ("format = 2\n", FormatMismatch, "newer workbench"),
        ("format = 0\n", FormatMismatch, "upgrade"),
        ("format = 1\n[qwery]\nx = 1\n", InvalidSetting, "Did you mean 'query'"),
        ("format = 1\n[query]\nrow_limits = 1\n", InvalidSetting, "Did you mean 'row_limit'"),
        ("format = 1\n[query]\nrow_limit = 'many'\n", InvalidSetting, "query.row_limit"),
        ("format = 1\n[query]\nrow_limit = 0\n", InvalidSetting, "query.row_limit"),
        (
            "format = 1\n[jobs]\ndead_after_seconds = 3\n",
            InvalidSetting,
            "dead_after_seconds is wrong: 3 is less than twice jobs.heartbeat",
        ),
        ("format = 1\n[jobs]\nheartbeat_seconds = 3\n", InvalidSetting, "5 is less than twice jobs.heartbeat_seconds, which is 3"),
        ("format = 1\n[workspace]\ntimezone = 'Mars'\n", InvalidSetting, "time zone"),
        ("format = 1\nquery = 3\n", InvalidSetting, "unknown section"),
        ("format = 1\n[query\n", InvalidSetting, "not valid TOML"),
    ],
)
def test_a_wrong_file_is_an_error_that_says_what_to_do(tmp_path: Path, text: str, error: type[Exception], words: str) -> None:
    root = _write(tmp_path / "w", text)
    with pytest.raises(error, match=words):
        load_settings(root, env={})


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    root = create_workspace_file(tmp_path / "w", "x").parent
    with pytest.raises(InvalidSetting, match="WORKBENCH_API_PORT"):
        load_settings(root, env={"WORKBENCH_API_PORT": "http"})


def test_the_nearest_workspace_upwards_is_found(tmp_path: Path) -> None:
    root = create_workspace_file(tmp_path / "w", 'with "quotes" and \\').parent
    deep = root / "a" / "b"
    deep.mkdir(parents=True)
    assert find_root(deep, env={}) == root
    assert load_settings(root, env={}).workspace.name == 'with "quotes" and \\'
    with pytest.raises(WorkspaceNotFound, match="workbench init"):
        find_root(tmp_path, env={})
    with pytest.raises(WorkspaceNotFound, match="WORKBENCH_HOME"):
        find_root(deep, env={"WORKBENCH_HOME": str(tmp_path)})


def test_an_existing_workspace_file_is_left_alone(tmp_path: Path) -> None:
    path = create_workspace_file(tmp_path / "w", "first")
    before = path.read_bytes()
    create_workspace_file(tmp_path / "w", "second")
    assert path.read_bytes() == before


def test_the_state_never_ends_in_a_persons_repository(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    create_workspace_file(tmp_path, "x")
    (tmp_path / ".workbench" / "meta.db").touch()
    seen = subprocess.run(["git", "status", "--short"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert seen.split() == ["??", "workbench.toml"]
    assert (tmp_path / ".workbench").stat().st_mode & 0o077 == 0


def test_importing_the_package_loads_nothing_heavy() -> None:
    probe = "import sys, workbench; print(sorted({n.partition('.')[0] for n in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True).stdout
    for heavy in ("pydantic", "duckdb", "polars", "pandas", "pyarrow", "pyiceberg", "sqlalchemy", "mlflow", "torch", "dask", "fastapi"):
        assert f"'{heavy}'" not in loaded


def test_variables_that_tell_processes_something_are_no_mistyped_settings() -> None:
    told = {"WORKBENCH_SOURCE": "/files", "WORKBENCH_FILES": "/files/.brought", "WORKBENCH_BENCH_SIZE": "0.02"}
    assert unknown_variables(told | {"WORKBENCH_FILE": "x"}).keys() == {"WORKBENCH_FILE"}
