"""Taking in, looking first and correcting on the command line: what it prints, asks, and refuses."""

from __future__ import annotations

import csv
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """Two hundred rows, two of which do not fit."""
    path = tmp_path / "measured.csv"
    rows = [f"{i},N {i},{'much' if i in (50, 150) else f'{i}.25'}" for i in range(1, 201)]
    path.write_text("\n".join(["No,Name,Weight", *rows, ""]))
    return path


def test_a_preview_says_what_was_understood_and_writes_nothing(cli: Any, project: Path, measured: Path) -> None:
    code, out, err = cli("ingest", str(measured), "--preview")
    assert code == 0, err
    for words in ("measured.csv: csv", "200 rows", "weight", "bronze.measured, a new dataset", "2 records would be set aside", "much"):
        assert words in out
    _, out, _ = cli("datasets", "list", "--json")
    assert [dataset["name"] for dataset in json.loads(out)] == ["silver.people"]


def test_with_yes_a_preview_is_followed_by_the_load(cli: Any, project: Path, measured: Path) -> None:
    code, out, _ = cli("ingest", str(measured), "--preview", "--yes")
    assert code == 0 and "bronze.measured" in out and "workbench quarantine bronze.measured" in out


def test_records_go_out_to_a_file_and_come_back_corrected(cli: Any, project: Path, measured: Path, tmp_path: Path) -> None:
    assert cli("ingest", str(measured))[0] == 0
    file = tmp_path / "rows.csv"
    assert "2 records written" in cli("quarantine", "measured", "--export", str(file))[1]
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["weight"] for row in rows] == ["much", "much"] and [row["_line"] for row in rows] == ["51", "151"]
    rows[0]["weight"] = "50.5"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    code, out, _ = cli("quarantine", "measured", "--import", str(file))
    assert code == 1 and "1 row joined bronze.measured; 1 left" in out and "much" in out
    code, out, _ = cli("quarantine", "measured", "--discard", "--yes")
    assert code == 0 and "0 left" in out
    assert "Nothing is in quarantine" in cli("quarantine", "measured")[1]
    _, out, _ = cli("sql", "select count(*) as n, sum(weight) filter (where no = 50) as w from bronze.measured", "--json")
    assert json.loads(out)["rows"] == [[199, "50.50"]] or json.loads(out)["rows"] == [[199, 50.5]]


def test_what_a_spreadsheet_would_carry_out_goes_out_harmless_and_comes_back_as_it_was(cli: Any, project: Path, tmp_path: Path) -> None:
    odd = ["=cmd|' /C calc'!A0", "@SUM(1)", "+1-2", "'=quoted", "-5", "'-5", "+3.5"]
    path = tmp_path / "formulas.csv"
    rows = [f"{i},plain {i},{i}.25" for i in range(1, 2001)] + [f'{3000 + i},"{name}",much' for i, name in enumerate(odd)]
    path.write_text("\n".join(["No,Name,Weight", *rows, ""]))
    assert cli("ingest", str(path))[0] == 0
    file = tmp_path / "rows.csv"
    assert cli("quarantine", "formulas", "--export", str(file))[0] == 0
    with file.open(newline="") as stream:
        found = [row["name"] for row in csv.DictReader(stream)]
    assert found == ["'=cmd|' /C calc'!A0", "'@SUM(1)", "'+1-2", "''=quoted", "-5", "'-5", "+3.5"]
    file.write_text(file.read_text().replace(",much\n", ",1.5\n").replace(",much,", ",1.5,"))
    code, out, _ = cli("quarantine", "formulas", "--import", str(file))
    assert code == 0 and "7 rows joined" in out, out
    _, out, _ = cli("sql", "select name from bronze.formulas where no >= 3000 order by no", "--json")
    assert [row[0] for row in json.loads(out)["rows"]] == odd


def test_a_file_that_is_no_export_is_refused(cli: Any, project: Path, measured: Path) -> None:
    cli("ingest", str(measured))
    code, _, err = cli("quarantine", "measured", "--import", str(measured))
    assert code == 2 and "_id" in err
    code, _, err = cli("quarantine", "measured", "--discard")
    assert code == 2 and "--yes" in err


