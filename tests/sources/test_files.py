"""Files, folders, patterns, archives and frames."""

from __future__ import annotations

import datetime as dt
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from workbench.app.frames import to_arrow
from workbench.app.services import Services
from workbench.core.config import Settings
from workbench.core.errors import Forbidden, InvalidInput, NotFound, UnreadableFile
from workbench.ingest.place import dataset_name
from workbench.ingest.sources.reach import Reach

Fetch = Callable[..., Any]


def make(folder: Path, *names: str, content: str = "a\n1\n") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_a_file_is_itself(fetch: Fetch, tmp_path: Path) -> None:
    make(tmp_path, "a.csv")
    (file,), notes = fetch(tmp_path / "a.csv")
    assert (file.path, file.shown, file.origin, notes) == (tmp_path / "a.csv", "a.csv", str(tmp_path / "a.csv"), [])
    assert fetch(f"file://{tmp_path}/a.csv")[0] == [file]


def test_a_sheet_of_a_workbook_is_named_after_a_hash(fetch: Fetch, tmp_path: Path) -> None:
    make(tmp_path, "book.xlsx")
    (file,), _ = fetch(f"{tmp_path}/book.xlsx#Q1 2024")
    assert (file.shown, file.sheet) == ("book.xlsx", "Q1 2024")
    assert fetch(f"file://{tmp_path}/book.xlsx#Q1%202024")[0] == [file]


def test_a_folder_gives_its_files_in_their_order_and_says_what_it_passes_over(fetch: Fetch, tmp_path: Path) -> None:
    folder = tmp_path / "flights"
    make(folder, "part-10.csv", "part-2.csv", "deep/part-3.csv", ".hidden.csv", "_SUCCESS", "x.csv.part", "~$book.xlsx", "README.md")
    files, notes = fetch(folder)
    assert [file.shown for file in files] == ["deep/part-3.csv", "part-2.csv", "part-10.csv"]
    assert {file.name for file in files} == {"flights"}
    assert {file.origin for file in files} == {str(folder)}
    assert sorted(notes) == [
        "1 file passed over (no table): README.md",
        "2 files passed over (hidden): .hidden.csv, _SUCCESS",
        "2 files passed over (temporary): x.csv.part, ~$book.xlsx",
    ]


def test_a_pattern_gives_what_it_matches(fetch: Fetch, tmp_path: Path) -> None:
    make(tmp_path, "sales_1.csv", "sales_2.csv", "other.csv", "deep/sales_3.csv", "odd[1].csv")
    files, _ = fetch(f"{tmp_path}/sales_*.csv")
    assert [(file.shown, file.name) for file in files] == [("sales_1.csv", "sales"), ("sales_2.csv", "sales")]
    files, _ = fetch(f"{tmp_path}/**/sales_*.csv")
    assert [file.shown for file in files] == ["deep/sales_3.csv", "sales_1.csv", "sales_2.csv"]
    with pytest.raises(InvalidInput, match="stands alone"):
        fetch(f"{tmp_path}/**.csv")
    with pytest.raises(UnreadableFile, match="does not know"):
        fetch("~nobody-of-that-name/a.csv")
    # A file whose name looks like a pattern is that file.
    assert [file.shown for file in fetch(f"{tmp_path}/odd[1].csv")[0]] == ["odd[1].csv"]


def test_a_pattern_gives_a_file_once_and_passes_over_links_that_may_not_be_followed(fetch: Fetch, tmp_path: Path) -> None:
    make(tmp_path, "d/a.csv", "d/deep/b.csv")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/d/caf\xe9.csv")).write_text("a\n1\n")
    (tmp_path / "d" / "broken.csv").symlink_to("nowhere.csv")
    files, notes = fetch(f"{tmp_path}/d/**/*")
    assert [file.shown for file in files] == ["a.csv", "deep/b.csv"]
    assert notes == ["1 file passed over (a name that is not UTF-8): caf\ufffd.csv"]


def test_formats_that_differ_are_refused_with_what_there_is(fetch: Fetch, tmp_path: Path) -> None:
    make(tmp_path, "d/a.csv", "d/b.csv.gz", "d/c.json", "d/e.dat")
    with pytest.raises(UnreadableFile, match=r"2 delimited text, 1 JSON, 1 \.dat") as raised:
        fetch(tmp_path / "d")
    assert "'*.csv'" in str(raised.value)


