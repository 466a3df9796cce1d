"""What a download is called: by the server's word, its address, and the kind of content it says."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from workbench.engines.readers.formats import EXTENSIONS

__all__ = ["download_name"]

_ENDINGS = {
    "text/csv": ".csv", "application/csv": ".csv", "text/tab-separated-values": ".tsv", "text/plain": ".txt", "application/json": ".json",
    "application/geo+json": ".json", "application/ld+json": ".json", "application/x-ndjson": ".ndjson", "application/jsonl": ".ndjson",
    "application/json-lines": ".ndjson", "application/vnd.apache.parquet": ".parquet", "application/x-parquet": ".parquet",
    "application/vnd.apache.arrow.file": ".arrow", "application/vnd.apache.arrow.stream": ".arrows", "application/vnd.ms-excel": ".xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx", "application/zip": ".zip", "application/gzip": ".gz",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods", "application/zstd": ".zst",
}  # fmt: skip
_PACKED = {".gz", ".gzip", ".zst", ".zstd", ".bz2", ".zip"}
_EXTENDED = re.compile(r"filename\*\s*=\s*(?P<charset>[\w-]*)'[^']*'(?P<value>[^;]+)", re.IGNORECASE)
_PLAIN = re.compile(r'filename\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<word>[^;]+))', re.IGNORECASE)


def download_name(address: str, content_type: str, disposition: str) -> str:
    """A file name whose ending says the format, as far as anything does.

    >>> download_name("https://example.org/export?id=3", "text/csv; charset=utf-8", "")
    'export.csv'
    >>> download_name("https://example.org/x", "application/octet-stream", 'attachment; filename="../Größe 1.csv"')
    'Größe 1.csv'
    """
    parts = urlsplit(address)
    name = _safe(_from_disposition(disposition)) or _safe(unquote(PurePosixPath(parts.path).name)) or _safe(parts.hostname or "")
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in EXTENSIONS or suffix in _PACKED:
        return name
    return name + _ENDINGS.get(content_type.partition(";")[0].strip().lower(), "")


def _from_disposition(text: str) -> str:
    extended = _EXTENDED.search(text)
    if extended:
        try:
            return unquote(extended["value"].strip().strip('"'), encoding=extended["charset"] or "utf-8", errors="replace")
        except LookupError:
            pass
    plain = _PLAIN.search(text)
    if not plain:
        return ""
    return re.sub(r"\\(.)", r"\1", plain["quoted"]) if plain["quoted"] is not None else plain["word"].strip()


def _safe(name: str) -> str:
    """The last part, printable, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable()).strip().lstrip(".")[-120:]
