"""The statements that were run, from the run log: everybody's own, and to administrators all. Those of a pipeline's step are for who may
read the pipeline."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from workbench.core.clock import now
from workbench.core.errors import DatasetNotFound, Forbidden, NotFound, RunNotFound, StorageUnavailable, WorkbenchError
from workbench.core.principals import Principal
from workbench.governance.seen import OwnRuns
from workbench.query.past.records import PastStatement, StatementDiff, StatementMetrics
from workbench.query.past.redacted import redacted, sight

if TYPE_CHECKING:
    from workbench.governance.access import AccessService
    from workbench.lake.lake import Lake
    from workbench.runs.log import RunLog
    from workbench.runs.records import Run, RunStatus

__all__ = ["History"]

_PAGE = 500  # runs that are looked at together
_MOST = 20_000  # that are looked at for one page of a search
_SLOWEST = 5
_COMPARED = 2_000  # lines of a text up to which it is looked for what two have in common: what that takes grows with their square
_IN_PART = "You do not see all that it reads as it is: values, comments and names that you do not see are left out of its text."
_GONE = "Its text is not shown: what it read is not there any more, so nobody can tell what you may see of it."

Columns = Callable[[str, Principal], tuple[tuple[str, str], ...]]


class History:
    """Thread-safe.

    Parameters
    ----------
    columns
        The columns that a statement gives, by what the principal may see.
    """

    def __init__(self, log: RunLog, lake: Lake, access: AccessService, columns: Columns) -> None:
        self._log, self._lake, self._access, self._columns = log, lake, access, columns

    def list(
        self,
        who: Principal,
        search: str | None = None,
        status: RunStatus | None = None,
        dataset: str | None = None,
        since: datetime | None = None,
        principal: str | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> tuple[PastStatement, ...]:
        """Statements, newest first, of which the text holds ``search`` and that read ``dataset``; ``before`` is the last id of the page
        before.

        Raises
        ------
        Forbidden
            Another person's are for administrators.
        """
        if principal is not None and principal != who.name and not who.is_admin:
            raise Forbidden("You can see your own statements.", fix="Leave the name out; others can share a statement with you.")
        found: list[PastStatement] = []
        for run in self._runs(who, principal, status, since, before):
            one = _told(run, who)
            if _matches(one, search, dataset):
                found.append(one)
                if len(found) == limit:
                    break
        return tuple(found)

    def get(self, who: Principal, run_id: str) -> PastStatement:
        """One statement by its id: one's own, or one that was shared and is only about what one may see something of.

        Raises
        ------
        NotFound
            There is none, or it is not for this reader.
        """
        missing = NotFound(f"There is no statement {run_id!r}.", fix="Who ran it can share it with `workbench history share`.")
        try:
            run = self._log.get(run_id)
        except RunNotFound:
            raise missing from None
        if run.kind != "sql":
            raise missing
        one = _told(run, who)
        if who.is_admin or self._own(who).is_hers(run):
            return one
        names = {read.name for read in (*run.inputs, *run.outputs)}
        # Of what read nothing that is known, or wrote and did not come to it, nobody can say what its text is about.
        known = bool(names) and (bool(run.outputs) or not run.attributes.get("writes"))
        if not one.shared or not known or set(self._access.names(who, names)) != names:
            raise missing
        # The figures are of what somebody else saw.
        text = self._text(run, one.sql, who) if one.sql is not None else {}
        return one.model_copy(update={"rows": None, "bytes": None, "seconds": None, "cached": None, "error": None, **text})

    def share(self, who: Principal, run_id: str, shared: bool = True) -> PastStatement:
        """Let others open one's own statement by its id, or no longer. They see its text where they see its datasets, without its values
        where they see a part of these, and run it as themselves.

        Raises
        ------
        NotFound
            There is none of one's own.
        """
        one = self.get(who, run_id)
        if not (who.is_admin or self._own(who).is_hers(self._log.get(run_id))):
            raise NotFound(f"There is no statement {run_id!r} of yours.", fix="Run it yourself, and share that.")
        with self._log.store.write(act=True) as conn:
            self._log.handle(run_id).attributes(conn, shared=shared)
        return one.model_copy(update={"shared": shared})

    def diff(self, who: Principal, first: str, second: str) -> StatementDiff:
        """What differs between two statements. Raises as :meth:`get` does."""
        a, b = self.get(who, first), self.get(who, second)
        one, other = ((each.sql or "").splitlines() for each in (a, b))
        text = "\n".join(_differing(one, other, a.id, b.id))
        left, right = ([] if one.sql is None else list(self._shape(one.sql, who)) for one in (a, b))
        only_first, only_second = tuple(c for c in left if c not in right), tuple(c for c in right if c not in left)
        return StatementDiff(first=a, second=b, text=text, only_first=only_first, only_second=only_second)

    def metrics(self, who: Principal, since: datetime | None = None, principal: str | None = None) -> StatementMetrics:
        """Figures of the statements since a moment, a week ago by default. Raises as :meth:`list` does."""
        if principal is not None and principal != who.name and not who.is_admin:
            raise Forbidden("You can see your own statements.", fix="Leave the name out.")
        start = since if since is not None else now() - timedelta(days=7)
        every = [_told(run, who) for run in self._runs(who, principal, None, start, None)]
        took = sorted(one.seconds for one in every if one.seconds is not None)
        # A figure over statements of which some are not told would be told wrong.
        known = who.is_admin or all(one.cached is not None for one in every)
        return StatementMetrics(
            since=start,
            count=len(every),
            succeeded=sum(one.status == "succeeded" for one in every),
            failed=sum(one.status == "failed" for one in every),
            cancelled=sum(one.status == "cancelled" for one in every),
            cached=sum(bool(one.cached) for one in every) if known else None,
            bytes=sum(one.bytes or 0 for one in every) if known else None,
            seconds_p50=took[len(took) // 2] if took and known else None,
            seconds_p95=took[min(len(took) - 1, int(len(took) * 0.95))] if took and known else None,
            slowest=tuple(sorted((one for one in every if one.seconds), key=lambda one: -(one.seconds or 0))[:_SLOWEST]),
        )

    # ---------------------------------------------------------------------------------------------------------- inside

    def _runs(
        self, who: Principal, principal: str | None, status: RunStatus | None, since: datetime | None, before: str | None
    ) -> Iterator[Run]:
        """One's own; of an administrator everybody's, or one principal's."""
        moment = since.replace(tzinfo=UTC) if since is not None and since.tzinfo is None else since
        own = None if who.is_admin else self._own(who)
        whose = principal if own is None else own.me
        for _ in range(_MOST // _PAGE):
            page = self._log.list("sql", status, limit=_PAGE, principal=whose, before=before, since=moment)
            if own is not None:
                own.look_up(run.parent_id for run in page)
            yield from page if own is None else filter(own.is_hers, page)
            if len(page) < _PAGE:
                return
            before = page[-1].id

    def _own(self, who: Principal) -> OwnRuns:
        """None are of who came with a token for some datasets, for they are about any."""
        return OwnRuns("" if who.only else who.name, self._access.rights(who), self._log)

    def _text(self, run: Run, sql: str, who: Principal) -> dict[str, str | None]:
        """What is told of another's text: a value in it may be one that she does not see."""
        try:
            seen = sight(self._lake, self._access, who, run)
        except (DatasetNotFound, StorageUnavailable):
            return {"sql": None, "withheld": _GONE}
        told = sql if seen.clear else redacted(sql, seen.hidden, seen.known)
        return {"sql": told, "withheld": None if told == sql else _IN_PART}

    def _shape(self, sql: str, who: Principal) -> tuple[tuple[str, str], ...]:
        try:
            return self._columns(sql, who)
        except WorkbenchError:
            return ()


def _differing(one: Sequence[str], other: Sequence[str], first: str, second: str) -> Iterable[str]:
    """The lines of a unified diff; of very long texts all lines of both."""
    if one == other:
        return ()
    if max(len(one), len(other)) <= _COMPARED:
        return difflib.unified_diff(one, other, fromfile=first, tofile=second, lineterm="")
    hunk = f"@@ -1,{len(one)} +1,{len(other)} @@"
    return [f"--- {first}", f"+++ {second}", hunk, *(f"-{line}" for line in one), *(f"+{line}" for line in other)]


def _matches(one: PastStatement, search: str | None, dataset: str | None) -> bool:
    if search is not None and search.casefold() not in (one.sql or "").casefold():
        return False
    if dataset is None:
        return True
    wanted = dataset.casefold()
    return any(wanted in (name.casefold(), name.split(".", 1)[-1].casefold()) for name in one.datasets)


def _told(run: Run, who: Principal) -> PastStatement:
    metrics, attributes = run.metrics, run.attributes
    # Bytes and seconds tell how much there is, and kept answers whether somebody has written: not for who saw a part only.
    whole = who.is_admin or not attributes.get("in_part")
    seconds = metrics.get("seconds")
    if seconds is None and run.started_at is not None and run.ended_at is not None:
        seconds = (run.ended_at - run.started_at).total_seconds()
    return PastStatement(
        id=run.id,
        sql=attributes.get("sql"),
        principal=run.principal,
        status=run.status,
        started_at=run.started_at,
        seconds=seconds if whole else None,
        rows=int(metrics["rows"]) if "rows" in metrics else None,
        bytes=int(metrics["bytes"]) if whole and "bytes" in metrics else None,
        cached="cached" in metrics if whole else None,
        datasets=tuple(dict.fromkeys(read.name for read in (*run.inputs, *run.outputs))),
        parameters=tuple(attributes.get("parameters", ())),
        shared=bool(attributes.get("shared")),
        error=run.error,
    )
