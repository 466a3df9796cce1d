"""The index on disk: opened, searched, changed, replaced.

Several processes use one index. Readers never wait: each holds the files of the last commit it has seen, and looks whether there
is a newer one. One writer at a time, by lock; what it does is seen as a whole, or not at all.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from workbench.catalog.index.entry import Entry, Filters, Found, Visible
from workbench.catalog.index.queries import Asked, filtering, with_columns
from workbench.catalog.index.ranking import met, rank
from workbench.catalog.index.schema import STATE, VERSION, document, schema, state_document
from workbench.core.batches import batched
from workbench.core.telemetry import get_logger
from workbench.store.filesystem import make_private
from workbench.store.locks import FileLocks, hold

__all__ = ["Damaged", "SearchIndex", "State"]

_CANDIDATES = 40  # hits that are ranked by all there is to know
_POOR = 0.35  # a best hit below this score is not taken for what was meant
_FEW = 1_000  # of datasets that a reader may see, to be asked for one by one
_BUILD_MEMORY, _UPDATE_MEMORY = 200_000_000, 30_000_000  # bytes
T = TypeVar("T")


class Damaged(Exception):
    """The index is missing, or cannot be read; it is to be built again."""


@dataclass(frozen=True)
class State:
    """How far the index has seen: the number and the id of the last event of the run log, and how many datasets there were."""

    offset: int = 0
    event: str = ""
    datasets: int = 0


class SearchIndex:
    """The search index in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / f"catalog-{VERSION}"
        self._guard = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._index: Any = None
        self._state = State()

    # ---------------------------------------------------------------------------------------------------------- reading

    def state(self) -> State:
        """How far the newest commit has seen.

        Raises
        ------
        Damaged
            There is no index, or it cannot be read.
        """
        return self._reading(lambda _: self._state)

    def search(
        self,
        text: str,
        limit: int = 20,
        filters: Filters | None = None,
        visible: Visible | None = None,
        *,
        columns_only: bool = False,
    ) -> list[Found]:
        """The datasets that fit best, best first.

        Without a word, those that meet the filters, written to last first. ``visible`` None sees all; ``columns_only`` looks for columns
        and nothing else. What a reader may not see takes no part in what is found, its order or its scores.

        Raises
        ------
        Damaged
            There is no index, or it cannot be read.
        """
        asked = Asked(text, columns_only=columns_only)
        if limit < 1 or not (asked.words or (filters is not None and not text.strip())):
            return []
        sets = [each for each in (visible, filters.among if filters else None) if each is not None]
        wanted = filtering(filters) if filters else []
        least = max(limit, _CANDIDATES)

        def find(index: Any) -> list[Found]:
            searcher = index.searcher()
            if filters is not None and not asked.words:
                return [met(filters, entry) for entry in _newest(searcher, wanted, sets, limit)] if wanted or filters.among else []
            found = rank(asked, _candidates(searcher, asked.strict, wanted, sets, least), limit)
            if not found or found[0].score < _POOR:
                found = rank(asked, _candidates(searcher, asked.loose, wanted, sets, least), limit, loose=True)
            return found

        return self._reading(find)

    def having(self, columns: Sequence[str], least: int, limit: int, visible: Visible | None = None) -> list[Entry]:
        """At most ``limit`` datasets that have ``least`` of these columns or more, those with most of them first.

        Raises
        ------
        Damaged
            There is no index, or it cannot be read.
        """
        query = with_columns(columns, least)
        return self._reading(lambda index: list(_candidates(index.searcher(), query, [], [visible] if visible else [], limit)))

    def entries(self, table_uuids: Iterable[str]) -> dict[str, Entry]:
        """What the index holds of some datasets, by UUID."""
        wanted = list(table_uuids)
        return self._reading(lambda index: {entry.table_uuid: entry for entry in _named(index.searcher(), wanted)})

    def _reading(self, work: Callable[[Any], T]) -> T:
        try:
            return work(self._open())
        except (KeyboardInterrupt, SystemExit, Damaged):
            raise
        except BaseException as error:
            # What a damaged file does inside tantivy may come as a panic, which is no Exception.
            if not isinstance(error, Exception) and "Panic" not in type(error).__name__:
                raise
            get_logger("catalog").warning("the search index cannot be read", exc_info=error)
            self._forget()
            raise Damaged(str(error)) from error

    def _open(self) -> Any:
        import tantivy

        with self._guard:
            try:
                found = (self.path / "meta.json").stat()
            except OSError as error:
                self._seen = self._index = None
                raise Damaged("there is none") from error
            seen = (found.st_ino, found.st_mtime_ns)
            if seen != self._seen:
                index = tantivy.Index.open(str(self.path))
                index.config_reader("manual")
                index.reload()
                self._state = _state(index)
                self._index, self._seen = index, seen
            return self._index

    def _forget(self) -> None:
        with self._guard:
            self._seen = self._index = None

    # ---------------------------------------------------------------------------------------------------------- writing

    def lock(self, timeout: float) -> AbstractContextManager[None]:
        """The right to write, held by one thread of one process.

        Raises
        ------
        Unavailable
            Another holds it.
        """
        return hold(FileLocks(self.folder), "catalog", timeout)

    def update(self, changed: Iterable[Entry], gone: Iterable[str], state: State) -> None:
        """Put datasets in the place of what was known of them, and forget others (by UUID), in one commit. Hold the lock.

        Raises
        ------
        Damaged
            There is no index, or it cannot be read.
        """

        def write(index: Any) -> None:
            writer = index.writer(_UPDATE_MEMORY, 1)
            for uuid in gone:
                writer.delete_documents_by_term("uuid", uuid)
            for entry in changed:
                writer.delete_documents_by_term("uuid", entry.table_uuid)
                writer.add_document(document(entry))
            _commit(writer, state)

        self._reading(write)
        self._forget()

    def replace(self, entries: Iterable[Entry], state: State) -> None:
        """Build the index anew beside the old one, which serves until this is done. Hold the lock."""
        import tantivy

        make_private(self.folder)
        fresh = self.folder / f"building-{VERSION}"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        writer = tantivy.Index(schema(), path=str(fresh)).writer(_BUILD_MEMORY, 1)
        for entry in entries:
            writer.add_document(document(entry))
        _commit(writer, state)
        old = self.folder / f"old-{VERSION}"
        shutil.rmtree(old, ignore_errors=True)
        if self.path.exists():
            self.path.rename(old)
        fresh.rename(self.path)
        shutil.rmtree(old, ignore_errors=True)
        for other in self.folder.glob("catalog-*"):
            if other != self.path and other.is_dir():  # of another version
                shutil.rmtree(other, ignore_errors=True)
        self._forget()

    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.stat().st_size for file in self.path.glob("*"))


