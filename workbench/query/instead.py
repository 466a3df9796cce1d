"""What to write instead of a statement that is not available, by what it is about."""

from __future__ import annotations

import re

__all__ = ["instead_of_creating", "instead_of_dropping", "instead_of_setting", "instead_of_showing", "not_written"]

_SETTING = re.compile(r"\w+\s+(?:(?:SESSION|LOCAL|GLOBAL)\s+)?(?P<name>TIME\s+ZONE|\w+)", re.IGNORECASE)
_SHOWING = re.compile(
    r"SHOW\s+(?:(?P<columns>(?:FULL\s+)?(?:COLUMNS|FIELDS)\s+(?:FROM|IN)|CREATE\s+(?:TABLE|VIEW))\s+(?P<name>[\w.\"]+)"
    r"|(?P<listed>TABLES\s+(?:FROM|IN)\b.*|DATABASES|SCHEMAS|VIEWS|ALL))\s*$",
    re.IGNORECASE | re.DOTALL,
)
_PIVOTED = re.compile(r"CREATE\b[^;'\"(]*?\b(?P<what>TABLE|VIEW)\b[^;]*?\bAS\s+\(?\s*(UN)?PIVOT\b", re.IGNORECASE | re.DOTALL)
_ZONE = "Times are in the zone of workspace.timezone in workbench.toml; for another write: moment AT TIME ZONE 'Europe/Rome'."
_FULL_NAME = "Write the full name of a dataset: silver.flights."
_SETTINGS = {
    "timezone": _ZONE,
    "variable": "Bind values instead: $name in the statement, and `params={'name': 'VALUE'}`.",
    "schema": _FULL_NAME,
    "search_path": _FULL_NAME,
    "memory_limit": "Who administers the workspace sets query.memory_limit_mb in workbench.toml.",
    "max_memory": "Who administers the workspace sets query.memory_limit_mb in workbench.toml.",
    "threads": "Who administers the workspace sets query.threads in workbench.toml.",
    "worker_threads": "Who administers the workspace sets query.threads in workbench.toml.",
}
_ANY_SETTING = "Leave it out: each statement runs with the settings of workbench.toml, section [query], which its administrator changes."
_CREATED = {
    "INDEX": "Leave it out: files that cannot hold what is asked for are skipped; partitions, chosen when data is loaded, help with more.",
    "SCHEMA": "A namespace is there as soon as a dataset is: CREATE TABLE namespace.name AS SELECT ...",
    "MACRO": "Write the expression where it is needed, or keep a query with CREATE VIEW namespace.name AS SELECT ...",
    "FUNCTION": "Write the expression where it is needed, or keep a query with CREATE VIEW namespace.name AS SELECT ...",
    "SEQUENCE": "row_number() OVER (ORDER BY ...) numbers rows.",
}
_WRITTEN = "SQL here writes with CREATE TABLE or VIEW, INSERT, UPDATE, DELETE, MERGE, TRUNCATE, ALTER TABLE, COMMENT and DROP."


def instead_of_setting(statement: str) -> str:
    """What does what a SET or RESET was meant to do.

    >>> instead_of_setting("SET search_path = 'silver'")
    'Write the full name of a dataset: silver.flights.'
    """
    found = _SETTING.match(statement)
    return _SETTINGS.get(re.sub(r"\s", "", found["name"]).casefold() if found else "", _ANY_SETTING)


def instead_of_showing(statement: str) -> str | None:
    """What shows what another dialect's SHOW does; None where it is none of these.

    >>> instead_of_showing("show columns from silver.flights"), instead_of_showing("show silver.flights")
    ('Write DESCRIBE silver.flights.', None)
    """
    found = _SHOWING.match(statement)
    if found is None:
        return None
    return f"Write DESCRIBE {found['name']}." if found["columns"] else "SHOW TABLES lists all datasets and views."


def instead_of_creating(kind: str) -> str:
    """What is written instead of CREATE and something else than a table or a view."""
    return _CREATED.get(kind, "Write CREATE TABLE namespace.name AS SELECT ..., or a WITH inside the statement.")


def instead_of_dropping(kind: str) -> str:
    """What is written instead of DROP and something else than one table or view."""
    return "Write DROP TABLE silver.name, one at a time; it can be undone." if kind in ("TABLE", "VIEW", "SCHEMA") else "Leave it out."


def not_written(statement: str) -> tuple[str, str]:
    """What is wrong with a statement that would write something else than datasets and views, and what can be written.

    >>> not_written("create user bob")[0]
    'CREATE USER is not available.'
    >>> not_written("create or replace table gold.months as pivot silver.days on month in (1, 2) using count(*)")[0]
    'CREATE TABLE of a PIVOT is not available.'
    """
    if found := _PIVOTED.match(statement):
        return (
            f"CREATE {found['what'].upper()} of a PIVOT is not available.",
            "Put the PIVOT in brackets: ... AS SELECT * FROM (PIVOT ... ON month IN (1, 2) ...).",
        )
    words = " ".join(re.findall(r"\w+", statement)[:2]).upper()
    return f"{words} is not available.", _WRITTEN
