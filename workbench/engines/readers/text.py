"""Text files: which encoding, and the content as UTF-8.

UTF-8 (with or without a mark) is read in place. UTF-16 and UTF-32 are recognised by their mark (UTF-16 also by its zeros). What
is no UTF-8 is taken for Windows-1252 when nothing in it speaks for UTF-8, with a warning; a UTF-8 file with a broken
character in it is an error, not another encoding.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from workbench.core.errors import UnreadableFile

__all__ = ["PlainText", "chunks", "plain_text", "sample_of"]

_CHUNK = 4 << 20
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class PlainText:
    """UTF-8 text at ``path`` (it may begin with a mark), with what there is to say about its encoding."""

    path: Path
    encoding: str
    warnings: tuple[str, ...] = ()


def chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, 4 MB at a time."""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def plain_text(path: Path, shown: str, scratch: Path) -> PlainText:
    """The content as UTF-8, checked to its last byte.

    Raises
    ------
    UnreadableFile
        A character cannot be decoded, or the file holds binary data; the message says the line.
    """
    with path.open("rb") as stream:
        head = stream.read(4096)
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if encoding is None and head.count(0) > len(head) // 3:
        encoding = "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    if encoding in (None, "utf-8"):
        broken, multibyte = _check_utf8(path, shown)
        if broken is None:
            return PlainText(path, "utf-8")
        if encoding == "utf-8" or multibyte:
            _undecodable(shown, broken, "UTF-8")
        encoding = "cp1252"
    assert encoding is not None
    target = scratch / "text.utf8"
    _transcode(path, target, encoding, shown)
    warning = f"{shown} is not UTF-8; it was read as Windows-1252 (Western European). Check that letters with accents are right."
    return PlainText(target, encoding, (warning,) if encoding == "cp1252" else ())


def _check_utf8(path: Path, shown: str) -> tuple[int | None, bool]:
    """The line of the first byte that is no UTF-8 (None: there is none), and whether any longer character is well-formed."""
    decoder, line, broken, multibyte = codecs.getincrementaldecoder("utf-8")(), 1, None, False
    for chunk in chunks(path):
        if 0 in chunk:
            _binary(shown, line + chunk[: chunk.index(0)].count(b"\n"))
        if broken is not None:
            multibyte = multibyte or _has_multibyte(chunk)
        elif not chunk.isascii() or decoder.getstate()[0]:
            try:
                multibyte = len(decoder.decode(chunk)) < len(chunk) or multibyte
            except UnicodeDecodeError as error:
                broken = line + error.object[: error.start].count(b"\n")
                multibyte = multibyte or _has_multibyte(chunk)
        line += chunk.count(b"\n")
    if broken is None and decoder.getstate()[0]:
        broken = line
    return broken, multibyte


def _has_multibyte(chunk: bytes) -> bool:
    """Whether any character of more than one byte is well-formed UTF-8 (decoding drops what is not)."""
    return not chunk.decode("utf-8", "ignore").isascii()


def _transcode(path: Path, target: Path, encoding: str, shown: str) -> None:
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with target.open("wb") as sink:
        for chunk in (*chunks(path), b""):
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                before = error.object[: error.start].decode(encoding, "ignore")
                _undecodable(shown, line + before.count("\n"), encoding.upper().replace("CP1252", "UTF-8 or Windows-1252"))
            if "\x00" in text:
                _binary(shown, line + text[: text.index("\x00")].count("\n"))
            line += text.count("\n")
            sink.write(text.encode("utf-8"))


def _undecodable(shown: str, line: int, encoding: str) -> NoReturn:
    raise UnreadableFile(
        f"{shown}, line {line:,}: a character cannot be decoded as {encoding}.",
        fix="Save the file as UTF-8, or correct that line.",
        line=line,
    )


def _binary(shown: str, line: int) -> NoReturn:
    raise UnreadableFile(
        f"{shown}, line {line:,}: a zero byte, which text never has.",
        fix="Check that the file is complete and really text; export it again.",
        line=line,
    )


def sample_of(path: Path, size: int = 1 << 20) -> tuple[str, bool]:
    """The beginning of a UTF-8 file, without its mark, and whether that is all of it."""
    with path.open("rb") as stream:
        head = stream.read(size)
        complete = not stream.read(1)
    return head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "ignore"), complete
