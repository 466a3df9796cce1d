"""What answers differently when it is asked again, though nothing was written: the one list of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.engines.duckdb import functions

if TYPE_CHECKING:
    from workbench.engines.duckdb import Parsed

__all__ = ["VOLATILE", "is_volatile"]

#: Functions, by name. DuckDB says of some itself that they are not stable, but not of all of these.
VOLATILE = frozenset(
    {"random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "currval", "error", "stats", "write_log", "sleep_ms"}
    | {"now", "today", "ago", "age", "get_current_time", "get_current_timestamp", "transaction_timestamp", "statement_timestamp"}
    | {"clock_timestamp", "current_localtime", "current_localtimestamp", "txid_current", "getenv", "getvariable", "current_setting"}
    | {"pg_timezone_names"}  # the offsets of now
)
#: The same, written without brackets as a column is. A column of such a name costs only that its statement is not kept.
_KEYWORDS = frozenset(
    {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_user", "current_role", "session_user"}
    | {"user", "current_schema", "current_catalog", "current_database"}
)


def is_volatile(parsed: Parsed) -> bool:
    """Whether a statement may answer differently when it is asked again.

    >>> from workbench.engines.duckdb import parse
    >>> is_volatile(parse("SELECT sum(n) FROM t")), is_volatile(parse("SELECT * FROM t WHERE day = current_date"))
    (False, True)
    """
    called = {call.name for call in (*parsed.functions, *parsed.table_functions)}
    return parsed.sampled or bool(called & (VOLATILE | _KEYWORDS | functions().unstable) or parsed.columns & _KEYWORDS)
