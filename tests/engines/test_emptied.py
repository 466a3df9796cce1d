"""Nothing of what memory held goes along with missing values: not of the rows between which they stood, either."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from workbench.app.ipc import stream_of
from workbench.engines.emptied import emptied
from workbench.query.export import write_rows

ROWS, SECRET = 4_000, b"\xab\xcd\xef\x89" * 8
FIXED = {
    pa.int8(): 1, pa.uint32(): 4, pa.int64(): 8, pa.float32(): 4, pa.float64(): 8, pa.date32(): 4, pa.time64("us"): 8,
    pa.timestamp("us", "UTC"): 8, pa.decimal128(38, 2): 16, pa.binary(16): 16, pa.month_day_nano_interval(): 16, pa.uuid(): 16,
}  # fmt: skip


def dirty(kind: pa.DataType, rows: int = ROWS) -> Any:
    """Every third value is there, and is nothing but zeros; under the others lies what nobody may see."""
    width = FIXED[kind]
    values = np.tile(np.frombuffer(SECRET[:width] if width > 1 else b"\xab", "u1"), rows).reshape(rows, width).copy()
    there = np.arange(rows) % 3 == 0
    values[there] = 0
    storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    bits = pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
    made = pa.Array.from_buffers(storage, rows, [bits, pa.py_buffer(values.tobytes())])
    return made if storage is kind else kind.wrap_array(made)


def nested(inner: Any) -> dict[str, Any]:
    half = pa.array(np.arange(0, ROWS + 1, 2), pa.int32())
    every, none = pa.array(np.arange(ROWS // 2)), np.arange(ROWS // 2) % 2 == 0
    hidden = pa.array(np.where(none, int.from_bytes(SECRET[:8], "little"), 0).astype("u8"))
    return {
        "struct": pa.StructArray.from_arrays([inner.slice(0, ROWS // 2)], ["x"]),
        # What stands in the fields of a struct that is missing.
        "missing struct": pa.StructArray.from_arrays([hidden], fields=[pa.field("x", pa.uint64(), nullable=False)], mask=pa.array(none)),
        "list": pa.ListArray.from_arrays(half, inner),
        "map": pa.MapArray.from_arrays(half, pa.array(np.arange(ROWS)), inner),
        "list of structs": pa.ListArray.from_arrays(half, pa.StructArray.from_arrays([inner], ["x"])),
        "dictionary": pa.DictionaryArray.from_arrays(every.cast(pa.int32()), pa.array(np.arange(ROWS // 2))),
    }


def sent(table: pa.Table) -> dict[str, bytes]:
    file = io.BytesIO()
    write_rows(table, "arrow", file)
    return {"stream": b"".join(stream_of(table)), "file": file.getvalue()}


def holds(raw: bytes) -> bool:
    return any(SECRET[begin : begin + 4] in raw for begin in range(4)) or b"\xab" * 4 in raw or b"\0\xab\xab\0" in raw


@pytest.mark.parametrize("kind", FIXED, ids=str)
def test_what_is_sent_and_exported_has_nothing_under_missing_values(kind: pa.DataType) -> None:
    table = pa.table({"x": dirty(kind)})
    plain = pa.BufferOutputStream()
    with pa.ipc.new_stream(plain, table.schema) as writer:
        writer.write_table(table)
    assert holds(plain.getvalue().to_pybytes())  # or this would show nothing
    for shown in (table, table.slice(7, 1001)):
        for way, raw in sent(shown).items():
            assert not holds(raw), way
            read = pa.ipc.open_stream(raw) if way == "stream" else pa.ipc.open_file(raw)
            assert read.read_all().equals(shown), way


@pytest.mark.parametrize("what", nested(dirty(pa.int64())))
def test_nor_below_the_values_of_lists_and_structs(what: str) -> None:
    table = pa.table({"x": nested(dirty(pa.int64()))[what]})
    for shown in (table, table.slice(3, 501)):
        for way, raw in sent(shown).items():
            assert not holds(raw), way
            read = pa.ipc.open_stream(raw) if way == "stream" else pa.ipc.open_file(raw)
            found = read.read_all()
            found.validate(full=True)
            assert found.equals(shown), way


def test_what_has_no_missing_value_is_not_copied() -> None:
    batch = pa.record_batch({"a": [1, 2], "b": [["x"], []], "c": [{"d": 1.5}, {"d": 2.5}], "e": ["x", None]})
    assert emptied(batch) is batch
