"""What the command line says to somebody new to it."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import workbench
from workbench.app.protocol import NAMESPACES
from workbench.app.verbs import verbs_of
from workbench.cli.root import cli as root
from workbench.core.errors import InvalidInput, from_body
from workbench.core.wording import OPTIONS, in_words_of, spoken
from workbench.engines.readers import Reading
from workbench.ingest.records import LoadOptions


def test_json_before_the_command_is_told_where_it_goes(cli: Any, project: Path) -> None:
    code, _, err = cli("--json", "status")
    assert code == 2 and "--json follows the command" in err and "--version" not in err
    assert "No such option" in cli("--nonsense", "status")[2]


def test_one_file_is_not_some_files(cli: Any, project: Path) -> None:
    _, out, _ = cli("datasets", "show", "silver.people")
    assert "· 1 file ·" in out and "1 files" not in out


def test_what_write_does_not_take_is_told_with_the_dataset_that_was_meant(cli: Any, project: Path) -> None:
    (project / "more.csv").write_text("id,name\n3,Eve\n4,Bob\n")
    _, _, err = cli("write", "silver.people", str(project / "more.csv"))
    command = err.strip().splitlines()[-1].removeprefix("Use: workbench ")
    assert cli(*shlex.split(command), "--force")[0] == 0
    assert cli("read", "silver.people")[1].count("\n") == 6


def test_a_file_whose_name_says_no_format_is_taken_when_it_is_said(cli: Any, project: Path) -> None:
    (project / "export").write_text("id,name\n1,Eve\n")
    code, _, err = cli("ingest", str(project / "export"))
    assert code != 0 and "Set `--format csv` or `--format json`" in err
    assert cli("ingest", str(project / "export"), "--format", "csv")[0] == 0
    assert cli("read", "bronze.export")[1] == "id,name\n1,Eve\n"


def test_rows_that_an_upsert_replaced_stand_in_the_history(cli: Any, project: Path) -> None:
    (project / "new.csv").write_text("id,name\n2,Bob\n")
    assert cli("ingest", str(project / "new.csv"), "--name", "silver.people", "--mode", "upsert", "--key", "id", "--force")[0] == 0
    head, _, newest = cli("datasets", "history", "silver.people")[1].splitlines()[:3]
    assert re.split(r"\s{2,}", head)[3:6] == ["added", "updated", "deleted"]
    assert re.search(r"upsert\s+\+0\s+1\s+-0\s+3\s", newest)
    # What a rollback goes to may be said by the name of a tag.
    assert cli("datasets", "tag", "silver.people", "mended")[0] == 0
    assert cli("sql", "delete from silver.people where id = 2")[0] == 0
    code, out, err = cli("datasets", "rollback", "silver.people", "mended", "--json")
    assert code == 0 and json.loads(out)["rows_total"] == 3, err
    assert "no branch or tag 'mendet'" in cli("datasets", "rollback", "silver.people", "mendet")[2]


SAID = [
    ("`keys=['id']`", "`--keys id`", '`"keys": ["id"]`'),
    ("`mode='append'` or `mode='overwrite'`", "`--mode append` or `--mode overwrite`", '`"mode": "append"` or `"mode": "overwrite"`'),
    ("`force=True`, `header=False`", "`--force`, `--no-header`", '`"force": true`, `"header": false`'),
    ("`partition_by=['a', 'b c']`", "`--partition-by a --partition-by 'b c'`", '`"partition_by": ["a", "b c"]`'),
    ("`params={'n': 1}`", "`--param n=1`", '`"params": {"n": 1}`'),
    ("`decimal=','`", "`--decimal ,`", '`"decimal": ","`'),
]


@pytest.mark.parametrize(("python", "command", "rest"), SAID)
def test_an_option_is_said_as_each_face_writes_it_and_back(python: str, command: str, rest: str) -> None:
    assert (spoken(python, "command line"), spoken(python, "rest"), spoken(python, "python")) == (command, rest, python)
    assert (spoken(rest, "python"), spoken(rest, "command line")) == (python, command)


def test_what_is_no_option_stays_as_it_is() -> None:
    for text in (
        "`workbench runs` lists them.",
        "`x=f(1)`",
        "`a = b`",
        "`keys=`",
        '`"keys": [`',
        "keys=['id']",
        "`lake=__import__('os')`",
        "",
    ):
        assert spoken(text, "command line") == text


def test_an_error_that_came_over_the_network_speaks_python_again() -> None:
    error = InvalidInput("Nothing with `mode='upsert'`.", fix="Name them: `keys=['id']`.", column="id")
    body = in_words_of(error.to_body(), "rest")
    assert body["error"]["fix"] == 'Name them: `"keys": ["id"]`.'
    back = from_body(body)
    assert (back.message, back.fix, back.details) == (error.message, error.fix, {"column": "id"})


def test_the_command_line_is_told_its_own_options(cli: Any, project: Path, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("id,x\n1,2\n")
    asked = ("ingest", str(tmp_path / "f.csv"), "--name", "worded", "--mode", "upsert")
    code, _, err = cli(*asked)
    assert code == 2 and "--keys id" in err and "keys=" not in err, err
    # What programs read is the same as REST.
    code, _, err = cli(*asked, "--json")
    assert code == 2 and json.loads(err)["error"]["fix"] == 'Name its columns, as in `"keys": ["id"]`.', err
    code, _, err = cli("sql", "select $n as n, $m as m")
    assert code == 2 and "--param n=VALUE --param m=VALUE" in err, err
    assert cli("ingest", str(tmp_path / "f.csv"), "--name", "worded", "--mode", "upsert", "--key", "id")[0] == 0
    (tmp_path / "f.csv").write_text("id,x\n1,4\n1,5\n")
    code, _, err = cli(*asked, "--key", "id")
    assert code == 2 and "--duplicates last" in err, err
    code, _, err = cli(*asked, "--key", "id", "--duplicates", "last")
    assert code == 0 and "1 row gave way" in err, err
    (tmp_path / "f.csv").write_text("id,x\n1,3\n")
    code, _, err = cli("ingest", str(tmp_path / "f.csv"), "--name", "worded")
    assert code == 5 and "--mode append" in err and "mode=" not in err, err


def test_warnings_of_a_look_and_of_a_load_name_options_of_the_command_line(cli: Any, project: Path, tmp_path: Path) -> None:
    (tmp_path / "nested.json").write_text(json.dumps({"meta": {"page": 1}, "data": [{"a": 1}, {"a": 2}]}))
    looked, loaded = cli("ingest", str(tmp_path / "nested.json"), "--preview"), cli("ingest", str(tmp_path / "nested.json"))
    for code, out, err in (looked, loaded):
        told = " ".join(f"{out} {err}".split())
        assert code == 0 and "say `--rows .`" in told and "rows='.'" not in told, told
    assert cli("ingest", str(tmp_path / "nested.json"), "--rows", ".", "--name", "whole")[0] == 0


def test_sources_are_told_to_somebody_new_to_them(cli: Any, project: Path, tmp_path: Path) -> None:
    import sqlite3

    assert "workbench connections add NAME" in cli("connections", "list")[1]
    assert "workbench watch add FOLDER" in cli("watch", "list")[1]
    code, out, _ = cli("connections", "kinds")
    assert code == 0 and "host database user" in out and "port=5432" in out
    code, _, err = cli("connections", "add", "x", "postgresql", "host=h")
    assert code == 2 and "needs the options database, user." in err
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("CREATE TABLE orders (id INTEGER)")
        shop.execute("INSERT INTO orders VALUES (1)")
    assert cli("connections", "add", "shop", "sqlite", f"path={tmp_path / 'shop.db'}")[0] == 0
    code, out, _ = cli("connections", "test", "shop")
    assert code == 0 and "1 table can be read" in out
    assert cli("ingest", "connection:shop/orders")[0] == 0
    assert "nothing new" in cli("ingest", "connection:shop/orders", "--mode", "append", "--since", "id")[1]
    assert cli("connections", "add", "gone", "sqlite", f"path={tmp_path / 'gone.db'}")[0] == 0
    code, out, _ = cli("connections", "test", "gone")
    assert code == 6 and "There is no file" in out
    assert "Did you mean http://?" in cli("ingest", "htp://example.org/a.csv")[2]
    (tmp_path / "in").mkdir()
    by_key = ("--mode", "upsert", "--keys", "id,day", "--duplicates", "last")
    code, out, err = cli("watch", "add", str(tmp_path / "in"), "--name", "come", *by_key)
    assert code == 0 and "bronze.come" in out and "workbench up" in err


def test_every_option_is_one_of_the_command_line_and_of_the_protocol() -> None:
    known = {word for command in _commands(root) for option in command.params for word in (*option.opts, *option.secondary_opts)}
    values: dict[str, Any] = {"params": {"a": 1}, "force": True, "flatten": True, "header": False}
    said = {name: spoken(f"`{name}={values.get(name, 'x')!r}`", "command line") for name in OPTIONS}
    assert {name: words for name, words in said.items() if words.strip("`").split()[0] not in known} == {}
    taken = {p.name for protocol in NAMESPACES.values() for verb in verbs_of(protocol) for p in verb.parameters}
    assert OPTIONS - taken - set(LoadOptions.model_fields) - set(Reading.model_fields) == set()


def test_no_error_writes_an_option_in_one_faces_words() -> None:
    found = []
    for path in sorted(Path(workbench.__file__).parent.rglob("*.py")):
        for text in _fixes(ast.parse(path.read_text())):
            plain = re.sub(r"`[^`]*`", "", text)
            if re.search(rf"\b({'|'.join(OPTIONS)})=['\"\[({{TF.]", plain) and "cli" not in path.parts:
                found.append((path.name, text))
    assert found == []


def _commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _commands(below)


def _fixes(tree: ast.AST) -> Iterator[str]:
    """Texts that are handed over as ``fix``, or put together as one first."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "fix":
            value: ast.expr = node.value
        elif isinstance(node, ast.Assign) and any(isinstance(each, ast.Name) and each.id == "fix" for each in node.targets):
            value = node.value
        else:
            continue
        for part in ast.walk(value):
            if isinstance(part, ast.JoinedStr):
                yield "".join(str(each.value) if isinstance(each, ast.Constant) else "x" for each in part.values)
            elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