def test_a_type_is_said_by_the_files_name_or_the_datasets_and_remembered(cli: Any, project: Path, measured: Path) -> None:
    code, out, err = cli("ingest", str(measured), "--type", "No=string", "--type", "weight=string", "--json")
    assert code == 0, err
    assert json.loads(out)["columns"] == [["no", "string"], ["name", "string"], ["weight", "string"]]
    (kept,) = json.loads(cli("readings", "--json")[1])
    assert [column["type"] for column in kept["reading"]["columns"]] == ["string", "string"]
    assert "No: string" in cli("readings")[1]
    assert json.loads(cli("readings", "forget", kept["id"], "--json")[1]) == []


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--type", "wieght=double"], 3, "weight"),
        (["--type", "weight=duoble"], 2, "double"),
        (["--type", "weight"], 2, "COLUMN=TYPE"),
        (["--delimiter", "ab"], 2, "delimiter"),
        (["--zone", "platinum"], 2, "zone"),
        (["--mode", "upsert"], 2, "keys"),
        (["--zone", "gold"], 2, "gold"),
    ],
)
def test_what_is_wrong_is_told_with_what_there_is(cli: Any, project: Path, measured: Path, words: list[str], code: int, says: str) -> None:
    found, out, err = cli("ingest", str(measured), *words)
    assert (found, out) == (code, "") and says in err and "Traceback" not in err


def test_rows_are_replaced_by_key(cli: Any, project: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x\n1,a\n2,b\n")
    (tmp_path / "b.csv").write_text("id,x\n2,c\n3,d\n")
    assert cli("ingest", str(tmp_path / "a.csv"), "--name", "t")[0] == 0
    code, out, err = cli("ingest", str(tmp_path / "b.csv"), "--name", "t", "--mode", "upsert", "--keys", "id", "--json")
    assert code == 0, err
    assert json.loads(out)["updated"] == 1
    _, out, _ = cli("sql", "select id, x from bronze.t order by id", "--json")
    assert json.loads(out)["rows"] == [[1, "a"], [2, "c"], [3, "d"]]


def test_several_sources_give_several_reports_and_statistics_count_them(cli: Any, project: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("id\n1\n2\n")
    _, out, _ = cli("ingest", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "--json")
    assert [report["dataset"] for report in json.loads(out)] == ["bronze.a", "bronze.b"]
    assert cli("ingest", str(tmp_path / "a.csv"), str(tmp_path / "b.csv"), "--name", "x")[0] == 2
    _, out, _ = cli("loads", "statistics")
    assert "2 loads" in out and "2 succeeded" in out and "bronze.a" in out


def test_of_several_sources_none_is_taken_where_one_is_not_there(cli: Any, project: Path, measured: Path, tmp_path: Path) -> None:
    for last, says in (("weights", "--name weights"), ("no-such.csv", "no file"), (str(tmp_path / "no-*.csv"), "no file to take")):
        code, _, err = cli("ingest", str(measured), last)
        assert code == 2 and says in err
    code, _, err = cli("ingest", str(tmp_path / "absent.csv"), str(measured))
    assert code == 2 and "--name" not in err
    _, out, _ = cli("datasets", "list", "--json")
    assert [dataset["name"] for dataset in json.loads(out)] == ["silver.people"]


def test_ctrl_c_on_a_terminal_shows_progress_and_leaves_nothing_half_done(project: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": range(4_000_000), "text": ["x" * 30] * 4_000_000}), tmp_path / "big.parquet")
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "workbench.cli", "ingest", str(tmp_path / "big.parquet")]
    process = subprocess.Popen(
        command, cwd=project, stdout=subprocess.PIPE, stderr=terminal, stdin=terminal, env={**os.environ, "TERM": "xterm"}
    )
    os.close(terminal)
    shown, interrupted, deadline = b"", False, time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            shown += os.read(main, 4096)
        except OSError:  # it has ended
            break
        if b"profile" in shown and not interrupted:
            process.send_signal(signal.SIGINT)
            interrupted = True
    assert interrupted and process.wait(30) == 130, shown[-2000:]
    assert b"was stopped" in shown
    from workbench.app import open as open_

    ws = open_(project)
    assert [dataset.name for dataset in ws.catalog.list()] == ["silver.people"]
    (run,) = ws.runs.list(kind="ingest")
    assert run.status == "cancelled"
    ws.close()
