"""What governed SQL may use: everything that is not named here, and that DuckDB does not know as harmless, is refused."""

from __future__ import annotations

import re

__all__ = [
    "EXPRESSIONS",
    "REFUSED_STATEMENTS",
    "RELATIONS",
    "SYNTAX_FUNCTIONS",
    "TABLE_FUNCTIONS",
    "TYPES_REFUSED",
    "WRITE_WORDS",
    "forbidden_function",
    "forbidden_with",
    "refused_statement",
]

# Kinds of relations and expressions in DuckDB's own parse tree.
RELATIONS = frozenset({"BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EXPRESSION_LIST", "PIVOT", "EMPTY", "SHOW_REF"})
EXPRESSIONS = frozenset(
    {"BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "LAMBDA", "LAMBDA_REF"}
    | {"OPERATOR", "PARAMETER", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "WINDOW"}
)
TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "repeat", "repeat_row", "json_each", "json_tree", "pg_timezone_names"})

# Parsed as functions, but not listed in duckdb_functions().
SYNTAX_FUNCTIONS = frozenset({"unnest", "grouping", "grouping_id", "coalesce", "ifnull", "if"})

# Functions that reach settings, the catalog, the session, other statements, or only waste time.
_FORBIDDEN = re.compile(
    r"^(?:__internal.*|pg_(?!typeof$|size_pretty$).*|has_.*|inet_.*|.*_description|duckdb_.*|pragma_.*|read_.*|parquet_.*|sniff_.*|"
    r"json_(?:de)?serialize_.*|json_execute_.*|current_(?:setting|schema|schemas|database|catalog|role|user|query|query_id|connection_id|"
    r"transaction_id)|session_user|user|getenv|getvariable|nextval|currval|write_log|parse_duckdb_log_message|sleep_ms|setseed|"
    r"txid_current|in_search_path|query|query_table|glob|which_secret|stats|vector_type|finalize|combine|create_sort_key|"
    r"timetz_byte_comparable|map_to_pg_oid|format_type|format_pg_type|arrow_scan.*|pandas_scan|seq_scan|python_map_function|summary|"
    r"histogram_values|test_.*|iceberg_.*|delta_scan|sqlite_.*|postgres_.*|mysql_.*|st_read.*|get_block_size|parquet_scan|copy_database|"
    # Deeply nested JSON ends the whole process in these, which call themselves for each level.
    r"json_structure|json_group_structure|json_merge_patch|json_contains|.*variant.*)$"
)
TYPES_REFUSED = frozenset({"VARIANT"})  # as above: JSON cast to it

# Names that mean something to DuckDB without a WITH: its own views, the session's, and files.
_FORBIDDEN_WITH = re.compile(r"^(?:duckdb_|pg_|sqlite_|pragma_|information_schema|__rows_)|[/\\.]", re.IGNORECASE)

#: What begins a statement that writes, and is read by :mod:`workbench.query.dml`.
WRITE_WORDS = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "DROP", "ALTER", "COMMENT"})

_INSIDE = "A statement that writes stands alone: write its rows first, then SELECT."
REFUSED_STATEMENTS: dict[str, tuple[str, str]] = {
    **{word: (f"{word} cannot stand here.", _INSIDE) for word in sorted(WRITE_WORDS)},
    "COPY": (
        "SQL here neither reads nor writes files.",
        'Bring files in with ws.ingest("file.csv"); take results out with ws.sql("...").pandas().',
    ),
    "EXPORT": ("SQL here neither reads nor writes files.", 'Take results out with ws.sql("...").pandas().'),
    "IMPORT": ("SQL here neither reads nor writes files.", 'Bring files in with ws.ingest("file.csv").'),
    "ATTACH": ("Other databases cannot be attached.", 'Bring their tables in with ws.ingest("file").'),
    "DETACH": ("Databases cannot be attached or detached.", "Leave the statement out."),
    "INSTALL": ("Extensions cannot be installed.", "Leave the statement out."),
    "LOAD": ("Extensions cannot be loaded.", "Leave the statement out."),
    "FORCE": ("Extensions cannot be installed.", "Leave the statement out."),
    "UPDATE EXTENSIONS": ("Extensions cannot be installed.", "Leave the statement out."),
    "SET": ("Settings cannot be changed by SQL.", "Change them in workbench.toml, section [query]."),
    "RESET": ("Settings cannot be changed by SQL.", "Change them in workbench.toml, section [query]."),
    "PRAGMA": ("PRAGMA statements are not available.", "Use SHOW TABLES or DESCRIBE bronze.flights; settings are in workbench.toml."),
    "CALL": ("CALL statements are not available.", "Use SELECT."),
    "USE": ("There is no current schema to choose.", "Write the full name: silver.flights."),
    "BEGIN": ("Each statement stands alone; there are no transactions.", "Leave the statement out."),
    "START": ("Each statement stands alone; there are no transactions.", "Leave the statement out."),
    "COMMIT": ("Each statement stands alone; there are no transactions.", "Leave the statement out."),
    "ROLLBACK": ("Each statement stands alone; there are no transactions.", "To go back: ws.datasets.rollback(name, snapshot_id)."),
    "ABORT": ("Each statement stands alone; there are no transactions.", "Leave the statement out."),
    "CHECKPOINT": ("Maintenance is not done by SQL.", "Use ws.datasets.compact(name)."),
    "VACUUM": ("Maintenance is not done by SQL.", "Use ws.datasets.compact(name)."),
    "ANALYZE": ("Maintenance is not done by SQL.", "Use SUMMARIZE name to see statistics."),
    "PREPARE": ("Prepared statements are not available.", "Bind values by name instead: ws.sql('... where month = $month', {'month': 6})."),
    "EXECUTE": ("Prepared statements are not available.", "Bind values by name instead: ws.sql('... where month = $month', {'month': 6})."),
    "DEALLOCATE": ("Prepared statements are not available.", "Leave the statement out."),
    "GRANT": ("Rights are not granted by SQL.", "Leave the statement out."),
    "REVOKE": ("Rights are not granted by SQL.", "Leave the statement out."),
}


def forbidden_function(name: str) -> bool:
    """Whether a function is never allowed, known to this DuckDB or not.

    >>> forbidden_function("getenv"), forbidden_function("pg_typeof"), forbidden_function("sum")
    (True, False, False)
    """
    return _FORBIDDEN.match(name) is not None


def forbidden_with(name: str) -> bool:
    """Whether a WITH may not define a name, so that nobody can mistake what the name stands for.

    >>> forbidden_with("pg_settings"), forbidden_with("x.parquet"), forbidden_with("flights")
    (True, True, False)
    """
    return _FORBIDDEN_WITH.search(name) is not None


def refused_statement(keyword: str) -> tuple[str, str] | None:
    """What is wrong with a kind of statement, and what to do instead; None where the keyword is not one of these."""
    return REFUSED_STATEMENTS.get(keyword.upper())
