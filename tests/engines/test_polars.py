from __future__ import annotations

import pyarrow as pa

from workbench.engines.polars import from_arrow, is_frame, to_arrow


def test_frames_there_and_back() -> None:
    table = pa.table({"a": [1, None], "b": ["x", "y"]})
    frame = from_arrow(table)
    assert frame.columns == ["a", "b"] and frame.height == 2
    assert is_frame(frame) and is_frame(frame.lazy()) and not is_frame(table)
    assert to_arrow(frame.lazy()).to_pydict() == table.to_pydict()
