"""From what a person names to files on this disk: the one door of every source."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.config import Settings
from workbench.core.errors import InvalidInput
from workbench.core.principals import Principal
from workbench.ingest.allowed import person
from workbench.ingest.sources.base import Fetched, Note, Notes, Since
from workbench.ingest.sources.reach import MACHINE, Reach
from workbench.ingest.sources.words import connection_word, kind_of, local_path

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.ingest.allowed import Allowed
    from workbench.ingest.connections import Connections
    from workbench.ingest.staging import Staging

__all__ = ["Sources"]


class Sources:
    """Opens sources.

    Parameters
    ----------
    settings
        The workspace's: limits, S3, which addresses may be asked.
    connections, staging
        Saved databases; files that were uploaded.
    allowed
        Which sources who may name.
    reach
        Which files of this machine may be named.
    """

    def __init__(self, settings: Settings, connections: Connections, staging: Staging, allowed: Allowed, reach: Reach = MACHINE) -> None:
        self.settings, self.connections, self.staging, self.allowed, self.reach = settings, connections, staging, allowed, reach

    def open(
        self,
        source: str | os.PathLike[str] | Any,
        scratch: Path,
        note: Note = lambda text: None,
        *,
        check: Callable[[], None] = lambda: None,
        who: Principal | str | None = None,
        since: Since | None = None,
        rows: int | None = None,
        there: Mapping[str, pa.DataType] | None = None,
    ) -> Iterator[Fetched]:
        """The files of a source, one after another, fetched when their turn comes.

        Parameters
        ----------
        source
            A path (file, folder, pattern), ``http(s)://``, ``s3://``, ``upload:ID/name``, ``connection:NAME/table`` or
            ``connection:NAME?query=...``; a pandas or polars frame, or anything that gives Arrow.
        scratch
            A folder for what is fetched; the caller removes it, after reading.
        note
            Told how far it has come. It may raise, which stops the fetching.
        check
            Raises once it shall stop; asked while there is nothing to tell, too, and in another thread.
        who
            Who asks: of somebody's uploads nobody else takes, and only administrators what the server alone reaches.
        since
            Of a database: only the rows above a value.
        rows
            Of a database: at most so many, for a look.
        there
            Of a database: the types of the columns of the dataset that they go into.

        Raises
        ------
        UnreadableFile, InvalidInput, Forbidden, NotFound, TooLarge, Unavailable
            What is wrong with the source, and what to do. Some only when the files are asked for.
        """
        kind, text, asking = *self._named(source), person(who)
        self.check(source, asking)
        if since is not None and kind != "connection":
            raise InvalidInput("Only rows of a database can be read from a value on.", fix="Leave since out, or read a connection:.")
        if kind == "frame":
            from workbench.ingest.sources.frames import open_frame

            return open_frame(source, scratch)
        notes = Notes(note, check)
        if kind == "connection":
            word = connection_word(text)
            return notes.kept_with(self.connections.read(word, scratch, notes, since, rows, not asking.is_admin, there))
        return notes.kept_with(self._files(kind, text, scratch, notes, asking))

    def check(self, source: str | os.PathLike[str] | Any, who: Principal) -> None:
        """Whether somebody may name a source. Nothing is opened.

        Raises
        ------
        Forbidden, NotFound, InvalidInput
            She may not, or it is none.
        """
        kind, text = self._named(source)
        self.allowed.check_source(who, kind, connection_word(text).name if kind == "connection" else "")

    @staticmethod
    def _named(source: str | os.PathLike[str] | Any) -> tuple[str, str]:
        """What kind of source it is, and how it was written."""
        if not isinstance(source, str | os.PathLike):
            return "frame", ""
        text = os.fspath(source)
        return "path" if isinstance(source, os.PathLike) else kind_of(text), text

    def _files(self, kind: str, text: str, scratch: Path, note: Notes, who: Principal) -> Iterator[Fetched]:
        if kind == "web":
            from workbench.ingest.sources.web import open_address

            # What this setting opens is open to who administers the server: others would look into its network through it.
            private = self.settings.ingest.allow_private_addresses and who.is_admin
            settings = self.settings.ingest.model_copy(update={"allow_private_addresses": private})
            return open_address(text, settings, scratch, note, outsider=not who.is_admin)
        if kind == "s3":
            from workbench.ingest.sources.s3 import open_objects

            return open_objects(text, self.settings, scratch, note)
        if kind == "upload":
            from workbench.ingest.sources.archive import members

            staged = self.staging.find(text, who)
            return members(Fetched(staged.path, staged.name, text, staged.inside), scratch, note)
        from workbench.ingest.sources.files import open_files

        return open_files(text, self.reach, scratch, note)

    def absolute(self, source: str) -> str:
        """The same source as another process would have to be told: relative paths made absolute, and checked.

        Raises
        ------
        Forbidden, InvalidInput
            The caller may not name that file, or there is no such kind of source.
        """
        if kind_of(source) != "path":
            return source
        path = self.reach.absolute(local_path(source))
        self.reach.check(path, source)
        return str(path)

    @staticmethod
    def shown(source: str) -> str:
        """The source without passwords, tokens and statements: for messages, the run log and lineage.

        >>> Sources.shown("https://ada:pw@example.org/a.csv?sig=abc")
        'https://example.org/a.csv'
        """
        kind = kind_of(source)
        if kind == "web":
            from workbench.ingest.sources.web import shown_address

            return shown_address(source)
        return connection_word(source).shown if kind == "connection" else source
