"""What the command line adds to the verbs: exit codes, plain errors, formats, files, and what it refuses."""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.app.local import LocalWorkspace
from workbench.cli.commands.verbs import COMMANDS
from workbench.cli.root import SECTIONS, _run
from workbench.cli.root import cli as root
from workbench.core.config import load_settings


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["datasets", "show", "silver.people"], 0),
        (["sql", "select * frm silver.people"], 2),
        (["sql"], 2),
        (["nonsense"], 2),
        (["datasets", "show", "silver.people", "--nonsense"], 2),
        (["datasets", "show", "silver.peple"], 3),
        (["sql", "attach 'other.db' as other"], 4),
        (["datasets", "branch", "silver.people", "main"], 5),
        (["--url", "http://127.0.0.1:9", "datasets", "list"], 6),
        (["-C", "/nonexistent", "datasets", "list"], 3),
    ],
)
def test_exit_codes(cli: Any, project: Path, words: list[str], code: int) -> None:
    found, _, err = cli(*words)
    assert found == code, err
    assert "Traceback" not in err


def test_a_notebook_that_is_open_does_not_look_like_work(cli: Any, project: Path) -> None:
    from workbench.runs.log import RunLog
    from workbench.store import Store

    store = Store(load_settings(project, env={}).store_url)
    run = RunLog(store).start("notebook", "flights.ipynb", "ada", attributes={"interactive": True, "session": "k"})
    _, out, _ = cli("runs", "list", "--kind", "notebook")
    assert "open" in out and "running" not in out
    run.succeed()
    _, out, _ = cli("runs", "list", "--kind", "notebook")
    assert "succeeded" in out


def test_a_file_that_is_there_or_cannot_be_is_no_defect(cli: Any, project: Path, tmp_path: Path) -> None:
    kept = tmp_path / "audit.jsonl"
    kept.write_text("all that is left")
    code, _, err = cli("audit", "export", str(kept))
    assert (code, kept.read_text()) == (5, "all that is left") and "already" in err
    for words in (["audit", "export"], ["recipe", "propose", "silver.people", "-o"]):
        code, _, err = cli(*words, str(tmp_path / "none" / "file"))
        assert (code, err.splitlines()[-1]) == (2, "Choose another folder.")


def test_the_audit_log_is_exported_oldest_first_page_by_page(
    cli: Any, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("workbench.cli.commands.audit"), "_PAGE", 2)
    for name in ("first", "second", "third", "fourth", "fifth"):
        assert cli("users", "add", name, "--role", "viewer")[0] == 0
    code, out, _ = cli("audit", "export", str(tmp_path / "all.jsonl"))
    entries = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    numbers = [entry["seq"] for entry in entries]
    assert code == 0 and len(numbers) >= 3 and numbers == list(range(1, len(numbers) + 1))
    assert out.startswith(f"{len(numbers)} entries in ")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file() and "all" in path.name) == ["all.jsonl"]


def test_an_error_is_one_or_two_plain_lines(cli: Any, project: Path) -> None:
    code, out, err = cli("datasets", "show", "silver.peple")
    assert (code, out) == (3, "")
    assert err.splitlines() == ["Error: There is no dataset 'silver.peple'.", "Did you mean 'silver.people'?"]


def test_a_failed_write_shows_no_traceback(cli: Any, project: Path, tmp_path: Path) -> None:
    assert cli("read", "silver.people", "-o", str(tmp_path / "p.parquet"))[0] == 0
    code, _, err = cli("write", "silver.people", str(tmp_path / "p.parquet"), "--mode", "create")
    assert code == 5
    assert len(err.splitlines()) == 2


def test_an_error_with_json_is_the_error_body_of_rest(cli: Any, project: Path) -> None:
    code, out, err = cli("datasets", "show", "silver.peple", "--json")
    assert (code, out) == (3, "")
    assert json.loads(err)["error"]["code"] == "dataset_not_found"


def test_a_place_in_a_statement_is_told(cli: Any, project: Path) -> None:
    _, _, err = cli("sql", "select *\nfrom silver.people\nwhere nme = 1")
    assert "line 3, column 7" in err
    assert "name" in err


def test_several_statements_of_a_file_are_run_up_to_the_first_that_fails(cli: Any, project: Path, tmp_path: Path) -> None:
    (tmp_path / "all.sql").write_text("select ';' as first; -- one\nselect 2 as second;\nselect nme from silver.people; select 4 as fourth")
    code, out, err = cli("sql", "-f", str(tmp_path / "all.sql"))
    assert code == 2 and "nme" in err and "line 3, column 8" in err
    (tmp_path / "line.sql").write_text("select 1 as a; select nme from silver.people")
    assert "line 1, column 23" in cli("sql", "-f", str(tmp_path / "line.sql"))[2]
    assert "first" in out and "second" in out and "fourth" not in out


