"""The line of a record, checked against Python's own csv reader."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.quick import examples
from workbench.engines.readers import lines
from workbench.engines.readers.lines import lines_of_bytes, places_of_records, record_at

cells = st.text(alphabet='ab,"\n é', max_size=4)


@pytest.mark.parametrize("chunk", [7, 32 << 20])
@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=20), end=st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=examples(60), deadline=None)
def test_records_begin_where_pythons_reader_begins_them(
    tmp_path_factory: pytest.TempPathFactory, chunk: int, rows: list[tuple[str, str]], end: str
) -> None:
    path = tmp_path_factory.mktemp("lines") / "x.csv"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=end, quoting=csv.QUOTE_ALL)
    expected, text = [], "h,k" + end
    for row in rows:
        expected.append(text.count("\n") + 1)
        out.seek(0)
        out.truncate()
        writer.writerow(row)
        text += out.getvalue()
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_CHUNK", chunk)
        assert [place.line for place in places_of_records(path, range(1, len(rows) + 1), skip=1, quote='"')] == expected


def test_blank_lines_and_broken_records_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b'h,k\r\n1,a\r\n\r\n2\r\n3,"b\r\nc"\r\n4,"d" x\r\n5,e')
    first, second = path.read_bytes().index(b"2\r\n"), path.read_bytes().index(b"4,")
    broken = [(first, 1), (second, len(b'4,"d" x'))]
    assert [place.line for place in places_of_records(path, [1, 2, 3], skip=1, quote='"', broken=broken)] == [2, 5, 8]
    assert lines_of_bytes(path, [second, first, 0]) == [7, 4, 1]


def test_a_blank_line_is_a_record_where_there_is_one_column(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"h\n1\n\n3\n")
    assert [place.line for place in places_of_records(path, [1, 2, 3], skip=1, quote='"', blank_counts=True)] == [2, 3, 4]


@pytest.mark.parametrize("chunk", [7, 32 << 20])
@given(
    rows=st.lists(st.sampled_from(["a", "bb,é", "", "c\r", '"d"']), min_size=1, max_size=20),
    skip=st.integers(0, 2),
    end=st.sampled_from(["", "\n"]),
)
@settings(max_examples=examples(100), deadline=None)
def test_where_each_line_is_a_record_the_short_way_finds_the_same(
    tmp_path_factory: pytest.TempPathFactory, chunk: int, rows: list[str], skip: int, end: str
) -> None:
    path = tmp_path_factory.mktemp("lines") / "x.csv"
    path.write_text("\n".join(["h"] * skip + rows) + end, encoding="utf-8", newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_CHUNK", chunk)
        records = range(1, len(csv_records(rows)) + 1)
        quick = places_of_records(path, records, skip=skip, quote='"')
        patch.setattr(lines, "_plain_places", lambda *_: None)
        assert places_of_records(path, records, skip=skip, quote='"') == quick
    assert [record_at(path, place) for place in quick] == csv_records(rows)


def csv_records(rows: list[str]) -> list[str]:
    """The lines that are records, without what ends them."""
    return [row.rstrip("\r") for row in rows if row]
