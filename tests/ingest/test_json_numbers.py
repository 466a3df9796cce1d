"""Numbers of JSON that no double holds: they are kept as they are written, or set aside, and never something else."""

from __future__ import annotations

from collections.abc import Callable
from math import isinf

import pyarrow as pa
import pytest

from workbench.core.errors import UnreadableFile
from workbench.engines.readers import ColumnReading, Reading, Source
from workbench.engines.readers.text import _CHUNK

pytestmark = pytest.mark.sampled(every=2, of="file")

Read = Callable[..., Source]

FAR = ["1e400", "-1e400", "1E+400", "1e999999999", "1.7976931348623159e308", "0.1e310", "9" * 290 + "e25", "1" * 400 + ".5"]
HUGE = ["1" * 400, "-" + "1" * 5_000]


@pytest.mark.parametrize("number", [*FAR, *HUGE], ids=lambda number: number[:24])
@pytest.mark.parametrize("form", ["array", "lines", "salvaged", "beginning"])
def test_a_number_beyond_a_double_keeps_its_column_as_it_is_written(read: Read, form: str, number: str) -> None:
    rows = ['{"a": 1.5, "b": 6.02e123}', f'{{"a": {number}, "b": 2.5}}', *['{"a": 2, "b": 1.5}'] * 8]
    if form == "array":
        source = read(f"[{', '.join(rows)}]", "x.json")
    elif form == "beginning":
        size = len(rows[0]) + len(rows[1]) + 10
        source = read(f"[{', '.join(rows)}]", "x.json", look_bytes=size)
    else:
        source = read("\n".join([*rows, "broken"] if form == "salvaged" else rows), "x.ndjson")
    found = source.reader().read_all()
    assert found.column("a").to_pylist()[:2] == ["1.5", number] and found.column("a").type == pa.string()
    assert found.column("b").type == pa.float64() and found.column("b")[0].as_py() == 6.02e123
    assert any(warning.startswith("a is text: it has ") for warning in source.warnings)
    assert source.rejects().column("reason").to_pylist() == (["not valid JSON"] if form == "salvaged" else [])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('[{"a": {"x": 1e400}}, {"a": {"x": 1.5}}]', [{"x": "1e400"}, {"x": "1.5"}]),
        ('[{"a": [1e400, 2.5]}, {"a": []}]', [["1e400", "2.5"], []]),
        ('[{"a": [1e400, 2.5]}, {"a": "1e400"}]', ["[1e400,2.5]", "1e400"]),
        ('[{"a": 1.5, "b": "1e400"}, {"a": -0.0, "b": "1e999"}]', [1.5, -0.0]),
        ('[{"a": -0}, {"a": 1}]', [0, 1]),
        ('[{"a": 1e308}, {"a": 5e-324}, {"a": 1e-300}]', [1e308, 5e-324, 1e-300]),
        ('[{"a": Infinity}, {"a": 1e300}]', [float("inf"), 1e300]),
    ],
)
def test_numbers_inside_others_and_those_that_fit(read: Read, content: str, expected: list[object]) -> None:
    assert read(content, "x.json").reader().read_all().column("a").to_pylist() == expected


def test_one_that_shall_be_a_double_all_the_same_is_set_aside(read: Read) -> None:
    said = Reading(columns=(ColumnReading(place=0, original="a", type="double"),))
    source = read('{"a": 1.5}\n{"a": 1e400}\n{"a": -1e999999999}\n', "x.ndjson", reading=said)
    assert source.reader().read_all().column("a").to_pylist() == [1.5]
    assert source.rejects().column("value").to_pylist() == ["1e400", "-1e999999999"]


def test_one_is_found_where_two_pieces_of_a_file_meet(read: Read) -> None:
    beginning = '{"a": 1.5, "b": "%s"}\n'
    for before in range(6):
        filler = "x" * (_CHUNK - len(beginning % "") - len('{"a": ') - before)
        found = read(beginning % filler + '{"a": 1e999}\n', "x.ndjson").reader().read_all()
        assert found.column("a").to_pylist() == ["1.5", "1e999"]


@pytest.mark.parametrize("key", ["", "A"])
def test_one_beside_keys_that_the_engine_names_itself_is_refused(read: Read, key: str) -> None:
    with pytest.raises(UnreadableFile, match="numbers that no double holds, beside keys"):
        read(f'[{{"a": 1.5, "{key}": 2.5}}, {{"a": 1e400}}]', "x.json")
    fine = read(f'[{{"a": 1.5, "{key}": 2.5, "b": "1e400"}}, {{"a": 1e100}}]', "x.json").reader().read_all()
    assert not any(isinf(value) for value in fine.column("a").to_pylist())
