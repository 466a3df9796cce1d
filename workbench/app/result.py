"""The answer to a statement."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import html

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.app.protocol import QueryVerbs
    from workbench.catalog.records import MaskedColumn, TableData
    from workbench.query.records import Explanation

__all__ = ["Result"]

_PREVIEW = 50


class Result:
    """A statement and, once asked for, its rows.

    Nothing runs until rows are needed; then they are kept, so ``.pandas()`` after ``.polars()`` runs nothing again. What a statement
    that writes did is in ``said``; its one row has the counts.
    Shown in a notebook it runs with a row limit. Iterating gives each row as a mapping.
    """

    def __init__(self, query: QueryVerbs, sql: str, params: dict[str, Any] | tuple[Any, ...] | None = None, confirm: bool = False) -> None:
        self._query = query
        self.sql = sql
        self.params = params
        self._confirm = confirm
        self._table: pa.Table | None = None
        self._preview: TableData | None = None

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        if self._table is None:
            self._table = self._query.arrow(self.sql, self.params, self._confirm)
        return self._table

    def polars(self) -> Any:
        """All rows as a polars frame."""
        from workbench.app.frames import to_polars

        return to_polars(self.arrow())

    def pandas(self) -> Any:
        """All rows as a pandas frame."""
        from workbench.app.frames import to_pandas

        return to_pandas(self.arrow())

    def export(self, path: str | Path, format: str | None = None) -> Path:
        """All rows as a file, which appears when it is complete. Its name says the format (``.csv``, ``.json``, ``.ndjson``,
        ``.parquet``, ``.arrow``, ``.xlsx``) where ``format`` does not.

        Raises
        ------
        InvalidInput, TooLarge
            No such format, the file cannot be written, or the format cannot hold the rows.
        """
        from workbench.query.export.save import save_rows

        return save_rows(self.arrow(), Path(path), format)

    def explain(self) -> Explanation:
        """What the statement would read and return; nothing is run."""
        return self._query.explain(self.sql, self.params)

    @property
    def run_id(self) -> str | None:
        """The run that answered; asks for the rows when nothing ran yet."""
        if self._table is None and self._preview is not None:
            return self._preview.run_id
        value = (self.arrow().schema.metadata or {}).get(b"run_id")
        return value.decode() if value else None

    @property
    def said(self) -> str | None:
        """What a statement that writes did, in a sentence; None of one that reads, or that has not run yet."""
        if self._table is None:
            return self._preview.said if self._preview is not None else None
        value = (self._table.schema.metadata or {}).get(b"said")
        return value.decode() if value else None

    @property
    def masked(self) -> tuple[MaskedColumn, ...]:
        """The columns that it read through masks, each with its kind and rule; asks for the rows when nothing ran yet."""
        from workbench.query.masked import masked_of

        return self._preview.masked if self._table is None and self._preview is not None else masked_of(self.arrow())

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(self.arrow().column_names)

    def __len__(self) -> int:
        return int(self.arrow().num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for batch in self.arrow().to_batches():
            yield from batch.to_pylist()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.arrow().__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        line = " ".join(self.sql.split())
        line = line if len(line) <= 80 else f"{line[:79]}…"
        if self.said is not None:
            return f"<Result of {line!r}: {self.said}>"
        if self._table is None:
            return f"<Result of {line!r}, not run yet: .arrow() .polars() .pandas() .explain()>"
        return f"<Result of {line!r}: {self._table.num_rows:,} rows x {self._table.num_columns} columns>"

    def _repr_html_(self) -> str:
        if self._table is not None:
            from workbench.catalog.encode import type_name

            head = self._table.slice(0, _PREVIEW)
            columns = [(field.name, type_name(field.type)) for field in head.schema]
            rows = [[column[i].as_py() for column in head.columns] for i in range(head.num_rows)]
            return html.table(columns, rows, self.said or _count(self._table.num_rows, len(rows)))
        if self._preview is None:
            self._preview = self._query.run(self.sql, self.params, limit=_PREVIEW, confirm=self._confirm)
        shown = self._preview
        if shown.said is not None:
            return html.table(shown.columns, shown.rows, shown.said)
        total = shown.total if shown.total is not None else len(shown.rows)
        more = f"first {len(shown.rows):,} rows; .arrow() .polars() .pandas() give all" if shown.cut_at else _count(total, len(shown.rows))
        return html.table(shown.columns, shown.rows, more)


def _count(total: int, shown: int) -> str:
    rows = f"{total:,} row{'' if total == 1 else 's'}"
    return rows if shown == total else f"{rows}, first {shown:,} shown"
