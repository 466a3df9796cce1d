"""How a source is read, remembered: what a person has corrected once holds for its next file."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from sqlalchemy import Connection, delete, insert, select

from workbench.core.clock import from_iso, iso, now
from workbench.core.errors import NotFound
from workbench.core.principals import Principal
from workbench.engines.readers.reading import ColumnReading, Reading
from workbench.ingest.records import Remembered
from workbench.store.tables import source_readings

if TYPE_CHECKING:
    from workbench.store.store import Store

__all__ = ["Header", "Readings", "corrections", "source_key"]

#: What a file calls its columns; or what says so of a file that is read in a certain way (None: it cannot be read so).
Header = tuple[str, ...] | Callable[[Reading], tuple[str, ...] | None]
#: How a file is read, in full, where so much was said of it; None: it cannot be read so.
Look = Callable[[Reading], Reading | None]

_DIGITS = re.compile(r"\d+")
_UPLOAD = re.compile(r"^upload:[0-9a-f]{32}/")
_OF_THE_FILE = tuple(name for name in Reading.model_fields if name != "columns")


def source_key(origin: str) -> str:
    """The source that a file comes from: its origin with every number in it as ``#``, so that next month's file is of the same.

    >>> source_key("/data/flights_2013-01.csv"), source_key("upload:0123456789abcdef0123456789abcdef/Sales 2024.xlsx")
    ('/data/flights_#-#.csv', 'upload:Sales #.xlsx')
    """
    plain = os.path.normpath(origin) if origin.startswith("/") else _UPLOAD.sub("upload:", origin)
    return _DIGITS.sub("#", plain)


class Readings:
    """The readings that people have corrected, by source and header: files of one source whose columns are called otherwise are
    another matter, and are read as they are found. What one person has said holds for another only in the dataset that it was said for:
    uploads of two people, or what two datasets take of one file, may be called alike and be different things."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def known(self, origin: str, header: Header, who: Principal | str, dataset: str, others: bool = True) -> Reading | None:
        """How a file of this origin was said to be read: by whoever loads the same dataset (the newest counts), else by the same person.
        None where nobody of these has said anything of one with this header. Without ``others`` only what this person has said counts.

        ``header`` may be a function, since what a file's header is may depend on how it is read; it is called only where the source is
        known at all.
        """
        by = _name(who)
        heard = [kept for kept in self._of(source_key(origin)) if (others and kept.dataset == dataset) or kept.by == by]
        for kept in sorted(heard, key=lambda kept: kept.dataset != dataset):
            found = header(kept.reading) if callable(header) else header
            if found == kept.header:
                return kept.reading
        return None

    def keep(self, conn: Connection, origin: str, header: tuple[str, ...], dataset: str, reading: Reading, who: Principal | str) -> None:
        """Remember a reading, in the place of what this person has said of this source and header; part of a write transaction."""
        source, by = source_key(origin), _name(who)
        identifier = _identifier(source, header, by)
        body = json.dumps({"header": header, "reading": reading.model_dump(mode="json", exclude_defaults=True)}, ensure_ascii=False)
        conn.execute(delete(source_readings).where(source_readings.c.id == identifier))
        row = {"id": identifier, "source": source, "dataset": dataset, "body": body, "at": iso(now()), "by": by}
        conn.execute(insert(source_readings).values(row))

    def list(self, who: Principal, writes: Callable[[str], bool]) -> tuple[Remembered, ...]:
        """Those that concern a person, by source: what they have said, and what holds for datasets that they write. An administrator: all.
        With a token for some datasets only, what she has said for others is not told.

        Parameters
        ----------
        writes
            Whether the person may write a dataset, and sees all of it.
        """
        query = select(source_readings).order_by(source_readings.c.source, source_readings.c.id)
        with self._store.read() as conn:
            found = [kept for row in conn.execute(query) if (kept := _remembered(row)) is not None]
        return tuple(kept for kept in found if who.is_admin or (kept.by == who.name and not who.only) or writes(kept.dataset))

    def forget(self, identifier: str, who: Principal, writes: Callable[[str], bool]) -> None:
        """Remember one no longer, of those that :meth:`list` tells the person.

        Raises
        ------
        NotFound
            There is none of that id.
        """
        if all(kept.id != identifier for kept in self.list(who, writes)):
            raise NotFound("There is no such reading.", fix="`workbench readings` lists those there are.")
        with self._store.write(act=True) as conn:
            conn.execute(delete(source_readings).where(source_readings.c.id == identifier))

    def _of(self, source: str) -> tuple[Remembered, ...]:
        query = select(source_readings).where(source_readings.c.source == source).order_by(source_readings.c.at.desc())
        with self._store.read() as conn:
            return tuple(kept for row in conn.execute(query) if (kept := _remembered(row)) is not None)


def corrections(look: Look, given: Reading) -> Reading | None:
    """What of a whole reading, as a preview gives one, is not as it is found; None where nothing is.

    Only that is a person's word. The rest they have merely seen, of the beginning of the file: the whole file, and the next one, may
    know better, and a type that is pinned would send to quarantine what is well. ``look`` says how the file is read where so much was
    said of it (None: it cannot be read so).
    """
    found = look(Reading()) or Reading()
    changed = {name: getattr(given, name) for name in _OF_THE_FILE if getattr(given, name) != getattr(found, name)}
    if changed:
        # What is read otherwise may have other columns, so each is compared with what it is then.
        found = look(Reading(**changed)) or Reading()
    columns = _changed_columns(found, given)
    return Reading(**changed, columns=columns) if changed or columns else None


def _changed_columns(found: Reading, given: Reading) -> tuple[ColumnReading, ...]:
    places = {column.place: column for column in found.columns}
    changed = []
    for column in given.columns:
        was = places.get(column.place, ColumnReading(place=column.place))
        said: dict[str, Any] = {name: getattr(column, name) for name in ("name", "type")}
        said = {name: value for name, value in said.items() if value is not None and value != getattr(was, name)}
        if said or column.take != was.take:
            changed.append(ColumnReading(place=column.place, original=column.original, take=column.take, **said))
    return tuple(changed)


def _identifier(source: str, header: tuple[str, ...], by: str) -> str:
    return hashlib.sha256(json.dumps([source, header, by]).encode()).hexdigest()[:32]


def _name(who: Principal | str) -> str:
    return who if isinstance(who, str) else who.name


def _remembered(row: Any) -> Remembered | None:
    try:
        body = json.loads(row.body)
        reading = Reading.model_validate(body["reading"])
        return Remembered(
            id=row.id, source=row.source, header=tuple(body["header"]), dataset=row.dataset, reading=reading, at=from_iso(row.at), by=row.by
        )
    except (ValidationError, ValueError, KeyError, TypeError):  # written by another version: as good as never said
        return None
