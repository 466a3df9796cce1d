"""A multipart form with one file, written to disk while it arrives."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from workbench.core.errors import Cancelled, InvalidInput, StorageUnavailable
from workbench.ingest.staging import sweep_uploads
from workbench.store.filesystem import make_private

__all__ = ["Form", "receive_file", "receive_form", "scratch_folder", "sweep_scratch"]

_PENDING = 1 << 20
_LOOK_EVERY = 64 << 20  # bytes
_SPARE = 512 << 20  # bytes of the disk
_MAX_FIELDS = 20
_MAX_FIELD = 65_536
_FIX = "Send multipart/form-data with one part named 'file' that has a file name."


@dataclass
class Form:
    """The form's fields, and the file under its own name in a folder of its own, with the hash of its content."""

    fields: dict[str, str] = field(default_factory=dict)
    path: Path | None = None
    content_hash: str = ""


@contextlib.asynccontextmanager
async def scratch_folder(state: Path) -> AsyncIterator[Path]:
    """A private folder for what one request brings; gone at the end."""
    folder = await run_in_threadpool(_make_scratch, state)
    try:
        yield folder
    finally:
        await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)


def _make_scratch(state: Path) -> Path:
    folder = make_private(state / "uploads") / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    return folder


def sweep_scratch(state: Path) -> None:
    """Remove what a killed process left, and uploads that nobody came back for."""
    sweep_uploads(state / "uploads")


async def receive_form(request: Request, folder: Path) -> Form:
    """Read the form; the file part goes to ``folder``, its hash taken on the way.

    Raises
    ------
    InvalidInput
        It is no such form.
    StorageUnavailable
        The disk has no room for it.
    """
    kind, options = parse_options_header(request.headers.get("Content-Type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise InvalidInput("A file is taken as a form.", fix=_FIX)
    reader = _Reader(folder)
    try:
        parser = MultipartParser(options[b"boundary"], reader.callbacks())
        async for chunk in _chunks(request, folder):
            parser.write(chunk)
            if len(reader.pending) > _PENDING:
                await run_in_threadpool(reader.flush)
        parser.finalize()
        await run_in_threadpool(reader.flush)
    except FormParserError as error:
        raise InvalidInput("The form is damaged.", fix=_FIX) from error
    finally:
        reader.close()
    if reader.form.path is None or not reader.complete:
        raise InvalidInput("The form holds no file, or ends inside it.", fix=_FIX)
    return reader.form


async def receive_file(request: Request, path: Path) -> None:
    """Write the body to ``path`` while it arrives. Raises StorageUnavailable where the disk has no room for it."""
    file = await run_in_threadpool(path.open, "wb")
    try:
        pending = bytearray()
        async for chunk in _chunks(request, path.parent):
            pending += chunk
            if len(pending) > _PENDING:
                await run_in_threadpool(file.write, bytes(pending))
                pending.clear()
        await run_in_threadpool(file.write, bytes(pending))
    finally:
        await run_in_threadpool(file.close)


async def _chunks(request: Request, folder: Path) -> AsyncIterator[bytes]:
    """What comes, as long as the disk has room: others write there, too, and what is sent does not take the last of it."""
    come = look = 0
    try:
        async for chunk in request.stream():
            if come >= look:
                look = come + _LOOK_EVERY
                await run_in_threadpool(_check_room, folder)
            come += len(chunk)
            yield chunk
    except ClientDisconnect as error:
        raise Cancelled("The connection was closed before all data had come.", fix="Send it again.") from error


def _check_room(folder: Path) -> None:
    if shutil.disk_usage(folder).free < _SPARE:
        fix = "Try again later; who administers the workspace frees space on its disk."
        raise StorageUnavailable("There is no room for what is sent.", fix=fix)


class _Reader:
    """Callbacks of the parser: small parts become fields, the file part is gathered until it is flushed."""

    def __init__(self, folder: Path) -> None:
        self.form = Form()
        self.pending = bytearray()
        self.complete = False
        self._folder = folder
        self._digest = hashlib.sha256()
        self._file: IO[bytes] | None = None
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._field: str | None = None
        self._text = bytearray()

    def callbacks(self) -> Any:  # a TypedDict whose keys are our methods' names
        names = ("part_begin", "part_data", "part_end", "header_field", "header_value", "header_end", "headers_finished", "end")
        return {f"on_{name}": getattr(self, name) for name in names}

    def part_begin(self) -> None:
        self._disposition, self._field = b"", None
        self._text.clear()

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            if name != "file" or self.form.path is not None:
                raise InvalidInput("The form must hold one file, named 'file'.", fix=_FIX)
            self.form.path = self._folder / _file_name(options[b"filename"].decode("utf-8", "replace"))
            self._file = self.form.path.open("wb")
        elif not name or name in self.form.fields or len(self.form.fields) >= _MAX_FIELDS:
            raise InvalidInput("The form has a field without a name, one twice, or too many.", fix=_FIX)
        else:
            self._field = name

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self._field is None:
            self.pending += data[start:end]
            return
        self._text += data[start:end]
        if len(self._text) > _MAX_FIELD:
            raise InvalidInput(f"The field {self._field!r} is too long.", fix="Send files in the part named 'file'.")

    def part_end(self) -> None:
        if self._field is not None:
            self.form.fields[self._field] = self._text.decode("utf-8", "replace")
            return
        self.flush()
        self.close()
        self.form.content_hash = f"sha256:{self._digest.hexdigest()}"

    def end(self) -> None:
        self.complete = True

    def flush(self) -> None:
        if self._file is not None and self.pending:
            self._file.write(self.pending)
            self._digest.update(self.pending)
        self.pending.clear()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _file_name(given: str) -> str:
    """The last part of a name, without what could leave the folder or confuse a terminal."""
    given = given.replace("%22", '"')  # how browsers write a quote there, and nothing else but ends of lines
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if c.isprintable()).strip().lstrip(".")
    stem, dot, suffix = shown.rpartition(".")
    short = f"{stem[:100]}{dot}{suffix[:20]}" if stem else shown[:100]
    return short or "upload"