def _commit(writer: Any, state: State) -> None:
    writer.delete_documents_by_term("uuid", STATE)
    writer.add_document(state_document(json.dumps([state.offset, state.event, state.datasets]).encode()))
    writer.commit()
    writer.wait_merging_threads()


def _state(index: Any) -> State:
    import tantivy

    searcher = index.searcher()
    hits = searcher.search(tantivy.Query.term_query(schema(), "uuid", STATE, "basic"), 1, count=False).hits
    if not hits:
        raise Damaged("it does not say what it has seen")
    return State(*json.loads(bytes(searcher.doc(hits[0][1])["body"][0])))


def _named(searcher: Any, table_uuids: list[str]) -> Iterator[Entry]:
    import tantivy

    for some in batched(table_uuids, _FEW):
        hits = searcher.search(tantivy.Query.term_set_query(schema(), "uuid", some), len(some), count=False).hits
        yield from (_entry(searcher, address) for _, address in hits)


def _candidates(searcher: Any, query: Any, wanted: list[Any], sets: list[Visible], least: int) -> Iterator[Entry]:
    """The best datasets for a query, of those that are in all sets; more are looked at until there are ``least``."""
    import tantivy

    must, narrow = tantivy.Occur.Must, min(sets, key=lambda each: len(each.table_uuids), default=None)
    if narrow is not None and len(narrow.table_uuids) <= _FEW:
        wanted = [*wanted, tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema(), "uuid", list(narrow.table_uuids)), 0.0)]
    if wanted:
        query = tantivy.Query.boolean_query([(must, query), *((must, each) for each in wanted)])
    given, offset, count = 0, 0, least * 3 if sets else least
    while given < least:
        hits = searcher.search(query, count, count=False, offset=offset).hits
        for address in _allowed(searcher, [address for _, address in hits], sets):
            yield _entry(searcher, address)
            given += 1
            if given == least:
                return
        if len(hits) < count:
            return
        offset, count = offset + count, count * 4


def _newest(searcher: Any, wanted: list[Any], sets: list[Visible], limit: int) -> Iterator[Entry]:
    """The datasets that meet what is wanted and are in all sets, written to last first."""
    import tantivy

    # What says how far the index has seen is no dataset.
    not_state = (tantivy.Occur.MustNot, tantivy.Query.term_query(schema(), "uuid", STATE, "basic"))
    met = [(tantivy.Occur.Must, each) for each in (tantivy.Query.all_query(), *wanted)]
    query, offset, given, count = tantivy.Query.boolean_query([*met, not_state]), 0, 0, limit * 3 if sets else limit
    while given < limit:
        hits = searcher.search(query, count, count=False, offset=offset, order_by_field="updated").hits
        for address in _allowed(searcher, [address for _, address in hits], sets):
            if given < limit:
                yield _entry(searcher, address)
                given += 1
        if len(hits) < count:
            return
        offset, count = offset + count, count * 4


def _allowed(searcher: Any, addresses: list[Any], sets: list[Visible]) -> Iterator[Any]:
    if not sets or not addresses:
        yield from addresses
        return
    keys = searcher.fast_field_values("key", addresses)
    masks = [each.has(keys) for each in sets]
    yield from (address for at, address in enumerate(addresses) if all(mask[at] for mask in masks))


def _entry(searcher: Any, address: Any) -> Entry:
    return Entry.load(bytes(searcher.doc(address)["body"][0]))
