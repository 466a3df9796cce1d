"""What has been decided and planned, carried out by the engine: a statement's rows, its columns, and DESCRIBE in the catalog's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.catalog.encode import type_name
from workbench.engines.duckdb import EngineError, Interrupted, Result
from workbench.query.apart import run_apart
from workbench.query.errors import explain_error, explain_stop

if TYPE_CHECKING:
    from workbench.engines.duckdb import Engine
    from workbench.engines.scans import Scan
    from workbench.query.decide import Verdict
    from workbench.query.relations import Planned
    from workbench.query.tickets import Tickets

__all__ = ["Executor"]


class Executor:
    """Thread-safe. Values that are ``bound`` fit their statement (:func:`workbench.query.bind.bind`).

    Parameters
    ----------
    timeout
        Seconds that a statement may take.
    """

    def __init__(self, engine: Engine, tickets: Tickets, timeout: float) -> None:
        self._engine, self._tickets, self._timeout = engine, tickets, timeout

    def run(
        self,
        run_id: str,
        sql: str,
        verdict: Verdict,
        planned: Sequence[Planned],
        bound: Any = None,
        limit: int | None = None,
        shift: int = 0,
    ) -> Result:
        """Run a text of the statement's, over what was planned of it. ``shift``: how far behind its place in ``verdict.sql`` each
        character stands in it.

        Raises
        ------
        InvalidSQL, InvalidInput, TooLarge, Cancelled, StorageUnavailable, Unavailable
            What is wrong with the statement, and where; it took too long or too much memory, somebody stopped it, or files could
            not be read.
        """
        with self._asked(run_id, verdict, planned, shift) as scans:
            return run_apart(self._engine, verdict, run_id, sql, scans, bound, limit, self._timeout)

    def columns(self, verdict: Verdict, planned: Sequence[Planned], bound: Any = None) -> pa.Schema:
        """Those of the query in a statement (of what is explained or described, too). No row is read. Raises as :meth:`run` does."""
        assert verdict.statement is not None
        # A FROM at the prefix's end was completed by us, and is a part of the query.
        body, head = verdict.sql.removeprefix(verdict.statement.prefix.removesuffix("FROM ")), "FROM ("
        with self._asked("describe", verdict, planned, len(head) - (len(verdict.sql) - len(body))) as scans:
            # Not run apart: of no rows nothing can be told, and to gather a filter's rows would read them all.
            return self._engine.run("describe", f"{head}{body}\n) LIMIT 0", scans, bound, timeout=self._timeout).table.schema

    @contextmanager
    def _asked(self, run_id: str, verdict: Verdict, planned: Sequence[Planned], shift: int) -> Iterator[tuple[Scan, ...]]:
        """What the engine is to read, after what must run before; its errors in the statement's words, and at its places."""
        scans = tuple(one.scan() for one in planned)
        self._tickets.check()
        try:
            if verdict.views:
                self._engine.run(run_id, verdict.views, scans, None, timeout=self._timeout)
            yield scans
        except EngineError as error:
            columns = [name for one in planned for name in one.columns]
            place = None if error.position is None or error.position < shift else error.position - shift
            raise explain_error(replace(error, position=place), verdict, columns) from None
        except Interrupted as stop:
            raise explain_stop(stop, self._timeout) from None

    def described(self, result: Result, verdict: Verdict, planned: Sequence[Planned], bound: Any = None) -> Result:
        """What DESCRIBE and SUMMARIZE tell, with types in the catalog's words instead of DuckDB's."""
        assert verdict.statement is not None
        names = result.table["column_name"].to_pylist()
        plain = verdict.statement.prefix.endswith("FROM ") and not verdict.statement.viewed
        if plain and len(planned) == 1 and list(planned[0].columns[: len(names)]) == names:
            types = list(planned[0].types)
        else:
            types = [type_name(field.type) for field in self.columns(verdict, planned, bound)]
        at = result.table.schema.get_field_index("column_type")
        told = result.table.set_column(at, "column_type", pa.array(types[: len(names)], pa.string()))
        return replace(result, table=told)
