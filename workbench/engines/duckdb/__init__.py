"""DuckDB: reads plan files by field id in locked-down sessions, and parses statements for who has to decide on them."""

from workbench.engines.duckdb.csv import CsvColumn, CsvLoad, CsvLoaded
from workbench.engines.duckdb.engine import DuckDBEngine, Engine, Result
from workbench.engines.duckdb.errors import EngineError, Interrupted, in_words
from workbench.engines.duckdb.isolated import IsolatedEngine
from workbench.engines.duckdb.parse import (
    Functions,
    Parsed,
    check_binds,
    empty_type,
    functions,
    is_null,
    kind_of,
    parse,
    read_apart,
    vocabulary,
)
from workbench.engines.duckdb.relation import relation, relation_with_places
from workbench.engines.duckdb.s3 import Access, access_for
from workbench.engines.duckdb.tally import Spread, Tallied, Tally, tallied
from workbench.engines.duckdb.transform import Transform
from workbench.engines.parser.text import folded, literal, quoted

__all__ = [
    "Access",
    "CsvColumn",
    "CsvLoad",
    "CsvLoaded",
    "DuckDBEngine",
    "Engine",
    "EngineError",
    "Functions",
    "Interrupted",
    "IsolatedEngine",
    "Parsed",
    "Result",
    "Spread",
    "Tallied",
    "Tally",
    "Transform",
    "access_for",
    "check_binds",
    "empty_type",
    "folded",
    "functions",
    "in_words",
    "is_null",
    "kind_of",
    "literal",
    "parse",
    "quoted",
    "read_apart",
    "relation",
    "relation_with_places",
    "tallied",
    "vocabulary",
]