def test_a_folder_with_nothing_to_take_is_refused(fetch: Fetch, tmp_path: Path) -> None:
    make(tmp_path, "d/.a.csv", "d/notes.md")
    with pytest.raises(UnreadableFile, match=rf"no file to take in {tmp_path / 'd'}\. Passed over: 2 files"):
        fetch(tmp_path / "d")
    with pytest.raises(UnreadableFile, match="no file"):
        fetch(f"{tmp_path}/d/*.parquet")


def test_folders_that_say_columns_do_so_with_types_found_over_all(fetch: Fetch, tmp_path: Path) -> None:
    base = tmp_path / "flights"
    make(base, "year=2013/code=01/day=2013-01-01/x.csv", "year=2014/code=2/day=__HIVE_DEFAULT_PARTITION__/x.csv")
    files, _ = fetch(base)
    assert [dict(file.constants) for file in files] == [
        {"year": "2013", "code": "01", "day": "2013-01-01"},
        {"year": "2014", "code": "2", "day": None},
    ]
    assert files[0].types == {"year": "int", "code": "string", "day": "date"}
    # The folder that was named may say one itself.
    files, _ = fetch(base / "year=2013")
    assert files[0].constants["year"] == "2013"
    assert files[0].name == "flights"
    assert [file.constants["year"] for file in fetch(f"{base}/year=*")[0]] == ["2013", "2014"]


def test_folders_that_say_different_columns_are_refused(fetch: Fetch, tmp_path: Path) -> None:
    make(tmp_path, "d/month=1/a.csv", "d/b.csv")
    with pytest.raises(UnreadableFile, match="month"):
        fetch(tmp_path / "d")


def test_an_archive_of_several_files_gives_each(fetch: Fetch, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("x/month=1/a.csv", "a\n1\n")
        archive.writestr("x/month=2/../../../b.csv", "a\n2\n")
        archive.writestr("__MACOSX/x/._a.csv", "junk")
    (first, second), notes = fetch(tmp_path / "all.zip")
    assert (first.shown, first.path.read_text(), first.constants["month"]) == ("all.zip/x/month=1/a.csv", "a\n1\n", "1")
    assert second.path.read_text() == "a\n2\n"
    assert second.path.parent == first.path.parent
    assert dataset_name(first.name or first.shown, None, "bronze")[1] == "bronze.all"
    assert notes == ["1 file passed over (hidden): __MACOSX/x/._a.csv"]


def test_an_archive_of_one_file_stays_as_it_is(fetch: Fetch, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.writestr("a.csv", "a\n1\n")
    (file,), _ = fetch(tmp_path / "one.zip")
    assert file.path == tmp_path / "one.zip"


def test_an_archive_that_is_a_bomb_is_refused(fetch: Fetch, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("a.csv", "w", force_zip64=True) as member:
            for _ in range(1100):
                member.write(bytes(1 << 20))
        archive.writestr("b.csv", "a\n1\n")
    with pytest.raises(UnreadableFile, match="hundred times"):
        fetch(tmp_path / "bomb.zip")


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [1, 2], "b": ["x", None]}),
        pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
        pl.LazyFrame({"a": [1, 2], "b": ["x", None]}),
        pa.table({"a": [1, 2], "b": ["x", None]}),
        pa.table({"a": [1, 2], "b": pa.array(["x", None]).dictionary_encode()}),
        pa.record_batch({"a": pa.array([1, 2]), "b": pa.array(["x", None])}),
        pa.table({"a": [1, 2], "b": ["x", None]}).to_reader(),
        {"a": [1, 2], "b": ["x", None]},
        [{"a": 1, "b": "x"}, {"a": 2, "b": None}],
    ],
    ids=["pandas", "polars", "lazy", "table", "dictionary", "batch", "reader", "mapping", "rows"],
)
def test_a_frame_is_read_as_arrow(rows: Fetch, frame: Any) -> None:
    assert rows(frame).to_pylist() == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


