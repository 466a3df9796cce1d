"""Text files: which encoding, and the content as UTF-8.

UTF-8 (with or without a mark) is read in place. UTF-16 and UTF-32 are recognised by their mark (UTF-16 also by its zeros). What
is no UTF-8 is taken for Windows-1252 when nothing in it speaks for UTF-8, with a warning; a UTF-8 file with a broken
character in it is an error, not another encoding.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import InvalidInput, UnreadableFile

__all__ = ["MARK", "PlainText", "chunks", "encoding_name", "head_of", "plain_text", "sample_of"]

#: Stands for what cannot be decoded, and for a zero byte; no text has it.
MARK = "\ufdd0"
_CHUNK = 4 << 20
_LOOKED_AT = 64 << 10
_MOST_COMMENTS = 16 << 20  # bytes
_DATA = re.compile(rb"(?:\A|[\r\n])[^#\r\n]")  # a line that is no comment
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class PlainText:
    """UTF-8 text at ``path`` (it may begin with a mark), with what there is to say about its encoding. ``problem`` is the first place that
    is no text, where such are tolerated: there, ``MARK`` stands."""

    path: Path
    encoding: str
    warnings: tuple[str, ...] = ()
    problem: UnreadableFile | None = None


def chunks(path: Path) -> Iterator[bytes]:
    """The file's bytes, 4 MB at a time."""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


