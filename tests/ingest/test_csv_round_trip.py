"""What Python's csv module or pandas writes comes back as it was."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.quick import examples
from workbench.engines.readers import Request, Source, open_source
from workbench.engines.readers.kinds import MISSING

# A lone carriage return is written without quotes by Python 3.11, so a file with one means a line break.
CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t")
TEXT = st.one_of(
    st.text(CHARACTERS, max_size=12), st.sampled_from([*MISSING, "007", "1", "1.5", "true", "'a'", '"', '""', "\\", '\\"', " x "])
)
NAMES = ("first", "second", "third", "fourth")


def opened(content: str, target: dict[str, pa.DataType], folder: str) -> Source:
    path = Path(folder) / "x.csv"
    path.write_bytes(content.encode())
    return open_source(Request(path, "x.csv", Path(folder), target))


def rows_of(source: Source) -> list[list[object]]:
    return [list(row.values()) for batch in source.batches() for row in batch.to_pylist()]


def written(rows: list[list[object]], delimiter: str, ending: str, quoting: int) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=ending, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(NAMES[: len(rows[0])])
    writer.writerows(rows)
    return stream.getvalue()


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[object]], str]:
    width = draw(st.integers(1, 4))
    rows: list[list[object]] = draw(st.lists(st.lists(st.one_of(st.none(), TEXT), min_size=width, max_size=width), min_size=1, max_size=8))
    # In a file of one column nothing tells which separator the writer had in mind.
    delimiter = draw(st.sampled_from(",;\t|")) if width > 1 else ","
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    return rows, written(rows, delimiter, draw(st.sampled_from(["\n", "\r\n"])), quoting)


@settings(max_examples=examples(300), deadline=None)
@given(tables())
def test_text_comes_back_as_it_was(table: tuple[list[list[object]], str]) -> None:
    rows, content = table
    with tempfile.TemporaryDirectory() as folder:
        found = rows_of(opened(content, dict.fromkeys(NAMES, pa.string()), folder))
    # Whether nothing was missing or empty is a matter of quotes, which csv.writer does not use to tell them apart.
    assert [[value or None for value in row] for row in found] == [[value or None for value in row] for row in rows]


COLUMNS = {
    "integers": (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "floats": (
        st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: abs(x) < 2**53 and (x != 0 or str(x) == "0.0")),
        pa.float64(),
    ),
    "truths": (st.booleans(), pa.bool_()),
    "days": (st.dates(), pa.date32()),
    "times": (st.datetimes(), pa.timestamp("us")),
}


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_typed_columns_come_back_with_their_types(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 6))
    names = data.draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=4, unique=True))
    columns = [data.draw(st.lists(st.one_of(st.none(), COLUMNS[n][0]), min_size=length, max_size=length)) for n in names]
    token = data.draw(st.sampled_from(MISSING))
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(names)
    writer.writerows([[token if value is None else value for value in row] for row in zip(*columns, strict=True)])
    with tempfile.TemporaryDirectory() as folder:
        source = opened(stream.getvalue(), {}, folder)
        found = rows_of(source)
    for place, (name, values) in enumerate(zip(names, columns, strict=True)):
        if all(value is None for value in values):
            continue  # nothing to go by: text
        assert source.schema.field(name).type == COLUMNS[name][1], stream.getvalue()
        assert [row[place] for row in found] == values


@settings(max_examples=examples(150), deadline=None)
@given(st.lists(TEXT, min_size=2, max_size=40), st.randoms(use_true_random=False))
def test_a_columns_type_does_not_depend_on_the_order_of_its_rows(values: list[str], random: object) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        shuffled = list(values)
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        first = opened(written([["x", value] for value in values], ",", "\n", csv.QUOTE_ALL), {}, one)
        second = opened(written([["x", value] for value in shuffled], ",", "\n", csv.QUOTE_ALL), {}, two)
        assert first.schema == second.schema
