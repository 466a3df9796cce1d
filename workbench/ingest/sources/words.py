"""What a person writes for a source, taken apart."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from workbench.core.errors import InvalidInput, nearest
from workbench.ingest.sources.table_names import parts_of

__all__ = ["SCHEMES", "ConnectionWord", "Kind", "as_text", "connection_word", "dataset_of", "has_magic", "is_text", "kind_of", "local_path"]

Kind = Literal["path", "web", "s3", "upload", "connection"]
SCHEMES: dict[str, Kind] = {"http": "web", "https": "web", "s3": "s3", "upload": "upload", "connection": "connection", "file": "path"}

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):")
_CONNECTION = re.compile(r"^connection:(?P<name>[^/?]+)(?:/(?P<table>.+)|\?query=(?P<query>.+))\Z", re.DOTALL)


def kind_of(source: str) -> Kind:
    """What a source is, by how it begins.

    Raises
    ------
    InvalidInput
        It is empty, or an address of a kind that is not known.

    Examples
    --------
    >>> kind_of("data/*.csv"), kind_of("https://example.org/a.csv"), kind_of("connection:shop/orders")
    ('path', 'web', 'connection')
    """
    if not source.strip():
        raise InvalidInput("The source is empty.", fix="Name a file, a folder, an address or a connection.")
    match = _SCHEME.match(source)
    scheme = match[1].lower() if match else ""
    if scheme in SCHEMES:
        return SCHEMES[scheme]
    if "://" in source[:40] and scheme:
        close = nearest(scheme, SCHEMES)
        known = "Known: http://, https://, s3://, connection:NAME/table; files are named by their path."
        meant = f"{close}:" if close in ("upload", "connection") else f"{close}://"
        raise InvalidInput(f"There is no kind of source {scheme}://.", fix=f"Did you mean {meant}?" if close else known)
    return "path"


def local_path(source: str) -> str:
    """The path in ``file:///a%20b`` or in a path, with what is meant inside the file after a ``#``.

    >>> local_path("file:///tmp/a%20b.csv"), local_path("a.csv"), local_path("file:///tmp/book.xlsx#Q%201")
    ('/tmp/a b.csv', 'a.csv', '/tmp/book.xlsx#Q 1')
    """
    if not source.lower().startswith("file:"):
        return source
    parts = urlsplit(source)
    if parts.netloc not in ("", "localhost"):
        raise InvalidInput(f"{source} names a file of another machine.", fix="Write file:///path, or the path alone.")
    return unquote(parts.path) + (f"#{unquote(parts.fragment)}" if parts.fragment else "")


def has_magic(text: str) -> bool:
    """Whether it is a pattern of several files."""
    return any(char in text for char in "*?[")


def as_text(name: str | PurePath) -> str:
    """A file's name as text: a system takes any bytes for one, and those that are not UTF-8 can be neither kept nor shown."""
    return os.fsencode(name).decode("utf-8", "replace")


def is_text(name: str | PurePath) -> bool:
    """Whether a file's name is UTF-8."""
    return as_text(name) == str(name)


@dataclass(frozen=True)
class ConnectionWord:
    """``connection:NAME/table`` or ``connection:NAME?query=...``: exactly one of ``table`` and ``query`` is given. A part of a table's name
    that holds a dot is quoted: ``connection:shop/"a.b"``."""

    name: str
    table: str | None
    query: str | None

    @property
    def shown(self) -> str:
        """Without the statement's text, which may hold values."""
        if self.query is None:
            return f"connection:{self.name}/{self.table}"
        return f"connection:{self.name}?query={hashlib.sha256(self.query.encode()).hexdigest()[:12]}"

    @property
    def dataset(self) -> str:
        """What a dataset of it is called where nobody says."""
        return f"{self.name}_query" if self.table is None else parts_of(self.table)[-1]


def dataset_of(source: Any) -> str | None:
    """What a dataset of a database's table or query is called; None of other sources, whose files tell it."""
    return connection_word(source).dataset if isinstance(source, str) and kind_of(source) == "connection" else None


def connection_word(source: str) -> ConnectionWord:
    """Take ``connection:...`` apart. A query stands as it is, not encoded.

    Raises
    ------
    InvalidInput
        It names neither a table nor a query.

    Examples
    --------
    >>> connection_word("connection:shop/public.orders").table
    'public.orders'
    >>> connection_word("connection:shop?query=select 1").query
    'select 1'
    """
    match = _CONNECTION.match(source)
    if match is None:
        raise InvalidInput(
            f"{source.partition('?')[0]} names no table and no query.",
            fix="Write connection:NAME/table or connection:NAME?query=select ...",
        )
    return ConnectionWord(match["name"], match["table"], match["query"])