def test_each_of_several_statements_takes_the_parameters_that_it_names(cli: Any, project: Path) -> None:
    code, out, _ = cli("sql", "select 'a' as none; select $x as one; select $x+$y as both", "-p", "x=40", "-p", "y=2")
    assert code == 0 and "none" in out and "42" in out
    code, out, err = cli("sql", "select 'a' as none; select $x as one", "-p", "x=1", "-p", "z=2")
    assert (code, out) == (2, "") and "No statement has the parameter $z." in err


@pytest.mark.parametrize("option", ["-o out.csv", "--format csv", "--json"])
def test_one_statement_has_a_file_a_format_or_json(cli: Any, project: Path, option: str) -> None:
    code, out, err = cli("sql", "create table silver.made as select 1 as a; select 2 as b", *option.split())
    assert (code, out) == (2, "") and "2 statements" in err and "Run those before the last one" in err
    assert "made" not in cli("datasets", "list")[1] and not Path("out.csv").exists()
    assert cli("sql", "select ';' as b;", *option.split())[0] == 0


def test_a_cut_is_said_beside_the_rows(cli: Any, project: Path) -> None:
    code, out, err = cli("sql", "select range as n from range(100)", "--limit", "3")
    assert (code, err.strip()) == (0, "cut at 3 rows: there are more; --limit N shows more, -o FILE writes all")
    assert "first 3 rows" in out
    _, out, err = cli("sql", "select range as n from range(100)", "--format", "csv")
    assert (len(out.splitlines()), err) == (101, "")


def test_rows_are_written_for_excel(cli: Any, project: Path, tmp_path: Path) -> None:
    import openpyxl

    assert cli("sql", "select '=1' as f, 2 as n", "-o", str(tmp_path / "rows.xlsx"))[0] == 0
    assert [[cell.value for cell in row] for row in openpyxl.load_workbook(tmp_path / "rows.xlsx").active.iter_rows()] == [
        ["f", "n"],
        ["=1", 2],
    ]


def test_nothing_is_stopped_where_nothing_runs(cli: Any, project: Path) -> None:
    assert cli("sql", "--stop", "mine")[1].strip() == "nothing runs under that name"


def test_a_mistyped_command_is_told_with_the_nearest(cli: Any) -> None:
    code, _, err = cli("datsets")
    assert code == 2
    assert "Did you mean 'datasets'?" in err


@pytest.mark.parametrize("word", ["datasets", "runs", "pipelines"])
def test_a_noun_alone_lists(cli: Any, project: Path, word: str) -> None:
    assert json.loads(cli(word, "--json")[1]) == json.loads(cli(word, "list", "--json")[1])


def test_the_last_run_of_a_pipeline_is_told_where_none_is_named(cli: Any, project: Path) -> None:
    cli("pipelines", "new", "daily", "--template", "empty")
    code, _, err = cli("pipelines", "status", "daily")
    assert (code, "no run of daily so far" in err, "`workbench run daily` starts one" in err) == (3, True, True)
    assert "no pipeline 'dialy'" in cli("pipelines", "status", "dialy")[2]
    with contextlib.closing(LocalWorkspace(load_settings(project))) as ws:
        first, last = (ws.pipelines.run("daily").run.id for _ in range(2))
    assert json.loads(cli("pipelines", "status", "daily", "--json")[1])["run"]["id"] == last
    assert json.loads(cli("pipelines", "status", "daily", first, "--json")[1])["run"]["id"] == first


def test_output_in_a_pipe_has_no_colour_and_is_not_folded(cli: Any, project: Path) -> None:
    cli("datasets", "describe", "silver.people", "--description", "x" * 100)
    _, out, _ = cli("datasets", "list")
    assert "\x1b" not in out
    assert any("silver.people" in line and "3" in line for line in out.splitlines())


def test_a_column_is_described_and_shown(cli: Any, project: Path) -> None:
    code, _, _ = cli("datasets", "describe", "silver.people", "--column", "id", "--description", "Given once.")
    assert code == 0
    assert any("id" in line and "Given once." in line for line in cli("datasets", "show", "silver.people")[1].splitlines())
    code, _, err = cli("datasets", "describe", "silver.people", "--column", "idd", "--description", "x")
    assert (code, "Did you mean 'id'?" in err) == (3, True)


def test_control_characters_in_data_do_not_reach_the_terminal(cli: Any, project: Path) -> None:
    _, out, _ = cli("sql", "select chr(27) || '[2J' as evil")
    assert "\x1b" not in out


