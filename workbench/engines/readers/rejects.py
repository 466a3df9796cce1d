"""Records that do not parse: set aside with where they stand and why, while the others are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

__all__ = ["REJECTED", "Rejects"]

#: ``line`` and ``record`` count from 1, null where not known. ``column`` is the first that does not fit, ``value`` its text; both null
#: where the record could not be divided. ``row`` is a JSON object of the dataset's columns to text or null, ``text`` the record as it
#: stands in the file.
REJECTED = pa.schema(
    [
        ("line", pa.int64()),
        ("record", pa.int64()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
        ("row", pa.string()),
        ("text", pa.string()),
    ]
)
_LONGEST = 64 << 10


class Rejects:
    """Collects them while a file is read. Whoever reads the file again begins with :meth:`clear`."""

    def __init__(self) -> None:
        self._parts: list[pa.Table] = []
        self._rows: list[dict[str, Any]] = []
        self._added = 0

    def clear(self) -> None:
        """Forget what was collected."""
        self._parts, self._rows, self._added = [], [], 0

    def add(
        self,
        reason: str,
        *,
        line: int | None = None,
        record: int | None = None,
        column: str | None = None,
        value: str | None = None,
        row: Mapping[str, str | None] | None = None,
        text: str | None = None,
    ) -> None:
        """One record; texts longer than 64 kB are cut."""
        shown = {name: _cut(each) for name, each in (row or {}).items()}
        made = {"line": line, "record": record, "column": column, "value": _cut(value), "reason": reason}
        self._rows.append({**made, "row": json.dumps(shown, ensure_ascii=False), "text": _cut(text)})
        if len(self._rows) == 1024:
            self._flush()

    def extend(self, table: pa.Table) -> None:
        """Many at once, as ``REJECTED``."""
        self._flush()
        self._parts.append(table)
        self._added += table.num_rows

    @property
    def count(self) -> int:
        return self._added + len(self._rows)

    def table(self) -> pa.Table:
        """All of them, as ``REJECTED``, in the order they were found."""
        self._flush()
        return pa.concat_tables(self._parts) if self._parts else REJECTED.empty_table()

    def _flush(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            self._parts.append(pa.Table.from_pylist(rows, REJECTED))
            self._added += len(rows)


def _cut(text: str | None) -> str | None:
    """At most 64 kB of UTF-8."""
    if text is None or len(text) <= _LONGEST // 4:
        return text
    return text.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")