@pytest.mark.parametrize(
    ("frame", "column", "words"),
    [
        (pd.DataFrame({"ok": [1, 2], "pdm": [1, "secret"]}), "pdm", "The column 'pdm' holds values of several types: int, str."),
        ({"ok": [1, 2], "m": [1, "secret"]}, "m", "The column 'm' holds values of several types: int, str."),
        ([{"ok": 1, "m": 1}, {"m": "secret"}], "m", "The column 'm' holds values of several types: int, str."),
        (pd.DataFrame({"big": [2**70, None]}, dtype=object), "big", "The column 'big' holds values that no column can hold: int."),
        ({"odd": [object()]}, "odd", "The column 'odd' holds values that no column can hold: object."),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "a", "Two columns are called 'a'."),
        (pd.DataFrame({"a": [1]}, index=pd.Index([1], name="a")), "a", "Two columns are called 'a'."),
        ({"a": [1], "b": [1, 2]}, "a", "The columns are not of one length: 'a' has 1 rows, 'b' 2."),
    ],
    ids=["pandas", "mapping", "rows", "large", "object", "twice", "index", "lengths"],
)
def test_what_is_no_table_is_told_by_its_column(fetch: Fetch, frame: Any, column: str, words: str) -> None:
    for call in (fetch, to_arrow):
        with pytest.raises(InvalidInput) as raised:
            call(frame)
        assert (raised.value.message, raised.value.details["column"]) == (words, column)
        assert raised.value.fix and "secret" not in str(raised.value)


DAY, AT = dt.date(2024, 1, 1), dt.datetime.fromisoformat("2024-01-01T05:30")
ZONED = AT.replace(tzinfo=dt.UTC)
NAIVE, AWARE = "datetime without a time zone", "datetime with a time zone"


@pytest.mark.parametrize(
    ("frame", "column", "kinds"),
    [
        (pd.DataFrame({"d": [DAY, None, AT]}), "d", f"date, {NAIVE}"),
        (pd.DataFrame({"v": [1, 2]}, index=[DAY, AT]), "index", f"date, {NAIVE}"),
        (pd.DataFrame({"d": [pd.Timestamp(AT), pd.Timestamp(ZONED), pd.NaT]}), "d", f"{AWARE}, {NAIVE}"),
        ({"d": [AT, ZONED]}, "d", f"{AWARE}, {NAIVE}"),
        ({"d": [[DAY], [AT]]}, "d", f"date, {NAIVE}"),
        ([{"a": {"d": DAY}}, {"a": {"d": AT}}], "a.d", f"date, {NAIVE}"),
    ],
    ids=["pandas", "index", "zones", "mapping", "lists", "rows"],
)
def test_days_among_times_lose_no_time_of_day(fetch: Fetch, frame: Any, column: str, kinds: str) -> None:
    """Arrow makes days of both where a day comes first, and leaves zones out where a time without one does."""
    for call in (fetch, to_arrow):
        with pytest.raises(InvalidInput) as raised:
            call(frame)
        assert raised.value.message == f"The column {column!r} holds values of several types: {kinds}."


def test_days_and_times_in_columns_of_their_own_are_taken(rows: Fetch) -> None:
    frame = pd.DataFrame({"d": [DAY, None], "t": [AT, pd.NaT], "z": [ZONED, ZONED], "s": [{"d": DAY, "t": AT}, None]}, dtype=object)
    assert rows(frame).to_pylist()[0] == {"d": DAY, "t": AT, "z": ZONED, "s": {"d": DAY, "t": AT}}


def test_the_same_rows_make_the_same_file_however_they_are_cut(fetch: Fetch, scratch: Path) -> None:
    whole = pa.table({"a": list(range(200_000))})
    first = fetch(whole)[0][0].path.read_bytes()
    cut = pa.concat_tables([whole.slice(0, 7), whole.slice(7, 70_000), whole.slice(70_007)])
    assert fetch(cut)[0][0].path.read_bytes() == first


@pytest.mark.parametrize("source", ["ftp://example.org/a.csv", "", "gopher://x/y", "file://elsewhere/a.csv", 3, object()])
def test_what_is_no_source_is_refused_with_what_there_is(fetch: Fetch, source: Any) -> None:
    with pytest.raises(InvalidInput) as raised:
        fetch(source)
    assert raised.value.fix


# ------------------------------------------------------------------------------------------------------ who may name what


@pytest.fixture
def afar(settings: Settings) -> Any:
    """A workspace as someone sees it who calls from afar."""
    services = Services(settings, reach=Reach(settings.root))
    yield services
    services.close()


