"""Records of an upsert that have no value in a key: set aside, where others have one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import InvalidInput
from workbench.engines.readers import Reading
from workbench.engines.readers.rejects import NO_KEY
from workbench.ingest.records import LoadOptions, Misfit

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_some", "count_keyless", "keys_wanted", "lacking", "may_lack"]


def keys_wanted(options: LoadOptions, reading: Reading) -> tuple[str, ...]:
    """The columns that a record is set aside for where it has nothing in them; of who wants no record set aside none."""
    return options.keys if options.mode == "upsert" and reading.misfits == "quarantine" else ()


def may_lack(files: Sequence[Path], keys: Sequence[str]) -> bool:
    """Whether rows that the engine has written may have no value in one of these columns, by the files' own account."""
    import pyarrow.parquet as pq

    for facts in map(pq.read_metadata, files):
        for group in range(facts.num_row_groups):
            columns = (facts.row_group(group).column(place) for place in range(facts.num_columns))
            told = [column.statistics for column in columns if column.path_in_schema in keys]
            if len(told) < len(keys) or any(each is None or not each.has_null_count or each.null_count for each in told):
                return True
    return False


def check_some(shown: str, keys: Sequence[str], rows: int, rejected: pa.Table) -> None:
    """Make sure that it is not for want of a key that nothing of a file is taken: another column was meant.

    Raises
    ------
    InvalidInput
    """
    if rows or not keys or not rejected.num_rows or count_keyless(rejected) < rejected.num_rows:
        return
    column = str(rejected.column("column")[0].as_py())
    raise InvalidInput(
        f"No record of {shown} has a value in {column}, which is a key; nothing was written.",
        fix="Name other columns with `keys=['...']`, or fill it.",
        column=column,
    )


def count_keyless(rejected: pa.Table) -> int:
    """How many records were set aside for want of a key."""
    return int(pc.sum(pc.equal(rejected.column("reason"), NO_KEY)).as_py() or 0)


def lacking(rows: pa.Table, keys: Sequence[str], misfits: Sequence[Misfit]) -> Mapping[int, Misfit]:
    """Which of corrected rows, by their places, have no value in a key, as records that say so."""
    found: dict[int, Misfit] = {}
    for key in keys:
        for place in pc.indices_nonzero(rows.column(key).is_null()).to_pylist():
            misfit = misfits[place]
            told = {"column": key, "value": misfit.row.get(key), "reason": NO_KEY}
            found.setdefault(place, misfit.model_copy(update=told))
    return found