def test_nor_do_those_in_what_anybody_may_write(cli: Any, project: Path) -> None:
    """Who runs a statement has it in the history of who administers, and who asks for a page in the log."""
    evil = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b2J\u202e"
    with LocalWorkspace(load_settings(project, env={})) as ws:
        ws.query.run(f"select '{evil}' as t")
        ws.datasets.write("silver.evil", pa.table({"n": [1]}))
        ws.catalog.describe("silver.evil", description=evil, owner=evil)
        ws.catalog.tag("silver.evil", evil)
        ws.query.run(f'create view silver.evil_view as select 1 as "{evil}"')
        logs = ws.settings.state / "logs"
    logs.mkdir(exist_ok=True)
    (logs / "api.jsonl").write_text(json.dumps({"message": f"GET /{evil}", "exception": evil}) + "\n")
    (logs / "api.out").write_text(f"{evil}\n")
    shown = ["history list", "datasets show silver.evil", "datasets list", "catalog tags", "catalog edits", "catalog view silver.evil_view"]
    for words in (*(line.split() for line in shown), ["logs"], ["sql", f"select '{evil}'::int"], ["datasets", "show", evil]):
        _, out, err = cli(*words)
        assert not set("\x1b\x07\x9b\u202e") & set(out + err), words
        assert "52;c" in out + err or words[0] == "sql", words


@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "parquet", "arrow"])
def test_rows_are_saved_in_the_format_of_the_files_name(cli: Any, project: Path, tmp_path: Path, form: str) -> None:
    import pyarrow as pa

    path = tmp_path / f"rows.{form}"
    code, out, err = cli("sql", "select * from silver.people order by id", "-o", str(path))
    assert (code, out) == (0, "")
    assert "3 rows" in err
    read = {
        "csv": lambda: path.read_text(),
        "json": lambda: json.loads(path.read_text()),
        "ndjson": lambda: [json.loads(line) for line in path.read_text().splitlines()],
        "parquet": lambda: pq.read_table(path).to_pylist(),
        "arrow": lambda: pa.ipc.open_file(path.read_bytes()).read_all().to_pylist(),
    }[form]()
    rows = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Zoë"}, {"id": 3, "name": None}]
    assert read == ("id,name\n1,Ada\n2,Zoë\n3,\n" if form == "csv" else rows)
    assert sorted(p.name for p in tmp_path.glob("*rows*")) == [path.name]


def test_a_file_that_cannot_be_written_is_told(cli: Any, project: Path) -> None:
    code, _, err = cli("sql", "select 1 as a", "-o", "/nonexistent/rows.csv")
    assert code == 2
    assert "cannot be written" in err


def test_a_reader_who_has_seen_enough_is_no_failure(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def closed(*_: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))  # click puts others in their places
    monkeypatch.setattr(click.Group, "invoke", closed)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    assert _run(["sql", "select 1"]) == 0
    assert capfd.readouterr().err == ""


def test_output_to_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(root, "main", full)
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    assert _run(["sql", "select 1"]) == 6
    assert capfd.readouterr().err == "Error: The disk is full.\nMake room on it, then try again.\n"


