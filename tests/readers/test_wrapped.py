"""JSON that is wrapped around its rows: they are found where that is sure, and anywhere by a person's word."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from workbench.core.errors import InvalidInput, UnreadableFile
from workbench.engines.readers import Reading, Source, json_scan

Read = Callable[..., Source]

ITEMS: list[dict[str, Any]] = [{"id": n, "note": 'a "]}" \\', "price": 1.1} for n in range(3)]
MANY = [{"id": n, "note": "x" * 20} for n in range(20)]
FEATURES = [{"type": "Feature", "properties": {"name": "a"}, "geometry": {"type": "Point", "coordinates": [1, 2.5]}}] * 2
FOUND: dict[str, tuple[Any, str]] = {
    "alone": ({"results": ITEMS}, "results"),
    "deeper, with what programs say beside it": ({"status": "ok", "data": {"items": ITEMS, "total": 3}, "meta": {"page": 1}}, "data.items"),
    "far longer than all else": ({"customer": "Ann", "orders": MANY}, "orders"),
    "GeoJSON": ({"type": "FeatureCollection", "name": "q", "features": FEATURES}, "features"),
    "an order and what is in it": ({"id": 1, "customer": "Ann", "items": ITEMS}, "."),
    "two lists": ({"a": ITEMS, "b": ITEMS}, "."),
    "one in it": ({"results": ITEMS[:1]}, "."),
    "no objects in it": ({"results": [1, 2, 3]}, "."),
    "a list of objects": (ITEMS, "."),
}


@pytest.mark.parametrize(("content", "path"), FOUND.values(), ids=FOUND)
def test_rows_are_found_only_where_it_is_sure(read: Read, content: Any, path: str) -> None:
    source = read(json.dumps(content, indent=1), "x.json")
    assert source.reading.rows == path
    table = source.reader().read_all()
    meant = content
    for key in path.split(".") if path != "." else ():
        meant = meant[key]
    assert table.to_pylist() == (meant if isinstance(meant, list) else [meant])
    assert any(f"objects in {path}." in warning for warning in source.warnings) == (path != ".")
    again = read(json.dumps(content, indent=1), "x.json", reading=source.reading)
    assert again.reader().read_all().equals(table) and not any("objects in" in warning for warning in again.warnings)


def test_a_key_with_a_dot_is_no_path(read: Read) -> None:
    source = read(json.dumps({"a.b": ITEMS}), "x.json")
    assert (source.rows, source.reading.rows) == (1, ".")


def test_what_stands_beside_the_rows_is_told(read: Read) -> None:
    source = read(json.dumps({"meta": {"page": 1}, "data": {"items": ITEMS, "total": 3}}), "x.json")
    (told,) = source.warnings
    assert told == (
        "The rows are the 3 objects in data.items. What stands beside them (meta, data.total) is not taken. "
        "To have the file as one row, say `rows='.'`."
    )


def test_a_person_says_where_the_rows_are(read: Read) -> None:
    content = json.dumps({"id": 1, "customer": "Ann", "items": ITEMS, "b": {"c": MANY[:2]}})
    assert read(content, "x.json", reading=Reading(rows="items")).reader().read_all().to_pylist() == ITEMS
    assert read(content, "x.json", reading=Reading(rows="b.c")).reader().read_all().to_pylist() == MANY[:2]
    with pytest.raises(InvalidInput, match=r"no list of objects at 'item'\..*Did you mean 'items'"):
        read(content, "x.json", reading=Reading(rows="item"))
    with pytest.raises(InvalidInput, match="Leave rows out"):
        read(json.dumps(ITEMS), "x.json", reading=Reading(rows="items"))
    whole = read(json.dumps({"results": ITEMS}), "x.json", reading=Reading(rows=".")).reader().read_all()
    assert whole.to_pylist() == [{"results": ITEMS}]


@pytest.mark.parametrize(
    ("name", "content", "can_say"),
    [
        ("x.json", {"id": 1, "customer": "Ann", "items": ITEMS}, True),
        ("x.json", [{"id": 1, "customer": "Ann", "items": ITEMS}], False),
        ("x.ndjson", {"id": 1, "customer": "Ann", "items": ITEMS}, False),
    ],
    ids=["the file", "one of a list", "a line"],
)
def test_to_say_where_the_rows_are_is_told_only_where_it_can_be_said(read: Read, name: str, content: Any, can_say: bool) -> None:
    source = read(json.dumps(content), name)
    (told,) = source.warnings
    assert "3 objects are inside it, in items." in told and told.endswith("take it apart in SQL with unnest(items).")
    assert ("say `rows='items'`" in told) == can_say and source.rows == 1
    if can_say:
        assert read(json.dumps(content), name, reading=Reading(rows="items")).rows == 3


def test_numbers_within_keep_every_digit_and_a_mark_is_no_part_of_it(read: Read) -> None:
    source = read('\ufeff{"results": [{"n": 12345678901234567, "x": 1}, {"n": 1.5, "x": 2}]}', "x.json")
    assert source.reader().read_all().column("n").to_pylist() == ["12345678901234567", "1.5"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('{"count": 2,\n "results": [\n {"a": 1},\n {"a": }\n]}', "line 4"),
        ('{"count": 2,\n "results": [\n {"a": 1},\n {"a": 2}\n], "x": }', "line 5"),
        ('{"results": [{"a": 1}, {"a": 2}', "not valid JSON"),
    ],
    ids=["in the rows", "beside them", "cut off"],
)
def test_what_is_no_json_is_refused_with_its_line_in_the_file(read: Read, content: str, line: str) -> None:
    with pytest.raises(UnreadableFile, match=line):
        read(content, "x.json").reader().read_all()


def test_the_beginning_of_a_long_file_is_enough_to_find_them(read: Read) -> None:
    content = json.dumps({"meta": {"page": 1}, "data": [{"id": n, "t": "ä" * 20} for n in range(5000)]}, ensure_ascii=False)
    source = read(content, "x.json", look_bytes=20_000)
    assert (source.complete, source.reading.rows, source.schema.names) == (False, "data", ["id", "t"])
    assert 100 < source.reader().read_all().num_rows < 1000
    assert read(content, "x.json").reader().read_all().num_rows == 5000


@pytest.mark.parametrize(
    ("content", "number"), [('[{"a" 1}, {"a": 2}]', 1), ('[{"a": 1}, {"a": 2}, {"a" 3}]', 3), ('[{"a": 1}, {"a": 2, "a": 3}]', 2)]
)
def test_an_object_that_is_wrong_is_told_by_its_number(read: Read, monkeypatch: pytest.MonkeyPatch, content: str, number: int) -> None:
    monkeypatch.setattr(json_scan, "_PLACED_BYTES", 0)  # as in a file of over 64 MB, where its line is not looked for
    with pytest.raises(UnreadableFile, match=f"object {number}: "):
        read(content, "x.json")
