"""How processes of ours start: without looking for what could be freed, and without pandas, which comes when it is asked for."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from workbench.core.starting import importing

PROGRAM = """
import sys
from workbench.core.starting import arrow_without_pandas
arrow_without_pandas()
import pyarrow as pa
table = pa.table({"n": [1, None], "t": ["a", None]})
assert pa.array([1.5, None]).null_count == 1
assert "pandas" not in sys.modules, "Arrow has imported pandas"
frame = table.to_pandas()
import pandas as pd
assert isinstance(frame, pd.DataFrame) and frame["n"].isna().tolist() == [False, True]
assert pa.Table.from_pandas(frame.assign(n=[3, 4]), preserve_index=False)["n"].to_pylist() == [3, 4]
assert pa.array(pd.Series([1.0, float("nan")])).null_count == 1
assert pa.table(frame).num_rows == 2
"""


def test_arrow_starts_without_pandas_and_makes_frames_all_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_nothing_is_looked_for_while_modules_are_imported() -> None:
    assert gc.isenabled()
    with pytest.raises(ImportError), importing():
        assert not gc.isenabled()
        raise ImportError
    assert gc.isenabled()
    gc.disable()
    try:
        with importing():
            pass
        assert not gc.isenabled(), "who had it off has it off"
    finally:
        gc.enable()