def test_who_calls_from_afar_reaches_the_workspaces_folder_only(afar: Services, root: Path, tmp_path: Path, scratch: Path) -> None:
    make(root, "data/a.csv")
    make(tmp_path, "outside.csv")
    assert [file.path for file in afar.sources.open("data/a.csv", scratch)] == [root / "data" / "a.csv"]
    assert [file.path for file in afar.sources.open(str(root / "data"), scratch)] == [root / "data" / "a.csv"]
    (root / "data" / "link.csv").symlink_to(tmp_path / "outside.csv")
    forbidden = [tmp_path / "outside.csv", "../outside.csv", "/etc/passwd", root / "data" / "link.csv", f"{tmp_path}/*.csv", "data"]
    for source in map(str, forbidden):
        with pytest.raises(Forbidden):
            list(afar.sources.open(source, scratch))


def test_who_calls_from_afar_reaches_no_keys_and_databases(afar: Services, settings: Settings, scratch: Path) -> None:
    afar.secrets.key("box")
    _ = afar.store
    (settings.root / ".env").write_text("PASSWORD=x\n")
    for source in (".workbench/secrets/box.key", ".workbench/meta.db", ".workbench", ".env", ".workbench/*", "x/../.workbench/meta.db"):
        with pytest.raises(Forbidden):
            list(afar.sources.open(source, scratch))


def test_what_is_out_of_reach_looks_alike_whether_it_is_there(afar: Services, tmp_path: Path, scratch: Path) -> None:
    make(tmp_path, "there.csv")
    told = []
    for name in ("there.csv", "not-there.csv"):
        with pytest.raises(Forbidden) as raised:
            list(afar.sources.open(str(tmp_path / name), scratch))
        told.append(str(raised.value).replace(name, "NAME"))
    assert told[0] == told[1]


def test_a_pattern_tells_nothing_of_what_is_out_of_reach(afar: Services, root: Path, tmp_path: Path, scratch: Path) -> None:
    afar.secrets.key("box")
    make(tmp_path, "elsewhere/there.csv")
    make(root, "data/a.csv")
    (root / "data" / "out").symlink_to(tmp_path / "elsewhere")
    for source in ("*/../.workbench/secrets/*", f"*/../../{tmp_path.name}/elsewhere/*", "data/*/../../*"):
        with pytest.raises(InvalidInput, match="leads down only"):
            list(afar.sources.open(source, scratch))
    for source in (".workbenc[h]/**/*", "*/secrets/*", "*/out/*.csv", "*/out/not-there*"):
        with pytest.raises(UnreadableFile) as raised:
            list(afar.sources.open(source, scratch))
        assert str(raised.value).startswith(f"There is no file to take in {source}.")
        assert "over" not in str(raised.value)
    notes: list[str] = []
    assert [file.shown for file in afar.sources.open("[.d]*/**/*.*", scratch, notes.append)] == ["data/a.csv"]
    assert notes == []


def test_a_name_that_is_too_long_is_refused(fetch: Fetch, afar: Services, tmp_path: Path, scratch: Path) -> None:
    with pytest.raises(UnreadableFile, match="name too long"):
        fetch(f"{tmp_path}/{'x' * 300}.csv")
    with pytest.raises(Forbidden):
        list(afar.sources.open(f"/etc/{'x' * 300}.csv", scratch))


def test_an_upload_is_its_bringers_only(services: Services, tmp_path: Path, scratch: Path) -> None:
    from workbench.core.principals import Principal

    make(tmp_path, "mine.csv")
    staged = services.staging.stage(tmp_path / "mine.csv", Principal(name="ada"))
    (file,) = services.sources.open(staged.source, scratch, who="ada")
    assert (file.shown, file.path.read_text()) == ("mine.csv", "a\n1\n")
    with pytest.raises(NotFound):
        list(services.sources.open(staged.source, scratch, who="eve"))


def test_a_source_for_another_process_is_absolute(services: Services, afar: Services, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert services.sources.absolute("tmp/a.csv") == "/tmp/a.csv"
    assert afar.sources.absolute("a/*.csv") == str(root / "a/*.csv")
    assert services.sources.absolute("s3://b/k") == "s3://b/k"
    with pytest.raises(Forbidden):
        afar.sources.absolute("/etc/passwd")
