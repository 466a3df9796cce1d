"""Well-formed text without the engine: the same files and the same misfits, or none at all."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engines.duckdb import DuckDBEngine, plain, plain_files, plain_pieces, plain_values
from workbench.engines.duckdb.csv import CsvLoad, CsvLoaded
from workbench.engines.duckdb.plain import load_plain
from workbench.engines.duckdb.plain_values import values_of
from workbench.engines.readers import Request, quick

ROWS = 2_000


@pytest.fixture(autouse=True)
def cut_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many pieces, parts and groups of rows, of small files."""
    monkeypatch.setattr(quick, "LARGE_BYTES", 0)
    monkeypatch.setattr(plain_pieces, "PIECE", 5_000)
    monkeypatch.setattr(plain, "_PART", 30_000)
    monkeypatch.setattr(plain_files, "_ROWS", 500)


def lines_of(rows: int = ROWS) -> list[str]:
    made = ["whole,price,real,day,at,word,said,none"]
    for n in range(rows):
        said = f'"a ""quoted"", {n}"' if n % 3 else '""' if n % 2 else "é"
        at = f"2013-01-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:00"
        made.append(f"{n * 37 - 5000},{n % 997}.{n % 100:02},{n / 7:.5f},20{n % 90 + 10}-0{n % 9 + 1}-1{n % 9},{at},w{n % 7},{said},")
    return made


def a_load(path: Path, content: str | bytes, **more: Any) -> CsvLoad:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    scratch = path.with_suffix(".scratch")
    scratch.mkdir()
    guess = quick.quick_load(Request(path, path.name, scratch, {}), scratch / "files", None, 128)
    assert guess is not None
    return replace(guess.load, **more)


def by_engine(engine: DuckDBEngine, load: CsvLoad, monkeypatch: pytest.MonkeyPatch) -> CsvLoaded:
    with monkeypatch.context() as alone:
        alone.setattr(plain, "load_plain", lambda *_: None)
        return engine.load("r", replace(load, folder=load.folder + "-engine"))


def rows_of(loaded: CsvLoaded) -> pa.Table:
    return pa.concat_tables([pq.read_table(file) for file in loaded.files])


def same(engine: DuckDBEngine, load: CsvLoad, monkeypatch: pytest.MonkeyPatch) -> CsvLoaded:
    """A load without the engine, which must come to the same as with it."""
    found, wanted = load_plain(load, 2, 1024), by_engine(engine, load, monkeypatch)
    assert found is not None
    one, other = rows_of(found), rows_of(wanted)
    assert one.schema.equals(other.schema)
    assert [name for name in one.column_names if not one[name].equals(other[name])] == []
    assert [field.metadata[b"PARQUET:field_id"] for field in one.schema] == [field.metadata[b"PARQUET:field_id"] for field in other.schema]
    assert (found.rows, found.misfits) == (wanted.rows, wanted.misfits)
    mine, theirs = (
        [(row["record"], row["place"], row["reason"], row["values"]) for row in loaded.rejects.to_pylist()] for loaded in (found, wanted)
    )
    assert mine == theirs
    return found


