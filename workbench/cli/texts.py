"""Text that a person has in a file, or pipes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from workbench.core.errors import InvalidInput

__all__ = ["first_line", "input_text", "text_of"]

_MARK = "\ufeff"  # some editors put it before a text


def text_of(file: Path) -> str:
    """A file's text.

    Raises
    ------
    InvalidInput
        It is not UTF-8, or cannot be read.
    """
    with _readable(str(file)):
        return file.read_text(encoding="utf-8").removeprefix(_MARK)


def input_text(stream: TextIO) -> str:
    """What comes from standard input. Raises as :func:`text_of` does."""
    with _readable("Standard input"):
        return stream.read().removeprefix(_MARK)


def first_line(file: TextIO) -> str:
    """A file's first line, with the spaces that it has. Raises as :func:`text_of` does."""
    with _readable(getattr(file, "name", "Standard input")):
        return file.readline().removeprefix(_MARK).rstrip("\r\n")


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """What goes wrong within the block while ``name`` is read is told in plain words."""
    try:
        yield
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{name} is not UTF-8 text.", fix="Save it as UTF-8.", line=line) from error
    except OSError as error:
        raise InvalidInput(f"{name} cannot be read: {error.strerror}.", fix="Check its name and permissions.") from error
