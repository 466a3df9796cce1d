"""What of a dataset can be searched, who may see it, and what is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.records import Record

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Entry", "Filters", "Found", "How", "Reason", "Visible", "Where", "key_of"]

Where = Literal["name", "column", "description", "tag", "owner", "term"]
How = Literal["exact", "prefix", "word", "beginning", "typo"]


class Reason(Record):
    """Why a dataset was found: the word that was looked for, where it is, the text that has it, and how they fit (the whole
    ``exact``, its ``prefix``, a ``word`` of it, the ``beginning`` of a word, or a word that differs by a ``typo``)."""

    word: str
    where: Where
    text: str
    how: How


@dataclass(frozen=True)
class Entry:
    """A dataset for the index.

    ``notes`` are what is said of columns, each after the column's name. ``terms`` are the names of the glossary's terms that are linked
    to it, ``updated_at`` is as the store writes it or empty. ``rows`` and ``size`` (bytes) are given back with a hit, and not searched.
    """

    table_uuid: str
    name: str
    columns: tuple[str, ...] = ()
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    updated_at: str = ""
    rows: int = 0
    size: int = 0
    notes: tuple[str, ...] = ()

    @property
    def zone(self) -> str:
        return self.name.partition(".")[0]

    @property
    def table(self) -> str:
        return self.name.partition(".")[2] or self.name

    def dump(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def load(cls, text: bytes) -> Entry:
        facts = json.loads(text)
        return cls(**facts | {key: tuple(facts[key]) for key in ("columns", "notes", "tags", "terms")})


@dataclass(frozen=True)
class Filters:
    """What a hit must be; None and empty ask for nothing. ``column`` is a column's name; case and what stands between its words
    do not count. ``among`` are the only tables that may be found, by UUID."""

    zone: str | None = None
    owner: str | None = None
    tag: str | None = None
    column: str | None = None
    updated_since: datetime | None = None
    among: Visible | None = None


@dataclass(frozen=True)
class Found:
    """A hit: the dataset, how well it fits (0 to 1), and why."""

    entry: Entry
    score: float
    reasons: tuple[Reason, ...]


class Visible:
    """The datasets that a reader may see, by table UUID.

    Make it once for a reader and hand it to every search: the numbers the index compares are worked out once.
    """

    def __init__(self, table_uuids: Iterable[str]) -> None:
        self.table_uuids = frozenset(table_uuids)

    @cached_property
    def keys(self) -> np.ndarray[Any, np.dtype[np.uint64]]:
        """The index's numbers of the datasets, sorted."""
        import numpy as np

        found = np.fromiter((key_of(uuid) for uuid in self.table_uuids), np.uint64, len(self.table_uuids))
        found.sort()
        return found

    def has(self, keys: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Of each number, whether it is one of these datasets."""
        import numpy as np

        wanted = np.asarray(keys, np.uint64)
        if not len(self.keys):
            return np.zeros(len(wanted), np.bool_)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        found: np.ndarray[Any, np.dtype[np.bool_]] = self.keys[at] == wanted
        return found


def key_of(table_uuid: str) -> int:
    """The number under which the index knows a dataset (64 bits of a hash)."""
    return int.from_bytes(hashlib.blake2b(table_uuid.encode(), digest_size=8).digest(), "big")