# What Python calls encodings of text too, and no file is written in.
_NO_FILES = {"idna", "punycode", "undefined", "unicode-escape", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape"}


def encoding_name(text: str) -> str:
    """An encoding as it is called here.

    Raises
    ------
    InvalidInput
        There is no such encoding of text.
    """
    try:
        name = codecs.lookup(text).name
        "".encode(name)
        if name in _NO_FILES:
            raise LookupError(name)
    except (LookupError, ValueError) as error:
        raise InvalidInput(f"There is no encoding {text!r}.", fix="Common ones are utf-8, utf-16, cp1252, latin-1, shift_jis.") from error
    return "utf-8" if name == "utf-8-sig" else name


def plain_text(
    path: Path, shown: str, scratch: Path, *, encoding: str | None = None, tolerant: bool = False, partial: bool = False
) -> PlainText:
    """The content as UTF-8, checked to its last byte.

    Parameters
    ----------
    encoding
        What a person said it is.
    tolerant
        Mark what is no text instead of refusing it.
    partial
        The file is the beginning of a longer one, and may end within a character.

    Raises
    ------
    UnreadableFile
        A character cannot be decoded, or the file holds binary data; the message says the line. It was said to be UTF-16 or UTF-32, and
        nothing in it says so.
    InvalidInput
        There is no such encoding.
    """
    name = _in_order(encoding_name(encoding), path, shown) if encoding else _by_marks(path)
    if name in (None, "utf-8"):
        line, zero, multibyte = _check_utf8(path, partial)
        if line is None and zero is None:
            return PlainText(path, "utf-8")
        if zero is not None and not tolerant:
            raise _binary(shown, zero)
        if line is not None and (name == "utf-8" or multibyte) and not tolerant:
            raise _undecodable(shown, line, "UTF-8")
        name = "utf-8" if name == "utf-8" or multibyte or line is None else "cp1252"
    target = scratch / "text.utf8"
    problem = _transcode(path, target, name, shown, partial)
    if problem is not None and not tolerant:
        raise problem
    warning = f"{shown} is not UTF-8; it was read as Windows-1252 (Western European). Check that letters with accents are right."
    if name == "cp1252" and encoding is None and _is_other_script(path):
        warning += " So many of them are hardly Western: say in which encoding it is, "
        warning += "such as `encoding='cp1251'` (Cyrillic) or `encoding='shift_jis'` (Japanese)."
    return PlainText(target, name, (warning,) if name == "cp1252" and encoding is None else (), problem)


def _is_other_script(path: Path) -> bool:
    """Whether far more letters are beyond ASCII than any language has that Windows-1252 is for."""
    with path.open("rb") as stream:
        head = stream.read(_LOOKED_AT)
    beyond = sum(byte >= 0x80 for byte in head)
    return 3 * beyond > beyond + sum(map(bytes.isalpha, (head[place : place + 1] for place in range(len(head)))))


def _in_order(name: str, path: Path, shown: str) -> str:
    """An encoding that a person said. Of UTF-16 and UTF-32 the file's mark says which byte comes first; without one, the zero bytes of
    Latin letters do."""
    if name not in ("utf-16", "utf-32"):
        return name
    found = _by_marks(path)
    if found is None or not found.startswith(name):
        orders = f"`encoding='{name}-le'` or `encoding='{name}-be'`"
        raise UnreadableFile(
            f"{shown} does not look like {name.upper()}: it has no byte order mark.",
            fix=f"Say another encoding, or {orders} where it is that one all the same.",
        )
    return found


def _by_marks(path: Path) -> str | None:
    with path.open("rb") as stream:
        head = stream.read(4096)
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if encoding is None and head.count(0) > len(head) // 3:
        return "utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"
    return encoding


def _check_utf8(path: Path, partial: bool) -> tuple[int | None, int | None, bool]:
    """The lines of the first byte that is no UTF-8 and of the first zero byte (None: there is none), and whether any longer character
    is well-formed."""
    decoder, line, multibyte = codecs.getincrementaldecoder("utf-8")(), 1, False
    broken: int | None = None
    zero: int | None = None
    for chunk in chunks(path):
        if zero is None and 0 in chunk:
            zero = line + chunk[: chunk.index(0)].count(b"\n")
        if broken is not None:
            multibyte = multibyte or _has_multibyte(chunk)
        elif not chunk.isascii() or decoder.getstate()[0]:
            try:
                multibyte = len(decoder.decode(chunk)) < len(chunk) or multibyte
            except UnicodeDecodeError as error:
                broken = line + error.object[: error.start].count(b"\n")
                multibyte = multibyte or _has_multibyte(chunk)
        line += chunk.count(b"\n")
    if broken is None and decoder.getstate()[0] and not partial:
        broken = line
    return broken, zero, multibyte


def _has_multibyte(chunk: bytes) -> bool:
    """Whether any character of more than one byte is well-formed UTF-8 (decoding drops what is not)."""
    return not chunk.decode("utf-8", "ignore").isascii()


def _marked(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return MARK, error.end


codecs.register_error("workbench.mark", _marked)


def _transcode(path: Path, target: Path, encoding: str, shown: str, partial: bool) -> UnreadableFile | None:
    """Write UTF-8, with marks at what is no text; the first such place as an error."""
    decoder, line = codecs.getincrementaldecoder(encoding)("workbench.mark"), 1
    problem: UnreadableFile | None = None
    with target.open("wb") as sink:
        for chunk in (*chunks(path), b""):
            text = decoder.decode(chunk, final=not chunk and not partial)
            if problem is None and ("\x00" in text or MARK in text):
                place = next(place for place, character in enumerate(text) if character in ("\x00", MARK))
                where = line + text[:place].count("\n")
                name = encoding.upper().replace("CP1252", "UTF-8 or Windows-1252")
                problem = _binary(shown, where) if text[place] == "\x00" else _undecodable(shown, where, name)
            line += text.count("\n")
            sink.write(text.replace("\x00", MARK).encode("utf-8", "replace"))
    return problem


def _undecodable(shown: str, line: int, encoding: str) -> UnreadableFile:
    return UnreadableFile(
        f"{shown}, line {line:,}: a character cannot be decoded as {encoding}.",
        fix="Save the file as UTF-8, or correct that line.",
        line=line,
    )


def _binary(shown: str, line: int) -> UnreadableFile:
    return UnreadableFile(
        f"{shown}, line {line:,}: a zero byte, which text never has.",
        fix="Check that the file is complete and really text; export it again.",
        line=line,
    )


def sample_of(path: Path, size: int = 1 << 20) -> tuple[str, bool]:
    """The beginning of a UTF-8 file, without its mark, and whether that is all of it. It goes as far as there are only comments."""
    with path.open("rb") as stream:
        head = stream.read(size)
        while len(head) < _MOST_COMMENTS and not _DATA.search(head.removeprefix(codecs.BOM_UTF8)) and (more := stream.read(size)):
            head += more
        complete = not stream.read(1)
    return head.removeprefix(codecs.BOM_UTF8).decode("utf-8", "ignore"), complete


def head_of(path: Path, size: int, scratch: Path) -> tuple[Path, bool]:
    """The file's first bytes as a file of their own, and whether that is all of it (then it is the file itself)."""
    size = max(size, 64) // 4 * 4  # whole characters of UTF-16 and UTF-32
    if path.stat().st_size <= size:
        return path, True
    target = scratch / "head"
    with path.open("rb") as stream, target.open("wb") as sink:
        left = size
        while left and (chunk := stream.read(min(left, _CHUNK))):
            sink.write(chunk)
            left -= len(chunk)
    return target, False