def test_a_statement_may_come_from_a_file_with_parameters(cli: Any, project: Path, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("select name from silver.people where id = $id or name = $who order by id")
    _, out, _ = cli("sql", "--file", str(tmp_path / "q.sql"), "-p", "id=2", "-p", "who=Ada", "--json")
    assert json.loads(out)["rows"] == [["Ada"], ["Zoë"]]


def test_a_file_is_read_as_editors_write_it_or_told_to_be_no_utf_8(cli: Any, project: Path, tmp_path: Path) -> None:
    file = tmp_path / "q"
    file.write_text("select name from silver.people where id = 2", encoding="utf-8-sig")
    assert cli("sql", "-f", str(file))[0] == 0
    file.write_text("-- one\n-- für zwei\nselect 2", encoding="latin-1")
    for words in (("sql", "-f"), ("policy", "check"), ("policy", "try", "silver.people", "--role", "viewer", "--draft")):
        code, out, err = cli(*words, str(file))
        assert (code, out) == (2, "")
        assert err == f"Error: {file} is not UTF-8 text. (line 2)\nSave it as UTF-8.\n"


def test_what_cannot_be_taken_back_asks_first(cli: Any, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    code, _, err = cli("datasets", "expire", "silver.people")
    assert code == 2
    assert "--yes" in err


def test_processes_belong_to_the_workspaces_own_machine(cli: Any, project: Path) -> None:
    code, _, err = cli("--url", "http://127.0.0.1:9", "up")
    assert code == 2
    assert "own machine" in err


@pytest.mark.parametrize("option", ["--ip=0.0.0.0", "--ServerApp.ip=192.168.1.5", "--ip=*"])
def test_lab_refuses_an_address_others_can_reach(cli: Any, project: Path, option: str) -> None:
    code, _, err = cli("lab", "--no-browser", option)
    assert code == 2
    assert "--allow-remote" in err


@pytest.mark.parametrize("form", ["--port {}", "--port={}", "--ServerApp.port={}"])
def test_lab_does_not_quietly_take_another_port(cli: Any, project: Path, form: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, _, error = cli("lab", "--no-browser", *form.format(port).split())
    assert (code, f"Port {port} is in use" in error) == (6, True)


def test_serve_refuses_an_address_others_can_reach(cli: Any, project: Path) -> None:
    code, _, err = cli("serve", "--host", "0.0.0.0")
    assert code == 2
    assert "--insecure" in err


def test_every_command_says_what_it_does(cli: Any) -> None:
    import click

    def check(command: click.Command, words: list[str]) -> None:
        assert command.help, words
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                check(found, [*words, name])

    check(root, [])
    shown = {name for section in SECTIONS.values() for name in section}
    assert {words.split()[0] for words in COMMANDS.values()} <= shown


def test_verbs_lists_all_of_them(cli: Any, project: Path) -> None:
    rows = json.loads(cli("verbs", "--json")[1])
    assert {row["verb"] for row in rows} == set(COMMANDS)
    assert all(row["rest"].split()[1].startswith("/api/") and row["summary"] for row in rows)


def test_doctor_ends_with_one_when_something_has_failed(cli: Any, project: Path) -> None:
    moved = project.with_name("moved")
    project.rename(moved)
    code, out, _ = cli("-C", str(moved), "doctor")
    assert code == 1
    assert "workbench relocate" in out
    assert cli("-C", str(moved), "relocate")[0] == 0
    assert cli("-C", str(moved), "doctor")[0] == 0
    assert json.loads(cli("-C", str(moved), "sql", "select count(*) from people", "--json")[1])["rows"] == [[3]]


def test_status_tells_times_as_a_person_reads_them(cli: Any, project: Path) -> None:
    from workbench.core.config import load_settings
    from workbench.jobs import down, up

    up(load_settings(project), 90, roles=("worker",))
    try:
        out = cli("status")[1]
        told = json.loads(cli("status", "--json")[1])["processes"]["worker"]
    finally:
        down(load_settings(project))
    assert "just now" in out or "seconds ago" in out
    assert told["started_at"].endswith("Z") and told["started_at"][:10] not in out


def test_init_makes_a_workspace_once(cli: Any, tmp_path: Path) -> None:
    code, out, _ = cli("init", str(tmp_path / "new"), "--name", "Größe")
    assert code == 0 and "is a workspace now" in out
    assert json.loads(cli("-C", str(tmp_path / "new"), "status", "--json")[1])["name"] == "Größe"
    assert cli("init", str(tmp_path / "new"))[0] == 5


def test_lineage_is_drawn_as_a_tree(cli: Any, project: Path) -> None:
    (project / "sizes.csv").write_text("a\n1\n")
    assert cli("ingest", "sizes.csv")[0] == 0
    _, out, _ = cli("lineage", "bronze.sizes", "--upstream")
    assert "bronze.sizes\n└── sizes.csv  ← ingest bronze.sizes" in out
    assert cli("recipe", "apply", "sizes", "[{kind: rename, column: a, to: size}]")[0] == 0
    _, out, _ = cli("lineage", "silver.sizes", "--upstream", "--columns")
    assert "silver.sizes.size" in out and "bronze.sizes.a" in out and "a is called size" in out


def test_the_catalog_is_asked_as_people_ask_it(cli: Any, project: Path) -> None:
    (project / "sizes.csv").write_text("id,shoe_size\n1,40\n2,41\n")
    assert cli("ingest", "sizes.csv")[0] == 0
    assert cli("catalog", "tag", "sizes", "fits", "--column", "shoe_size")[0] == 0
    assert cli("catalog", "define", "Size", "European.")[0] == 0 and cli("catalog", "link", "Size", "sizes")[0] == 0
    _, out, _ = cli("datasets", "show", "sizes")
    assert "means Size" in out and "tags and terms" in out and "fits" in out
    assert "tag fits" in cli("search", "--tag", "fits")[1]
    assert "column shoe_size (like shoesiez)" in cli("search", "shoesiez")[1]
    code, _, err = cli("search")
    assert code == 2 and "--tag" in err
    assert "bronze.sizes" in cli("catalog", "edits")[1]
    assert (
        "sizes" in cli("catalog", "tree", "bronze")[1]
        and cli("catalog", "tree", "--zone", "bronze")[1] == cli("catalog", "tree", "bronze")[1]
    )
    assert cli("datasets", "drop", "sizes")[0] == 0
    assert "bronze.sizes" in cli("datasets", "dropped")[1]
    code, _, err = cli("datasets", "undrop", "bronze.size")
    assert code == 3 and "There are: bronze.sizes." in err
    assert cli("datasets", "undrop", "bronze.sizes")[0] == 0 and "Nothing can be brought back" in cli("datasets", "dropped")[1]
