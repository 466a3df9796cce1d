"""A delimited file as Parquet: nothing is lost, nothing is bent into shape, and what does not fit is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.patience import interrupting
from workbench.engines.duckdb import DuckDBEngine, Engine, Interrupted, IsolatedEngine, csv_find
from workbench.engines.duckdb.csv import CsvColumn, CsvLoad
from workbench.engines.readers.lines import lines_of_bytes, places_of_records


@pytest.fixture(params=[DuckDBEngine, IsolatedEngine], ids=["inside", "isolated"], scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = request.param(tmp_path_factory.mktemp("engine") / "spill", memory_mb=512, threads=2)
    yield made
    made.close()


def whole(name: str, field_id: int) -> CsvColumn:
    return CsvColumn(name, field_id, "try_cast({x} AS BIGINT)", "{v}::VARCHAR <> {x}", ("NA",))


def text(name: str, field_id: int) -> CsvColumn:
    return CsvColumn(name, field_id, "{x}")


def a_load(tmp_path: Path, content: str, *columns: CsvColumn, **options: Any) -> CsvLoad:
    path = tmp_path / "in.csv"
    path.write_text(content, encoding="utf-8", newline="")
    defaults = {"delimiter": ",", "quote": '"', "escape": None, "skip": 1, "folder": str(tmp_path / "out")}
    return CsvLoad(str(path), columns, **(defaults | options))  # type: ignore[arg-type]


def test_what_does_not_fit_is_set_aside_with_its_place(engine: Engine, tmp_path: Path) -> None:
    lines = ["n,s", '1,"a\nb"', "", "2", "3,x,y", "1.5,c", "007,d", "NA,", '8,"e""f"', '9,"bad"x', "10,ok"]
    content = "\n".join(lines) + "\n"
    loaded = engine.load("r", a_load(tmp_path, content, whole("n", 4), text("s", 9)))
    table = pq.read_table(loaded.files[0])
    assert table.to_pylist() == [
        {"n": 1, "s": "a\nb"},
        {"n": None, "s": None},
        {"n": 8, "s": 'e"f'},
        {"n": 10, "s": "ok"},
    ]
    assert [field.metadata[b"PARQUET:field_id"] for field in table.schema] == [b"4", b"9"]
    rejects = loaded.rejects.to_pylist()
    broken = [(row["byte"], len(row["text"])) for row in rejects if row["byte"] is not None]
    at = dict(zip((start for start, _ in broken), lines_of_bytes(tmp_path / "in.csv", [start for start, _ in broken]), strict=True))
    values = [row["record"] for row in rejects if row["record"] is not None]
    places = places_of_records(tmp_path / "in.csv", values, skip=1, quote='"', broken=broken)
    assert [place.line for place in places] == [7, 8]
    found = [(at.get(row["byte"]), row["record"], row["place"], row["reason"]) for row in loaded.rejects.to_pylist()]
    assert found == [(5, None, 0, "few"), (6, None, 2, "many"), (11, None, 1, "quote"), (None, 2, 0, "value"), (None, 3, 0, "value")]
    assert [row["values"] for row in loaded.rejects.to_pylist()[3:]] == [["1.5", "c"], ["007", "d"]]
    assert loaded.rows == 4 and loaded.misfits == 5


def test_a_bad_value_far_down_is_found_and_the_order_is_kept(engine: Engine, tmp_path: Path) -> None:
    rows = [f"{n},t{n}" for n in range(300_000)]
    rows[250_000] = "12a,t"
    told: list[float] = []
    loaded = engine.load("r", a_load(tmp_path, "n,s\n" + "\n".join(rows), whole("n", 1), text("s", 2)), told.append)
    assert loaded.rows == 299_999
    assert pq.read_table(loaded.files[0])["n"].to_pylist() == [n for n in range(300_000) if n != 250_000]
    (reject,) = loaded.rejects.to_pylist()
    assert (reject["record"], reject["values"]) == (250_001, ["12a", "t"])
    assert all(0 <= share <= 1 for share in told)


def test_a_larger_file_is_written_by_several_threads(engine: Engine, tmp_path: Path) -> None:
    rows = "\n".join(f"{n},{'t' * 40}{n}" for n in range(400_000))
    loaded = engine.load("r", a_load(tmp_path, f"n,s\n{rows}\nbad,x\n", whole("n", 1), text("s", 2), ordered_mb=1, file_mb=1))
    assert len(loaded.files) > 1 and all(file.startswith(str(tmp_path / "out")) for file in loaded.files)
    assert (loaded.rows, loaded.misfits, loaded.rejects["line"].to_pylist()) == (400_000, 1, [400_002])
    assert sorted(n for file in loaded.files for n in pq.read_table(file)["n"].to_pylist()) == list(range(400_000))


@pytest.mark.parametrize("value", ["9223372036854775808", "1e3", "1_000", " 1", "0x10", "+3", "-0", "1.0", "١"])
def test_no_number_is_changed(engine: Engine, tmp_path: Path, value: str) -> None:
    loaded = engine.load("r", a_load(tmp_path, f"n\n{value}\n5\n", whole("n", 1)))
    assert loaded.rows == 1 and loaded.rejects.num_rows == 1


def test_a_load_reads_its_file_and_writes_its_folder_only(engine: Engine, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("secret\n")
    spy = CsvColumn("n", 1, f"(SELECT content FROM read_text('{other}'))")
    with pytest.raises(Exception, match=r"(?i)permission|disabled"):
        engine.load("r", a_load(tmp_path, "n\n1\n", spy))


def test_a_load_can_be_stopped(engine: Engine, tmp_path: Path) -> None:
    slow = CsvColumn("n", 1, "levenshtein(repeat({x}, 100), repeat({x}, 99))")
    load = a_load(tmp_path, "n\n" + "\n".join("xyz" for _ in range(500_000)), slow)
    with interrupting(engine, "r"), pytest.raises(Interrupted):
        engine.load("r", load)


def test_what_does_not_fit_is_told_in_full_though_only_its_column_is_read_again(engine: Engine, tmp_path: Path) -> None:
    rows = [f"{n},t{n}" for n in range(100)]
    rows[10], rows[20], rows[30] = 'x,"a,b"', 'x,""', "y,"
    loaded = engine.load("r", a_load(tmp_path, "n,s\n" + "\n".join(rows), whole("n", 1), text("s", 2)))
    told = [(row["record"], row["place"], row["values"]) for row in loaded.rejects.to_pylist()]
    assert told == [(11, 0, ["x", "a,b"]), (21, 0, ["x", ""]), (31, 0, ["y", None])]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("n,s\n1,a\nbad,hello\n3,c\n", 3),
        ("n,s\n1,a\nbad,hello", 3),
        ("n,s\r\n1,a\r\nbad,hello\r\n3,c\r\n", 3),
        ('n,s\n1,"a ""b"" c"\nbad,"hello"\n3,c\n', 3),
        ('n,s\n1,"a\nb\nc"\n2,"d\n"\nbad,hello\n', 7),
    ],
)
def test_a_few_misfits_are_found_without_reading_the_file_again(engine: Engine, tmp_path: Path, content: str, line: int) -> None:
    loaded = engine.load("r", a_load(tmp_path, content, whole("n", 1), text("s", 2)))
    (reject,) = loaded.rejects.to_pylist()
    assert (reject["line"], reject["values"]) == (line, ["bad", "hello"])
    assert reject["record"] == loaded.rows + (not content.rstrip().endswith("3,c"))
    assert reject["text"] in ("bad,hello", 'bad,"hello"')


@pytest.mark.parametrize(
    ("content", "records"),
    [
        ('n,s\n1,"x\nbad,hello\n"\nbad,hello\n', [2]),  # the same line inside a quoted value
        ('n,s\n1,a\n"bad","hel\nlo"\n', [2]),  # a record of two lines
        ("n,s\n1,a\n\nbad,hello\n", [2]),  # a blank line is no record
        ('n,s\n1,a\nbad,\nbad,""\n', [2, 3]),  # alike but for what is missing
        ("n,s\nbad,1\nbad,2\nbad,3\nbad,4\nbad,5\n6,a\n", [1, 2, 3, 4, 5]),  # too many to search for
    ],
)
def test_where_a_search_could_err_the_file_is_read_again(engine: Engine, tmp_path: Path, content: str, records: list[int]) -> None:
    loaded = engine.load("r", a_load(tmp_path, content, whole("n", 1), text("s", 2)))
    assert [(row["record"], row["line"]) for row in loaded.rejects.to_pylist()] == [(record, None) for record in records]


def test_a_record_is_found_wherever_the_file_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a last line without an end, too."""
    path = tmp_path / "in.csv"
    path.write_text("n,s\n1,a\n2,b\n3,c\nbad,hello", encoding="utf-8")
    for size in range(1, 30):
        monkeypatch.setattr(csv_find, "_CHUNK", size)
        found = csv_find.find_records(path, [("bad", "hello")], delimiter=",", quote='"', skip=1, records=4)
        assert found == {("bad", "hello"): [(4, 5, "bad,hello")]}, size