def test_a_good_file_is_the_same(engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, end in enumerate(("\n", "\r\n")):
        load = a_load(tmp_path / f"{number}.csv", end.join(lines_of()) + end * number)
        found = same(engine, load, monkeypatch)
        assert len(found.files) > 1 and not found.misfits
        assert pq.read_metadata(found.files[0]).num_row_groups > 1


def test_a_file_in_one_group_is_there_in_full(engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_files, "_ROWS", 100_000)
    monkeypatch.setattr(plain, "_PART", 1 << 20)
    assert len(same(engine, a_load(tmp_path / "in.csv", "\n".join(lines_of())), monkeypatch).files) == 1


ODD = {
    0: [
        "1.5", "007", "-0", "0x1F", "1e2", "+3", "1_0", "9223372036854775808", '""', '"12"', "--1", "-", "x", "0", "-7", "00", " 1",
        "1 ", "",
    ],
    1: [
        "1", "1.5", "1.505", "1.500", ".50", "5.", "+1.50", "01.50", "-0.50", "-.50", "1e2", "1.e2", "1e1.50", "-00.50", "x1.50",
        "12345678901234.50", "0.00", "-0.00", "nan", '""', "1.5 ",
    ],
    2: [
        "1", "1e5", "1.e5", "5.", ".5", "nan", "inf", "-inf", "007.5", "00", "9007199254740993", "+1", "1_0", "0x10", "1e400", "-0",
        "0.1e-3", " 1.5",
    ],
    3: [
        "2013-1-02", "2013/01/02", "2013-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "-201-01-02", "20130102", "2013-01-02T00:00",
        "2013-01-02 ",
    ],
    4: [
        "2013-01-02", "2013-01-02T05:06:07.5", "2013-01-02T05:06:07.1234567", "2013-01-02T05:06:07Z", "2013-01-02T05:06:07+01:00",
        "2013-01-02T05:06+01:00", "0000-01-01T00:00:00", "2013-01-02 05", "2013-01-02 05:06", "2013-01-02 24:00:00",
        "2013-01-02  05:06",
    ],
    5: [
        "NA", "null", '""', "ü", '"a,b"', "'", " ",
    ],
    7: [
        "x", " ", '""',
    ],
}  # fmt: skip
STRICTER = {"-201-01-02"}  # before the first year: the thorough reader takes it for no date either


@pytest.mark.parametrize("place", ODD)
def test_what_is_oddly_written_fits_for_both_or_not_here(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """A value less may fit here, which the judge then looks at; none may fit that the engine sets aside, or come out otherwise."""
    path, lines = tmp_path / "in.csv", lines_of()
    load = a_load(path, "\n".join(lines))
    for number, value in enumerate(ODD[place], 301):
        values = ["1", "1.25", "1.5", "2013-01-02", "2013-01-02T05:06:07", "w", "e", ""]
        lines[number] = ",".join([*values[:place], value, *values[place + 1 :]])
    path.write_text("\n".join(lines), encoding="utf-8")
    found, wanted = load_plain(load, 2, 1024), by_engine(engine, load, monkeypatch)
    assert found is not None and found.rows + found.misfits == ROWS
    aside, theirs = ({row["record"] for row in loaded.rejects.to_pylist()} for loaded in (found, wanted))
    assert theirs <= aside
    assert {ODD[place][record - 301] for record in aside - theirs} <= STRICTER
    kept = [number for number in range(1, ROWS + 1) if number not in theirs]
    rows = rows_of(wanted).filter(pa.array([number not in aside for number in kept]))
    assert rows.equals(rows_of(found))


USUAL = ["0", "7", "-7", "10", "99", "100", "-100", "999999999", "-99999999", "", "123456"]
UNUSUAL = [
    "007", "-0", "00", "-07", " 5", "5 ", '""', "x", "1.0", "0x1F", "0x0", "0X10", "0x3B9AC9FF", "0xC4653601", "0xFFFFFFFF", "0x80000000",
    "0xE8D4A51000", "1000000000", "-100000000", "-999999999", "123456789012", "9223372036854775808",
]  # fmt: skip


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32()], ids=str)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_whole_numbers_are_read_as_such_only_where_each_is_written_as_usual(tmp_path: Path, kind: pa.DataType, end: str) -> None:
    path, notes = tmp_path / "in.csv", ["a", "", '""', '"a ""b"" c"', '""""', '","', "ü", '"""x"']

    def read(numbers: list[str]) -> pa.Array:
        lines = [f"{number},{notes[at % len(notes)]}" for at, number in enumerate(numbers)]
        path.write_text(end.join([*lines[:5], "", *lines[5:]]), encoding="utf-8", newline="")
        form = plain_pieces.Form(path, b",", b'"', 0, 2, (0, 1), 1000, {0: kind})
        (piece,) = plain_pieces.pieces(form, 0, path.stat().st_size)
        return piece.column(0)

    usual = [*USUAL, *USUAL]
    assert read(usual).equals(pa.array([int(text) if text else None for text in usual], kind))
    quoted = [f'"{text}"' if text else "" for text in usual]
    assert read(quoted).equals(read(usual))
    for text in UNUSUAL:
        for place in (0, 10, len(usual)):
            assert pa.types.is_string(read([*usual[:place], text, *usual[place:]]).type), text
        assert pa.types.is_string(read([text, *["100000000"] * 50]).type), text


def test_columns_of_other_whole_numbers_are_texts_at_once_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_pieces, "PIECE", 1000)
    path = tmp_path / "in.csv"
    path.write_text("".join(f"{number},{number + 10**12},{number % 7:03}\n" for number in range(1000)))
    form = plain_pieces.Form(path, b",", b'"', 0, 3, (0, 1, 2), 100, dict.fromkeys(range(3), pa.int64()))
    read = [[str(piece.column(place).type) for place in range(3)] for piece in plain_pieces.pieces(form, 0, path.stat().st_size)]
    assert len(read) > 10 and read == [["string"] * 3] * len(read)
    form = replace(form, whole={0: pa.int64(), 1: pa.int64()})
    read = [[str(piece.column(place).type) for place in range(3)] for piece in plain_pieces.pieces(form, 0, path.stat().st_size)]
    assert read == [["string"] * 3] + [["int64", "string", "string"]] * (len(read) - 1)


