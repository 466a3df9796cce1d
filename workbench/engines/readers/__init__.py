"""Readers of files: each looks at the whole file before it says what the columns are, and gives its rows as Arrow batches."""

from workbench.engines.readers.formats import EXTENSIONS
from workbench.engines.readers.open import open_source
from workbench.engines.readers.source import Request, Source

__all__ = ["EXTENSIONS", "Request", "Source", "open_source"]