def test_misfits_that_are_alike_are_told_one_by_one(engine: Engine, tmp_path: Path) -> None:
    loaded = engine.load("r", a_load(tmp_path, "n,s\n1,a\nbad,x\n2,b\nbad,x\n", whole("n", 1), text("s", 2)))
    assert [(row["record"], row["line"]) for row in loaded.rejects.to_pylist()] == [(2, 3), (4, 5)]


def test_a_load_with_too_many_misfits_is_broken_off(engine: Engine, tmp_path: Path) -> None:
    content = "n,s\n" + "".join(f"x{n},t\n" for n in range(5_000))
    loaded = engine.load("r", a_load(tmp_path, content, whole("n", 1), text("s", 2), most_rejects=1_500))
    assert (loaded.files, loaded.rows, loaded.misfits) == ((), 0, 1_501)
    assert loaded.rejects.num_rows == 1_000 and loaded.rejects["values"][0].as_py()[1] == "t"


def test_a_column_that_is_not_taken_is_not_written(engine: Engine, tmp_path: Path) -> None:
    left_out = CsvColumn("n", 0, "{x}", take=False)
    loaded = engine.load("r", a_load(tmp_path, "n,s\n1,a\nx,b\n", left_out, text("s", 2)))
    assert pq.read_table(loaded.files[0]).to_pylist() == [{"s": "a"}, {"s": "b"}]
