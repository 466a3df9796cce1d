"""What somebody who is no administrator takes in, and into what: what she has herself, where SQL would let her CREATE TABLE or INSERT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.core.errors import AlreadyExists, DatasetNotFound, Forbidden, InvalidInput, NotFound
from workbench.core.names import sharing_quarantine
from workbench.core.principals import Principal, local_principal
from workbench.core.refs import DatasetRef

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema

    from workbench.governance.access import AccessService
    from workbench.governance.seen import View
    from workbench.ingest.records import LoadOptions
    from workbench.lake import Lake, ReadPlan
    from workbench.lake.changes import Change
    from workbench.lake.records import TableInfo
    from workbench.quality.service import QualityService

__all__ = ["EVERYTHING", "NOTHING", "Allowed", "Sight", "no_connection", "person"]


@dataclass(frozen=True)
class Sight:
    """What somebody sees of a dataset that she loads.

    Attributes
    ----------
    columns
        Their names; None: all there are, or will be.
    whole
        She sees every row and value as it is. Else nothing that is found by looking at the dataset is told her.
    judged
        She also sees all of what its rows are compared with, so that how good they are may be told her.
    admin
        Nothing holds her back that holds others back: she goes past gates.
    """

    columns: frozenset[str] | None = None
    whole: bool = True
    judged: bool = True
    admin: bool = False

    def schema(self, table: pa.Schema) -> pa.Schema:
        """The columns of a dataset that are seen."""
        import pyarrow as pa

        return table if self.columns is None else pa.schema([field for field in table if field.name in self.columns])

    def info(self, info: TableInfo) -> TableInfo:
        """A dataset as it is seen."""
        if self.whole:
            return info
        seen = tuple(column for column in info.columns if self.columns is None or column[1] in self.columns)
        return info.model_copy(update={"columns": seen, "partitioning": ()})


#: What an administrator sees.
EVERYTHING = Sight(admin=True)
#: Of a dataset, where she may not load it: as if there were none.
NOTHING = Sight(frozenset(), whole=False, judged=False)
_NEW = Sight()


def person(who: Principal | str | None) -> Principal:
    """Whoever acts; a name alone is one whom this process itself has established."""
    return Principal(name=who) if isinstance(who, str) else who or local_principal()


class Allowed:
    """Decides, for looks and loads alike.

    Parameters
    ----------
    view
        What a principal sees.
    access
        Who may write to what: the same that SQL asks.
    lake, quality
        Where the datasets are, and what their rows are judged by; asked for where there is one.
    """

    def __init__(
        self, view: Callable[[Principal], View], access: AccessService, lake: Callable[[], Lake], quality: Callable[[], QualityService]
    ) -> None:
        self._view, self._access, self._lake, self._quality = view, access, lake, quality

    def visible(self, who: Principal) -> View | None:
        """What the principal sees; None: everything."""
        return None if who.is_admin else self._view(who)

    def check_source(self, who: Principal, kind: str, name: str = "") -> None:
        """Whether the principal may name a source of a kind; ``name`` is a connection's.

        Raises
        ------
        Forbidden
            The server reaches it, and not she.
        NotFound
            The connection is not granted to her, or there is none: which of these is not told.
        """
        if who.is_admin or kind in ("upload", "frame", "web"):
            return
        if kind == "connection":
            if not self._view(who).rights.may_on("read", f"connection:{name}"):
                raise no_connection(name)
            return
        what = "Objects in buckets are read with the server's own keys" if kind == "s3" else "Files of the server are not yours"
        raise Forbidden(
            f"{what}: administrators take them in.",
            fix="Upload the file: `workbench ingest FILE` does it where the file is on your machine, and the Import page.",
        )

    def target(self, who: Principal, name: str, mode: str, options: LoadOptions) -> Sight:
        """What the principal sees of the dataset that she loads, where she may.

        Raises
        ------
        Forbidden
            She may not write there; or rows give way, or are counted from, and she does not see all of them.
        AlreadyExists, InvalidInput
            There is a dataset whose name differs in capitals only, or what is asked cannot be of one that is there.
        """
        from workbench.query.dml.target import check_whole, check_write

        if who.is_admin:
            return EVERYTHING
        check_write(self._access, who, name)
        there = self.there(who, name)
        if there is None:
            return _NEW
        if there != name:
            raise AlreadyExists(f"There is a dataset {there} already.", fix=f"Write its name so, or choose another: `name={there!r}`.")
        sight = self._sight(who, name)
        if not sight.whole:
            if mode in ("overwrite", "upsert"):
                check_whole(self._access, who, self.plan(name), f"The mode {mode}", deletes=False)
            _check_in_part(name, options)
        return sight

    def check_gates(self, who: Principal, name: str, changes: Sequence[Change], schema: Schema, run_id: str) -> Sequence[Change]:
        """Ask a dataset's gates of new rows as an INSERT does. Returns the changes, beside what was looked at and nothing newer.

        Raises
        ------
        HeldBack, Forbidden
            A gate does not hold, or compares the rows with what she does not see.
        """
        from workbench.lake.changes import beside
        from workbench.query.dml.gates import gate

        with self._lake().reading(name) as plan:
            check = gate(self._quality, self._lake(), self._access, who, plan, run_id)
            if check is None:
                return changes
            gone = {file.file_path for change in changes for file in change.gone_files()}
            here = [file.file for file in plan.files if file.file is not None and file.path not in gone]
            written = [file for change in changes for file in change.new_files()]
            again = {file.file_path for change in changes for file in change.kept_files()}
            check([file for file in written if file.file_path not in again], [*here, *written], schema)
            return beside(changes, plan.ref.table_uuid, plan.ref.snapshot_id)

    def check_published(self, who: Principal, change: Change, run_id: str) -> Change:
        """The same of the rows that a branch brings to main, and of the dataset as it then is: where main has moved, its rows stay
        beside those that the branch appended. Returns the change to what was looked at, and to nothing that came after it.

        Raises
        ------
        HeldBack, Forbidden
            As :meth:`check_gates`.
        CommitConflict
            Main has moved, and the branch did more than append; or it moved while this looked.
        """
        from workbench.lake.changes import Publish
        from workbench.query.dml.gates import gate

        lake = self._lake()
        if not isinstance(change, Publish) or change.branch not in lake.table(change.name).metadata.refs:
            return change  # who publishes it says so
        branch = DatasetRef(table_uuid=change.table_uuid, name=change.name, branch=change.branch)
        with lake.reading(change.name) as main, lake.reading(branch) as plan:
            check = gate(self._quality, lake, self._access, who, main, run_id)
            if check is None:
                return change
            change = replace(change, seen=(main.ref.snapshot_id, plan.ref.snapshot_id))
            here = [file.file for file in main.files if file.file is not None]
            joining = change.joining(plan.table)
            if joining is not None:
                check(joining, [*here, *joining], main.schema)
                return change
            files = [file.file for file in plan.files if file.file is not None]
            known = {file.file_path for file in here}
            check([file for file in files if file.file_path not in known], files, plan.schema)
            return change

    def look(self, who: Principal, name: str, options: LoadOptions) -> tuple[Sight | None, str]:
        """The same before anything is loaded: None, and why, where she may not."""
        try:
            return self.target(who, name, options.mode, options), ""
        except (Forbidden, AlreadyExists) as error:
            return None, f"{error.message} {error.fix or ''}".strip()

    def writes(self, who: Principal, name: str) -> bool:
        """Whether the principal may write to a dataset, there or not."""
        return self._access.may_write(who, name)

    def corrects(self, who: Principal, name: str) -> bool:
        """Whether the principal may do with a dataset's quarantine what she likes: she may write to the dataset, and sees all of it (with
        the columns that are gone), and of every other one whose records are, or were, kept in the same place."""
        if who.is_admin:
            return True
        try:
            if not self._access.may_write(who, name):
                return False
            lake, view = self._lake(), self._view(who)
            rights = view.rights
            others = sharing_quarantine(name)
            if not all(view.sees_all_of([other]) if lake.exists(other) else rights.untouched([other], tagged=False) for other in others):
                return False
            if lake.exists(name):
                return view.sees_all_of([name])
            return rights.every_row([name]) and rights.every_value([name])
        except DatasetNotFound:
            return False

    def check_corrects(self, who: Principal, name: str) -> None:
        """Raises
        ------
        Forbidden
            She may not write to the dataset, or sees a part of it only: its records are raw text, before any mask.
        """
        from workbench.query.dml.target import check_write

        check_write(self._access, who, name)
        if not self.corrects(who, name):
            raise Forbidden(
                f"You see only a part of {name}, and its quarantine holds records as they came.",
                fix="Ask somebody who sees all of it to correct them; a corrected file is taken in by a load of its own.",
                dataset=name,
            )

    def sight(self, who: Principal, name: str) -> Sight:
        """What the principal sees of a dataset, to which she may not be allowed to write. It is not asked whether it is there.

        Raises
        ------
        DatasetNotFound
            She sees nothing of it.
        """
        return EVERYTHING if who.is_admin else self._sight(who, name)

    def plan(self, name: str) -> ReadPlan:
        """A dataset as it is now."""
        return self._lake().plan(name)

    def there(self, who: Principal, name: str) -> str | None:
        """A dataset of that name, capitals or not, that the principal sees: who may write to one sees it."""
        folded = name.casefold()
        names = self._access.names(who, [each for each in self._lake().names() if each.casefold() == folded])
        return name if name in names else next(iter(names), None)

    def _sight(self, who: Principal, name: str) -> Sight:
        view = self._view(who)
        shown = view.shown(name)
        whole = shown.whole
        return Sight(None if whole else shown.columns, whole, whole and self._sees_others(view, name))

    def _sees_others(self, view: View, name: str) -> bool:
        """Whether all of what the rows of a dataset are compared with is seen."""
        expected = self._quality().kept.expectations(view.resolve(name).table_uuid)
        return view.sees_all_of(each.dataset for each in expected if each.dataset)


def _check_in_part(name: str, options: LoadOptions) -> None:
    if options.since is not None:
        raise Forbidden(
            f"Which rows of a database are new is told by all rows of {name}, and you see only a part of it.",
            fix="Leave since out, or ask somebody who sees all of it.",
        )
    if options.partition_by:
        raise InvalidInput(f"{name} is there already; only a new dataset can be partitioned.", fix="Leave the partitioning out.")


def no_connection(name: str) -> NotFound:
    """What is said of a connection that is not there, or not granted."""
    return NotFound(f"There is no connection {name!r} for you.", fix="`workbench connections list` shows those that are granted to you.")
