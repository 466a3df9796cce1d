"""Watched folders: files that come are taken in.

A folder is looked into by listing, every few seconds. A file counts as complete when two looks have found it the same (see
:mod:`.stamps`); it is then handed on once, and again only when it has changed. Files that are complete at one look are handed on together:
they become loads of their own, which one durable job carries out. What is known of the files is kept in the store, in the transaction that
hands them on, so a worker that is killed between two looks leaves nothing out and takes nothing twice.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, delete, func, insert, select, update

from workbench.core.clock import from_iso, iso, now
from workbench.core.config import Settings
from workbench.core.errors import Forbidden, InvalidInput, NotFound, UnreadableFile, WorkbenchError
from workbench.core.ids import new_id
from workbench.core.names import slug
from workbench.core.principals import Principal, local_principal
from workbench.core.telemetry import get_logger
from workbench.ingest.place import dataset_name
from workbench.ingest.records import LoadOptions
from workbench.ingest.sources.files import called_together, fixed_part
from workbench.ingest.sources.folder import passed_over, under
from workbench.ingest.sources.reach import MACHINE, ForeignLink, Reach
from workbench.ingest.sources.records import Watch
from workbench.ingest.sources.words import as_text, has_magic, is_text, kind_of, local_path
from workbench.ingest.stamps import Doubts, is_the_same, stamp_of
from workbench.runs.records import RunError
from workbench.store.tables import runs, watched_files, watches

if TYPE_CHECKING:
    from workbench.runs.log import RunLog
    from workbench.store import Store

__all__ = ["Ready", "Watches"]

_log = get_logger("ingest.watch")
_MOST_FILES = 100_000
_AT_ONCE = 1000  # rows in one transaction, and files in one job
_MOST_FAILURES = 20
# In the report of a load that found its content there already, as the log writes it; in a text of it the quotes would be escaped.
_UNCHANGED = '"unchanged":true'


@dataclass(frozen=True)
class Ready:
    """Files of a watched ``folder`` that are complete and have not been handed on as they are."""

    folder: str
    paths: tuple[str, ...]
    options: LoadOptions
    by: str
    reach: Reach


HandOn = Callable[[Ready], tuple[Sequence[str], Callable[[], object]]]


@dataclass(frozen=True)
class _Seen:
    path: str
    stamp: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(os.fsencode(self.path)).hexdigest()


class Watches:
    """Watched folders.

    Parameters
    ----------
    store, log
        Where they are kept, and where the loads of their files are recorded.
    settings
        The workspace's.
    reach
        Which folders the caller may name.
    """

    def __init__(self, store: Store, log: RunLog, settings: Settings, reach: Reach = MACHINE) -> None:
        self._store, self._log, self._settings, self._reach = store, log, settings, reach

    # ---------------------------------------------------------------------------------------------- what people ask for

    def all(self) -> tuple[Watch, ...]:
        """The watches, oldest first, with what became of their files."""
        self._log.count("failed")  # brings the table of runs up to date
        with self._store.read() as conn:
            rows = conn.execute(select(watches).order_by(watches.c.id)).all()
            return tuple(self._told(conn, row) for row in rows)

    def get(self, id: str) -> Watch:
        """One watch, with what became of its files.

        Raises
        ------
        NotFound
            There is none of that id.
        """
        self._log.count("failed")  # as above
        with self._store.read() as conn:
            return self._told(conn, _row(conn, id))

    def add(self, source: str, options: LoadOptions | None = None, principal: Principal | None = None) -> Watch:
        """Watch a folder or a pattern of files. Without a name, all of its files go into one dataset that is called as the folder is;
        the mode ``create`` means ``append`` here. The same source again changes its options.

        Raises
        ------
        InvalidInput, InvalidName, UnreadableFile, Forbidden
            It is no folder or pattern on this machine, or the caller may not name it.
        """
        path = self._folder(source)
        options = _for_many(path, options or LoadOptions())
        who = (principal or local_principal()).name
        said = {"options": options.model_dump_json(), "by": who, "reach": self._reach.word, "error": None}
        with self._store.write(act=True) as conn:
            known = conn.execute(select(watches.c.id).where(watches.c.source == str(path))).scalar()
            if known is None:
                known = new_id()
                conn.execute(insert(watches).values(id=known, source=str(path), made_at=iso(now()), looked_at=None, **said))
            else:
                conn.execute(update(watches).where(watches.c.id == known).values(**said))
            row = conn.execute(select(watches).where(watches.c.id == known)).one()
            return self._told(conn, row)

    def remove(self, id: str) -> tuple[Watch, ...]:
        """Watch it no longer; what was taken stays. Returns those left.

        Raises
        ------
        NotFound
            There is none of that id.
        """
        with self._store.write(act=True) as conn:
            conn.execute(delete(watches).where(watches.c.id == _row(conn, id).id))
            conn.execute(delete(watched_files).where(watched_files.c.watch_id == id))
        return self.all()

    # -------------------------------------------------------------------------------- for others who wait for files to come

    def folder(self, source: str) -> Path:
        """A folder or a pattern as it is kept. Raises as :meth:`add`."""
        return self._folder(source)

    def complete(self, id: str, source: str) -> list[tuple[str, str, str]]:
        """Path, hash of the path, and stamp of each file that is complete and was not taken as it is now; to be asked every few seconds.
        Who takes one says so in its line of ``watched_files``.

        Raises
        ------
        UnreadableFile, InvalidInput
            The folder is gone, or holds too much.
        """
        reach = self._reach.into(fixed_part(Path(source)))
        here = [seen for seen in self._listed(Path(source), reach) if is_text(seen.path)]
        return [(seen.path, seen.hash, seen.stamp) for seen in self._complete(id, here)]

    def pass_over(self, id: str, source: str) -> None:
        """Of what is there now nothing has come. Raises as :meth:`complete`."""
        self.complete(id, source)
        with self._store.write() as conn:
            conn.execute(update(watched_files).where(watched_files.c.watch_id == id).values(run_id="before"))

    # -------------------------------------------------------------------------------------------------- what a worker does

    def look(self, hand_on: HandOn, only: str | None = None) -> int:
        """Look into every folder once, or into that of one watch; ``hand_on`` prepares the loads of files, and gives their runs, in their
        order, with what queues them. Returns how many were handed on.

        Nothing is raised for one folder's sake: what is wrong with it is kept with its watch.

        Raises
        ------
        NotFound
            There is no watch ``only``.
        """
        with self._store.read() as conn:
            rows = conn.execute(select(watches).order_by(watches.c.id)).all() if only is None else [_row(conn, only)]
        return sum(self._look_into(row, hand_on) for row in rows)

    def _look_into(self, row: Row[Any], hand_on: HandOn) -> int:
        reach, error, count = Reach.named(row.reach, self._settings.root).into(fixed_part(Path(row.source))), None, 0
        try:
            options = LoadOptions.model_validate_json(row.options)
            links: list[str] = []
            here = list(self._listed(Path(row.source), reach, links))
            if links:
                error = links[0]
            named = [seen for seen in here if is_text(seen.path)]
            if len(named) < len(here):
                odd = next(Path(seen.path).name for seen in here if not is_text(seen.path))
                error = f"The name of {as_text(odd)} is not UTF-8; it is not taken. Rename it."
            complete = self._complete(row.id, named)
            for start in range(0, len(complete), _AT_ONCE):
                part = complete[start : start + _AT_ONCE]
                ready = Ready(row.source, tuple(seen.path for seen in part), options, row.by, reach)
                run_ids, queue = hand_on(ready)
                with self._store.write(durable=True) as conn:
                    queue()
                    for seen, run_id in zip(part, run_ids, strict=True):
                        same = *_this(row.id, seen), watched_files.c.stamp == seen.stamp
                        conn.execute(update(watched_files).where(*same).values(run_id=run_id))
                count += len(part)
        except WorkbenchError as problem:
            error = str(problem)
        except OSError as problem:
            error = f"{row.source} cannot be looked into: {problem.strerror or 'the system refused'}."
        except Exception as problem:  # whatever is wrong with one folder holds back no other
            _log.exception("a watched folder could not be looked into", extra={"watch": row.id})
            error = f"Looking into {row.source} failed ({type(problem).__name__}). The worker's log says more."
        with self._store.write() as conn:
            conn.execute(update(watches).where(watches.c.id == row.id).values(looked_at=iso(now()), error=error))
        return count

    def _listed(self, path: Path, reach: Reach, links: list[str] | None = None) -> Iterator[_Seen]:
        """``links`` takes what is told of links that are not followed."""
        if not has_magic(str(path)) and not path.is_dir():
            raise UnreadableFile(f"The folder {path} is not there.", fix="Make it again, or end the watch.")
        for count, member in enumerate(under(path, reach.enters)):
            if count >= _MOST_FILES:
                raise InvalidInput(
                    f"{path} holds more than {_MOST_FILES:,} files.", fix="Move what was taken, or watch a narrower pattern."
                )
            if passed_over(member.below) is not None:
                continue
            # A file may be gone since it was listed; a link may lead to where its maker does not reach.
            with suppress(OSError, Forbidden, UnreadableFile):
                try:
                    facts = reach.check(Path(member.place), member.below.as_posix()).stat()
                except ForeignLink as link:
                    if links is not None:
                        links.append(as_text(str(link)))
                    continue
                yield _Seen(member.place, stamp_of(facts))

    def _complete(self, id: str, here: list[_Seen]) -> list[_Seen]:
        """Those that are as they were at the last look and were not handed on since; what is seen is remembered."""
        with self._store.read() as conn:
            columns = watched_files.c.path_hash, watched_files.c.stamp, watched_files.c.run_id
            known = {row.path_hash: row for row in conn.execute(select(*columns).where(watched_files.c.watch_id == id))}
        found = {seen.hash: seen for seen in here}
        fresh = [seen for hash, seen in found.items() if hash not in known]
        changed, same, doubts = list[_Seen](), list[_Seen](), Doubts(self._log)
        for seen in (seen for hash, seen in found.items() if hash in known and known[hash].stamp != seen.stamp):
            before = known[seen.hash]
            is_same = is_the_same(before.stamp, seen.stamp)
            has_changed = doubts.settle(seen.path, before.stamp, seen.stamp, before.run_id) if is_same is None else not is_same
            if has_changed is not None:
                (changed if has_changed else same).append(seen)
        gone = [hash for hash in known if hash not in found]
        for start in range(0, max(len(fresh), len(changed), len(same), len(gone)), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            with self._store.write() as conn:
                for seen in fresh[part]:
                    row = {"watch_id": id, "path_hash": seen.hash, "path": as_text(seen.path), "stamp": seen.stamp, "run_id": None}
                    conn.execute(insert(watched_files).values(**row))
                for seen in changed[part]:
                    conn.execute(update(watched_files).where(*_this(id, seen)).values(stamp=seen.stamp, run_id=None))
                for seen in same[part]:
                    conn.execute(update(watched_files).where(*_this(id, seen)).values(stamp=seen.stamp))
                if gone[part]:
                    here_no_more = watched_files.c.watch_id == id, watched_files.c.path_hash.in_(gone[part])
                    conn.execute(delete(watched_files).where(*here_no_more))
        still = [seen for hash, seen in found.items() if hash in known and known[hash].stamp == seen.stamp and known[hash].run_id is None]
        return sorted(still, key=lambda seen: seen.path)

    # ---------------------------------------------------------------------------------------------------------- inside

    def _folder(self, source: str) -> Path:
        if kind_of(source) != "path":
            raise InvalidInput("Only folders of this machine can be watched.", fix="Name a folder, or a pattern such as data/*.csv.")
        path = self._reach.absolute(local_path(source))
        self._reach.check(path, source)
        if not is_text(str(path)):
            raise InvalidInput("The name of that folder is not UTF-8.", fix="Rename it, or watch one below it by another name.")
        with suppress(OSError):  # a name that no system takes
            if path.is_dir():
                return path
        if has_magic(source):
            with suppress(OSError, UnreadableFile):
                next(under(path, self._reach.enters), None)  # a pattern that is none is said so now
            return path
        raise UnreadableFile(f"There is no folder {source}.", fix="Make it first, or name a pattern such as data/*.csv.")

    def _told(self, conn: Any, row: Row[Any]) -> Watch:
        of_this = watched_files.c.watch_id == row.id
        files = conn.execute(select(func.count()).where(of_this, watched_files.c.run_id.is_not(None))).scalar() or 0
        waiting = conn.execute(select(func.count()).where(of_this, watched_files.c.run_id.is_(None))).scalar() or 0
        columns = runs.c.id, runs.c.status, runs.c.error, watched_files.c.path
        joined = select(*columns).join(watched_files, watched_files.c.run_id == runs.c.id).where(of_this).order_by(runs.c.id.desc())
        done = joined.where(runs.c.status == "succeeded")
        succeeded, repeated = (
            conn.execute(select(func.count()).select_from(found.subquery())).scalar() or 0
            for found in (done, done.where(runs.c.attributes.contains(_UNCHANGED, autoescape=True)))
        )
        failed = conn.execute(joined.where(runs.c.status.in_(("failed", "cancelled")))).all()
        failures = tuple(f"{Path(each.path).name}: {_message(each.error, each.status)}" for each in failed[:_MOST_FAILURES])
        last = conn.execute(joined).first()
        return Watch(
            id=row.id,
            source=row.source,
            options=LoadOptions.model_validate_json(row.options),
            by=row.by,
            made_at=from_iso(row.made_at),
            looked_at=from_iso(row.looked_at) if row.looked_at else None,
            error=row.error,
            files=files,
            taken=succeeded - repeated,
            repeated=repeated,
            loading=files - succeeded - len(failed),
            waiting=waiting,
            failed=len(failed),
            failures=failures,
            last_failure=failures[0] if failures else None,
            last_run=last.id if last else None,
            last_file=Path(last.path).name if last else None,
            last_status=last.status if last else None,
        )


def _row(conn: Any, id: str) -> Row[Any]:
    found: Row[Any] | None = conn.execute(select(watches).where(watches.c.id == id)).first()
    if found is None:
        raise NotFound(f"There is no watch {id!r}.", fix="`workbench watch list` shows them.")
    return found


def _for_many(path: Path, options: LoadOptions) -> LoadOptions:
    """The options for one file of many."""
    name = options.name or slug(called_together(path))
    zone, full = dataset_name(name, name, options.zone)
    if zone == "gold":
        raise InvalidInput("A gold dataset is not made from files.", fix="Watch into bronze.")
    return options.model_copy(update={"name": full, "mode": "append" if options.mode == "create" else options.mode})


def _this(id: str, seen: _Seen) -> tuple[Any, Any]:
    return watched_files.c.watch_id == id, watched_files.c.path_hash == seen.hash


def _message(error: str | None, status: str) -> str:
    if status == "cancelled":
        return "its load was cancelled."
    return RunError.model_validate_json(error).message if error else "it failed."
