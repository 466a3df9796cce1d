"""Records that do not parse: set aside with where they stand and why, while the others are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

__all__ = ["NO_KEY", "REJECTED", "Rejects", "is_cut"]

#: Why a record is set aside that has nothing in a column by which rows are known.
NO_KEY = "has no value, and is a key"

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
_WHOLE = 1 << 20  # of a value that is to join the table once another of its record is corrected
_CUT = " \u2026 (cut)"
_MOST = 64 << 20  # characters that wait to be put together


class Rejects:
    """Collects them while a file is read. Whoever reads the file again begins with :meth:`clear`."""

    def __init__(self) -> None:
        self._parts: list[pa.Table] = []
        self._rows: list[dict[str, Any]] = []
        self._added = self._waiting = 0

    def clear(self) -> None:
        """Forget what was collected."""
        self._parts, self._rows, self._added, self._waiting = [], [], 0, 0

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
        """One record. Texts longer than 64 kB are cut; in its ``row`` those of more than 1 MB, which say so (:func:`is_cut`)."""
        shown = {name: _whole(each) for name, each in (row or {}).items()}
        made = {"line": line, "record": record, "column": column, "value": _cut(value), "reason": reason}
        self._rows.append({**made, "row": json.dumps(shown, ensure_ascii=False), "text": _cut(text)})
        self._waiting += len(self._rows[-1]["row"])
        if len(self._rows) == 1024 or self._waiting > _MOST:
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
        rows, self._rows, self._waiting = self._rows, [], 0
        if rows:
            self._parts.append(pa.Table.from_pylist(rows, REJECTED))
            self._added += len(rows)


def is_cut(text: str) -> bool:
    """Whether a value of a ``row`` is no more than the beginning of what the file has."""
    return len(text) > _WHOLE // 4 and text.endswith(_CUT)


def _cut(text: str | None, longest: int = _LONGEST) -> str | None:
    """At most so many bytes of UTF-8."""
    if text is None or len(text) <= longest // 4:
        return text
    return text.encode("utf-8", "replace")[:longest].decode("utf-8", "ignore")


def _whole(text: str | None) -> str | None:
    kept = _cut(text, _WHOLE)
    return kept if kept is None or text is None or len(kept) == len(text) else kept + _CUT
