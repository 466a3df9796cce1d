"""Which format a file has: its name says so, and its content must agree."""

from __future__ import annotations

import codecs
from pathlib import Path

from workbench.core.errors import UnreadableFile

__all__ = ["EXTENSIONS", "PACKED", "format_of"]

EXTENSIONS = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".psv", ".txt"), "csv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".json", ".geojson"), "json"),
    **dict.fromkeys((".ndjson", ".jsonl"), "ndjson"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "excel"),
    **dict.fromkeys((".arrow", ".arrows", ".feather", ".ipc"), "arrow"),
}

#: The endings of files that are compressed.
PACKED = (".gz", ".gzip", ".zst", ".zstd", ".bz2", ".zip")
_WORDS = {"csv": "text", "json": "JSON", "ndjson": "JSON", "parquet": "Parquet", "excel": "Excel", "arrow": "Arrow"}
# What is told of by its ending, with how to make a table of it that can be taken.
_OTHERS = {
    ".tar": "Unpack it and take its files, or pack them as .zip.",
    **dict.fromkeys((".7z", ".rar"), "Unpack it and take its files, or pack them as .zip."),
    ".xml": "XML has no rows of its own: make JSON or CSV of it, for example with pandas.read_xml.",
    **dict.fromkeys((".avro", ".orc"), "Write it as Parquet, for example with DuckDB or pyarrow."),
    **dict.fromkeys(
        (".sav", ".dta", ".sas7bdat", ".rds", ".rdata"), "Read it with pandas or R, then hand in the frame, or write it as Parquet."
    ),
    **dict.fromkeys((".mdb", ".accdb", ".dbf"), "Export its tables as CSV or Excel."),
    **dict.fromkeys(
        (".db", ".sqlite", ".sqlite3", ".duckdb"), "Make a connection of it: `workbench connections add NAME sqlite path=...`, or duckdb."
    ),
    ".sql": "Run it in its database, and take the table by a connection.",
}
_USUAL = {"parquet": ".parquet", "excel": ".xlsx", "arrow": ".arrow", "csv": ".csv"}


def format_of(path: Path, shown: str, wanted: str | None = None) -> str:
    """``csv``, ``parquet``, ``json``, ``ndjson``, ``excel`` or ``arrow``: the one that is ``wanted``, else what the name's ending says.

    Raises
    ------
    UnreadableFile
        The file is empty, its name's ending is not known, or its content is something else.
    """
    with path.open("rb") as stream:
        head = stream.read(8192)
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise UnreadableFile(f"{shown} is empty.", fix="Check how the file was made; it needs at least one row.")
    _refuse_documents(head, shown)
    suffix = Path(shown).suffix.lower()
    named, found = wanted or EXTENSIONS.get(suffix), _by_content(head)
    if named is None:
        if found in _USUAL and found != "csv":
            return found
        if head.startswith(b"PK\x05\x06"):
            raise UnreadableFile(f"{shown} is an archive with no file in it.", fix="Check how it was made.")
        if suffix in PACKED:
            fix = "Take that ending off its name, or fetch the file again."
            raise UnreadableFile(f"{shown} is not compressed, though its name ends in {suffix!r}.", fix=fix)
        if suffix in _OTHERS and found in ("csv", "binary"):
            more = {"formats": ("csv", "json", "ndjson")} if found == "csv" else {}
            raise UnreadableFile(f"{shown} is no table that can be taken ({suffix[1:]}).", fix=_OTHERS[suffix], **more)
        known = ", ".join(EXTENSIONS)
        ending = f"ends in {suffix!r}" if suffix else "has no ending"
        told = f"{shown} {ending}, which says no format."
        if found == "csv":
            fix = f"Set `format='csv'` or `format='json'`, whichever it is; or rename it to what it is. Known: {known}."
            raise UnreadableFile(told, fix=fix, formats=("csv", "json", "ndjson"))
        raise UnreadableFile(told, fix=f"Rename it to what it is. Known: {known}.")
    if found == "binary":
        if named == "arrow":
            return named  # a stream of Arrow batches has no mark at its beginning; the reader will tell
        raise UnreadableFile(
            f"{shown} should be {_WORDS[named]} by its name, but holds binary data of no known format.",
            fix="Check that it is complete and not encrypted, or export it again.",
        )
    text = ("csv", "json", "ndjson")
    if found != named and not (found == "csv" and named in text):
        fix = f"Rename it to end in {_USUAL[found]}." if found != "csv" else "Rename it to end in .csv, .json or .ndjson, whichever it is."
        raise UnreadableFile(f"{shown} should be {_WORDS[named]} by its name, but its content is {_WORDS[found]}.", fix=fix)
    return named


def _refuse_documents(head: bytes, shown: str) -> None:
    """What people get in place of a table, and which would pass for text."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        fix = "Open it in a browser: it may be an error message or a log-in page. A table in it can be copied into a spreadsheet."
        raise UnreadableFile(f"{shown} is a web page, not a table.", fix=fix)
    if start.startswith(b"%pdf-"):
        raise UnreadableFile(f"{shown} is a PDF document, not a table.", fix="Ask whoever made it for the data as CSV or Excel.")


def _by_content(head: bytes) -> str:
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", b"FEA1", b"\xff\xff\xff\xff")):
        return "arrow"
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        return "excel"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "csv"  # UTF-16 text
    return "binary" if _looks_binary(head) else "csv"


def _looks_binary(head: bytes) -> bool:
    # UTF-16 without a mark has a zero in every second byte; whether it is text is for the reader of text to tell.
    if head.count(0) > len(head) // 3 and 0 in (head[::2].count(0), head[1::2].count(0)):
        return False
    control = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)
    return control > max(len(head) // 20, 8) or (head.count(0) > 0 and control > len(head) // 50)
