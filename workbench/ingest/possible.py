"""Whether what is asked of a load is possible, told before anything is written: a look refuses what the load would, in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.core.errors import InvalidInput
from workbench.ingest.records import LoadOptions
from workbench.lake.partitioning import check_partitioning
from workbench.writes.keyed import check_columns, check_options

if TYPE_CHECKING:
    from workbench.core.errors import WorkbenchError

__all__ = ["check_asked", "check_possible", "no_keys"]


def check_asked(options: LoadOptions, name: str, there: Sequence[str] | None, keys_later: bool = False) -> None:
    """What can be said before the source is read.

    Parameters
    ----------
    name, there
        The dataset, and what the one that is there is partitioned by; None: there is none.
    keys_later
        Keys may still be named: a look proposes them.

    Raises
    ------
    InvalidInput
    """
    if name.startswith("gold.") and there is None:
        raise InvalidInput(
            "A gold dataset is not made from a file.", fix="Take it into bronze; a recipe or a pipeline makes silver and gold of it."
        )
    if there is not None and options.partition_by and _plain(options.partition_by) != _plain(there):
        made = f"is partitioned by {', '.join(there)}" if there else "is not partitioned"
        raise InvalidInput(
            f"{name} is there already and {made}; only a new dataset can be partitioned otherwise.",
            fix="Leave the partitioning out, or choose another name with `name='...'`.",
        )
    if not keys_later or no_keys(options) is None:
        check_options(options.mode, options.keys, options.duplicates)
    if options.mode != "upsert" and options.duplicates != "error":
        raise InvalidInput("What becomes of rows with the same keys is said with the mode 'upsert' only.", fix="Leave it out.")


def _plain(partitioning: Sequence[str]) -> list[str]:
    return ["".join(text.split()) for text in partitioning]


def no_keys(options: LoadOptions) -> WorkbenchError | None:
    """What is wrong where rows are to be replaced and no keys are named."""
    if options.mode == "upsert" and not options.keys:
        try:
            check_options(options.mode, options.keys, "error")
        except InvalidInput as error:
            return error
    return None


def check_possible(options: LoadOptions, name: str, rows: pa.Schema, there: Sequence[str] | None) -> None:
    """What can be said as soon as the source's columns (``rows``) are known; ``there`` are those of the dataset.

    Raises
    ------
    InvalidInput, ColumnNotFound
        It cannot be partitioned so, or a column is no key.
    """
    if there is None:
        check_partitioning(options.partition_by, rows)
    added = rows.names if there is None or options.drift != "keep" else ()
    nested = {field.name for field in rows if pa.types.is_nested(field.type)}
    check_columns(options.keys, name, list(dict.fromkeys((*(there or ()), *added))), rows.names, nested)
