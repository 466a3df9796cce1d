"""What databases, shops and programs of other countries export."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from workbench.core.errors import UnreadableFile
from workbench.engines.readers import Reading, Source

Read = Callable[..., Source]


def test_a_database_s_null_is_missing_beside_numbers_and_a_word_in_text(read: Read) -> None:
    rows = ((str(n), "\\N" if n % 4 == 0 else "x", "\\N" if n % 5 == 0 else str(n)) for n in range(20))
    source = read("id\tname\tamt\n" + "".join("\t".join(row) + "\n" for row in rows), "m.tsv")
    table = source.reader().read_all()
    assert table.column("amt").to_pylist() == [None if n % 5 == 0 else n for n in range(20)]
    assert table.column("name").to_pylist()[:2] == ["\\N", "x"]


@pytest.mark.parametrize(
    ("written", "hour"), [("2024-02-01 10:11:12 -0500", 15), ("2024-02-01 10:11:12 UTC", 10), ("2024-02-01T10:11:12 +01:00", 9)]
)
def test_a_zone_may_stand_behind_a_blank(read: Read, written: str, hour: int) -> None:
    table = read(f"id,at\n1,{written}\n2,{written}\n").reader().read_all()
    assert table.column("at").to_pylist() == [datetime(2024, 2, 1, hour, 11, 12, tzinfo=UTC)] * 2
    table = read(f"id,at\n1,{written}\n2,soon\n").reader().read_all()
    assert table.column("at").to_pylist() == [written, "soon"]


def test_another_script_is_told_with_the_way_to_say_its_encoding(read: Read) -> None:
    text = "\u0418\u043c\u044f;n\n" + "".join(f"\u0418\u0432\u0430\u043d {n};{n}\n" for n in range(20))
    (told,) = [each for each in read(text.encode("cp1251")).warnings if "not UTF-8" in each]
    assert "`encoding='cp1251'` (Cyrillic)" in told
    assert read(text.encode("cp1251"), reading=Reading(encoding="cp1251")).schema.names == ["\u0438\u043c\u044f", "n"]
    (told,) = [each for each in read("Straße;n\nMüller;1\nGröße;2\n".encode("cp1252")).warnings if "not UTF-8" in each]
    assert "cp1251" not in told


@pytest.mark.parametrize(("name", "words"), [("x.xml", "make JSON or CSV of it"), ("x.tar", "pack them as .zip"), ("x.avro", "as Parquet")])
def test_what_is_no_table_is_told_with_what_to_make_of_it(read: Read, name: str, words: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read("<rows><row/></rows>\n", name)
    assert words in str(refused.value.fix)
