"""DuckDB's own reading of a statement, and no more of DuckDB: this is what a process imports that only reads statements, so nothing here
needs Arrow."""

from workbench.engines.parser.answer import answer, connect
from workbench.engines.parser.parsed import Named, Parsed, parsed_of
from workbench.engines.parser.text import folded, literal, quoted, said_place

__all__ = ["Named", "Parsed", "answer", "connect", "folded", "literal", "parsed_of", "quoted", "said_place"]
