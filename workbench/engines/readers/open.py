"""From a file to its reader."""

from __future__ import annotations

import dataclasses

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.formats import format_of
from workbench.engines.readers.source import Request, Source
from workbench.engines.readers.united import with_whole
from workbench.engines.readers.unpack import unpack

__all__ = ["open_source"]


def open_source(request: Request) -> Source:
    """Unpack the file if it is compressed, find its format and look at all of it, where the request says.

    Raises
    ------
    UnreadableFile
        What is wrong, where, and what to do; something in it is named where nothing can be.
    InvalidInput
        A column does not fit ``request.target``.
    """
    if request.opener is not None:
        return request.opener(dataclasses.replace(request, opener=None))
    return with_whole(_opened(request), request.there)


def _opened(request: Request) -> Source:
    file = unpack(request.path, request.shown, request.scratch, request.sheet)
    kind = format_of(file.path, file.shown, request.reading.format)
    if file.rest is not None and kind != "excel":
        # Not repeated: an address may carry a token there.
        raise UnreadableFile(f"{file.shown} has no sheets and no files in it.", fix="Leave out the '#' and what follows it.")
    inner = dataclasses.replace(request, path=file.path, shown=file.shown, sheet=file.rest)
    if kind == "csv":
        from workbench.engines.readers.delimited import open_delimited

        return open_delimited(inner)
    if kind in ("json", "ndjson"):
        from workbench.engines.readers.json_lines import open_json

        return open_json(inner, "ndjson" if kind == "ndjson" else "json")
    if kind == "excel":
        from workbench.engines.readers.excel import open_excel

        return open_excel(inner)
    from workbench.engines.readers.columnar import open_arrow, open_parquet

    return open_parquet(inner) if kind == "parquet" else open_arrow(inner)
