"""How deep JSON is nested, told before a parser sees it: parsers recurse, and one that runs out of stack takes the process along."""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.text import chunks

__all__ = ["DEEPEST", "check_depth"]

#: Far beyond what anybody writes, far below what any parser's stack holds.
DEEPEST = 64


def check_depth(path: Path, shown: str) -> None:
    """Count the brackets outside of strings. A raw line break ends a string: valid JSON has none in it.

    Raises
    ------
    UnreadableFile
        More than ``DEEPEST`` are open at once.
    """
    import numpy as np

    depth, inside, held, line = 0, 0, b"", 1
    for chunk in chunks(path):
        data, held = held + chunk, b""
        if (len(data) - len(data.rstrip(b"\\"))) % 2:
            data, held = data[:-1], b"\\"  # what it escapes comes with the next chunk
        if b"\\" in data:
            data = data.replace(b"\\\\", b"xx").replace(b'\\"', b"xx")
        values = np.frombuffer(data, dtype=np.uint8)
        quotes, breaks = np.flatnonzero(values == 0x22), np.flatnonzero(values == 0x0A)
        folded = values | 0x20  # [ and { become {, ] and } become }
        places = np.flatnonzero((folded == 0x7B) | (folded == 0x7D))
        # Quotes since the last line break; an odd number means inside a string. At the first line those before count, too.
        before = np.concatenate(([-inside], np.searchsorted(quotes, breaks)))
        outside = (np.searchsorted(quotes, places) - before[np.searchsorted(breaks, places)]) % 2 == 0
        inside = int(len(quotes) - before[-1]) % 2
        places = places[outside]
        if len(places):
            level = depth + np.cumsum(np.where(values[places] & 0x02, 1, -1))
            # What closes more than was open is an error for the parser to tell; it must not hide what opens after it.
            level -= np.minimum.accumulate(np.minimum(level, 0))
            if level.max() > DEEPEST:
                line += data[: places[int(np.argmax(level > DEEPEST))]].count(b"\n")
                raise UnreadableFile(
                    f"{shown}, line {line:,}: more than {DEEPEST} brackets are open inside one another.",
                    fix="Close what is not closed, or write deeply nested parts as text.",
                    line=line,
                )
            depth = int(level[-1])
        line += len(breaks)