def test_decimals_are_exact_however_long_they_are() -> None:
    random = np.random.default_rng(3)
    for precision, scale in ((18, 2), (38, 22), (9, 8), (30, 15)):
        whole = min(precision - scale, 14)
        texts: list[str | None] = [None, "0." + "0" * scale, "-0." + "0" * (scale - 1) + "1"]
        for length in random.integers(1, whole + 1, 3000):
            digits = str(random.integers(1, 10)) + "".join(map(str, random.integers(0, 10, length - 1 + scale)))
            texts.append(f"{'-' * int(random.integers(2))}{digits[:length]}.{digits[length:]}")
        for chosen in (texts, [text for text in texts if text is None or len(text) <= max(15, scale + 3)]):
            values, bad = values_of(pa.array(chosen, pa.string())[1:], kind := pa.decimal128(precision, scale))
            assert bad is None and values.equals(pa.array([Decimal(text) if text else None for text in chosen[1:]], kind))
            values, _ = values_of(pa.array(chosen, pa.string()), kind)
            assert values[:2].to_pylist() == [None, 0]


@pytest.mark.parametrize("usual", ["0.04", "12.30", "99999999999.99"])
def test_decimals_of_one_length_are_the_same_and_odd_ones_among_them_are_found(monkeypatch: pytest.MonkeyPatch, usual: str) -> None:
    kind, size, texts = pa.decimal128(18, 2), len(usual), [usual] * 50
    odd = ["-" + usual[1:], "0" + usual[1:], "+" + usual[1:], " " + usual[1:], usual[:-1] + "x", usual[:-1] + "/", usual[:-1] + ":"]
    odd += [usual.replace(".", ","), "." + usual.replace(".", "", 1), "1" * size, usual[:-2] + ".0", "1e" + "2" * (size - 2)]
    for one in [None, "", usual, "9" * (size - 3) + ".99", *odd]:
        for begin in (0, 3):
            mixed = pa.array([*texts, one, *texts], pa.string())[begin:]
            found, bad = values_of(mixed, kind)
            with monkeypatch.context() as slow:
                slow.setattr(plain_values, "_of_one_length", lambda *_: None)
                wanted, theirs = values_of(mixed, kind)
            assert found.equals(wanted), one
            assert (bad is None) == (theirs is None), one
            assert bad is None or theirs is None or bad.tolist() == theirs.tolist()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_records_that_do_not_fit_are_told_wherever_they_stand(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    path, lines = tmp_path / "in.csv", lines_of()
    load = a_load(path, "\n".join(lines))
    odd = {1: 0, 2: 3, 777: 1, 1500: 4, 1999: 2, ROWS: 0}
    for record, place in odd.items():
        values = lines[record].split(",")
        lines[record] = ",".join([*values[:place], "odd", *values[place + 1 :]])
    path.write_text(end.join([*lines[:700], "", "", *lines[700:], "", ""]), encoding="utf-8", newline="")
    found = same(engine, load, monkeypatch)
    assert found.misfits == len(odd)
    told = [(row["record"], row["place"], row["line"], row["text"]) for row in found.rejects.to_pylist()]
    assert told == [(record, place, record + 1 + 2 * (record >= 700), lines[record]) for record, place in odd.items()]


@pytest.mark.parametrize(
    "line",
    [
        '1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,"a\nb",',
        '1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,"a\n\nb",',
        '1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,"a"b,',
        '1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,a"b,',
        '1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,a"b",',
        '1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,"open,',
        "1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,a\rb,",
        "1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,few",
        "1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,many,,",
        "1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,\udcff,",
        f"1,1.25,1.5,2013-01-02,2013-01-02T05:06:07,w,{'l' * 3000},",
    ],
)
def test_what_is_not_plain_is_left_to_the_engine(tmp_path: Path, line: str) -> None:
    path, lines = tmp_path / "in.csv", lines_of()
    load = a_load(path, "\n".join(lines), longest=2000)
    lines[1800] = line
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    assert load_plain(load, 2, 1024) is None and not Path(load.folder).exists()


def test_a_load_without_the_engine_can_be_stopped_and_more_misfits_than_a_few_are_the_engines(tmp_path: Path) -> None:
    load = a_load(tmp_path / "in.csv", "\n".join(lines_of()))
    assert load_plain(load, 2, 1024, stopped=lambda: True) is None and not Path(load.folder).exists()
    lines = lines_of()
    lines[10:1200] = [line.replace(",", "x,", 1) for line in lines[10:1200]]
    (tmp_path / "in.csv").write_text("\n".join(lines), encoding="utf-8")
    assert load_plain(load, 2, 1024) is None and not Path(load.folder).exists()


def test_whole_numbers_have_a_dictionary_where_they_are_few(tmp_path: Path) -> None:
    days = pa.array(range(5000), pa.int32()).cast(pa.date32())
    table = pa.table({"key": [n // 4 for n in range(20_000)], "few": [n % 50 for n in range(20_000)], "day": pa.concat_arrays([days] * 4)})
    with plain_files.Files(tmp_path / "rows", 128) as files:
        files.write(table)
    group = pq.read_metadata(files.paths[0]).row_group(0)
    assert [group.column(place).has_dictionary_page for place in range(3)] == [False, True, False]
    assert pq.read_table(files.paths[0]).equals(table)
