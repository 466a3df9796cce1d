"""The verbs that keep the lake small: compact, expire, vacuum, purge; retention in one place (DESIGN, decision 9)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any

from workbench.core.errors import CommitConflict
from workbench.core.refs import MAIN
from workbench.core.working import at_once
from workbench.lake.changes import Expire
from workbench.lake.maintenance import Maintainer
from workbench.lake.records import Maintenance
from workbench.lake.retention import Retention
from workbench.writes.base import Committing, Who
from workbench.writes.recording import Recording, commit_key, recording

__all__ = ["Housekeeping"]

_ATTEMPTS = 3


class Housekeeping(Committing):
    """Maintenance of datasets; each call is a run of kind ``maintenance``."""

    @cached_property
    def _maintainer(self) -> Maintainer:
        return Maintainer(self.lake)

    def compact(self, name: str, branch: str = MAIN, principal: Who = None) -> Maintenance:
        """Merge a branch's small files; rows and earlier snapshots stay as they are.

        Raises
        ------
        DatasetNotFound
        CommitConflict
            The files were rewritten meanwhile. Nothing was changed.
        """
        with self._run("compact", name, principal) as run:
            rewrite = self._maintainer.compaction(name, branch)
            if rewrite.change is not None:
                self._commit([rewrite.change], commit_key("compact", [name], None), run, None)
            return Maintenance(dataset=name, files_before=rewrite.files_before, files_after=rewrite.files_after)

    def expire(self, name: str, older_than_days: float | None = None, principal: Who = None) -> Maintenance:
        """Forget old snapshots and delete the files only they knew.

        ``retention.replay_days`` and ``retention.min_snapshots`` hold; ``older_than_days`` can only keep more. Branches, tags and
        snapshots that are being read stay.

        Raises
        ------
        DatasetNotFound
        """
        retention = Retention.of(self.retention, older_than_days)
        with self._run("expire", name, principal, older_than_days=older_than_days) as run:
            for attempt in range(_ATTEMPTS):
                before = self.lake.table(name).metadata
                doomed = self._maintainer.expirable(name, retention)
                if not doomed:
                    return Maintenance(dataset=name)
                try:
                    change = Expire(name, str(before.table_uuid), doomed)
                    self._commit([change], commit_key("expire", [name], None), run, None)
                except CommitConflict:
                    if attempt == _ATTEMPTS - 1:
                        raise
                    continue
                return self._maintainer.delete_unreachable(name, before, doomed)
        raise AssertionError("unreachable")

    def vacuum(self, name: str | None = None, grace_hours: float | None = None, principal: Who = None) -> Maintenance:
        """Delete files that no snapshot knows and nothing has touched for ``retention.orphan_grace_hours``; of one dataset, or (None)
        those that belong to no dataset at all.

        Raises
        ------
        DatasetNotFound
        """
        hours = self.retention.orphan_grace_hours if grace_hours is None else grace_hours
        grace = timedelta(hours=hours)
        with self._run("vacuum", name or "*", principal, grace_hours=hours):
            return self._maintainer.vacuum(name, grace) if name is not None else self._maintainer.vacuum_lake(grace)

    def purge(self, principal: Who = None) -> tuple[str, ...]:
        """Delete the files of dropped datasets whose time to be brought back is over; returns their names."""
        with self._run("purge", "*", principal):
            return self._maintainer.purge()

    def sweep(self, principal: Who = None) -> tuple[Maintenance, ...]:
        """All of it for the whole lake, as a schedule would do it: expire, vacuum, purge."""
        done = [each for name in self.lake.names() for each in (self.expire(name, None, principal), self.vacuum(name, None, principal))]
        self.purge(principal)
        return (*done, self.vacuum(None, None, principal))

    @contextmanager
    def _run(self, verb: str, name: str, principal: Who, **params: Any) -> Iterator[Recording]:
        facts = {"dataset": name, "action": verb} | {key: value for key, value in params.items() if value is not None}
        # It is about tables as they are, and not as a run sees them whose branch stands in main's place: main's files would be left over.
        with at_once(), recording(self.log, "maintenance", f"{verb} {name}", principal, facts) as run:
            yield run
