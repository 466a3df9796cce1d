"""One principal's view of the lake: which datasets there are to her, and what of one she sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.catalog.index import Visible
from workbench.core.errors import DatasetNotFound, Forbidden
from workbench.core.names import is_quarantine
from workbench.core.refs import MAIN

if TYPE_CHECKING:
    from workbench.catalog.service import CatalogService
    from workbench.core.principals import Principal
    from workbench.core.refs import DatasetRef
    from workbench.governance.access import AccessService
    from workbench.governance.policy.decide import Access
    from workbench.governance.policy.rights import Rights
    from workbench.lake.lake import Lake
    from workbench.lake.records import TableInfo

__all__ = ["Shown", "View"]


@dataclass(frozen=True)
class Shown:
    """What a principal sees of one dataset, by name: ``columns`` that are seen, and of those the ``clear`` ones, which no mask is for."""

    access: Access

    @cached_property
    def columns(self) -> frozenset[str]:
        return frozenset(one.column.name for one in self.access.seen)

    @cached_property
    def fields(self) -> frozenset[int]:
        return frozenset(one.column.field_id for one in self.access.seen)

    @cached_property
    def clear(self) -> frozenset[str]:
        return frozenset(one.column.name for one in self.access.seen if one.mask is None)

    @property
    def every_row(self) -> bool:
        return not self.access.filters

    @property
    def every_column(self) -> bool:
        return not self.access.hidden

    @property
    def whole(self) -> bool:
        return self.access.whole


class View:
    """For one call, which is decided on one policy (:func:`.policy.held.one_policy`).

    What is not seen does not exist, neither for an answer nor for an error.
    """

    def __init__(self, who: Principal, access: AccessService, catalog: CatalogService, lake: Callable[[], Lake]) -> None:
        self.who = who
        self._access = access
        self._catalog = catalog
        self._lake = lake

    @cached_property
    def rights(self) -> Rights:
        return self._access.rights(self.who)

    @property
    def me(self) -> str:
        """In whose name runs are her own. With a token for some datasets only, none are: she may have looked at others."""
        return "" if self.who.only else self.who.name

    def names(self, names: Iterable[str]) -> tuple[str, ...]:
        """Of some names those that are seen."""
        return tuple(filter(self.rights.sees, names))

    @cached_property
    def infos_by_uuid(self) -> dict[str, TableInfo]:
        """Every dataset that is seen, by table UUID and in the order of their names, quarantine included where that is."""
        return {info.table_uuid: info for info in self._catalog.tables.all() if self.rights.sees(info.name)}

    @cached_property
    def names_by_uuid(self) -> dict[str, str]:
        """What the datasets that are seen are called, by table UUID."""
        return {uuid: info.name for uuid, info in self.infos_by_uuid.items()}

    @cached_property
    def uuids_by_name(self) -> dict[str, str]:
        """The other way round."""
        return {name: uuid for uuid, name in self.names_by_uuid.items()}

    @cached_property
    def visible(self) -> Visible:
        """They as a filter of the catalog's."""
        return Visible(self.names_by_uuid)

    @cached_property
    def former(self) -> dict[str, tuple[str, ...]]:
        """The names that datasets had before, by table UUID."""
        return self._access.former()

    def every_row(self, table_uuid: str, name: str) -> bool:
        """No filter can be about a dataset, or about what its rows were made of."""
        return self.rights.every_row(self._names_of(table_uuid, name))

    def every_value(self, table_uuid: str, name: str) -> bool:
        """No mask can be about a column of a dataset, or of what it was made of."""
        return self.rights.every_value(self._names_of(table_uuid, name))

    def surely_whole(self, info: TableInfo) -> bool:
        """All of a dataset is seen as it is, as names tell, and tags where it has any: for many datasets, none of which is opened. Of what
        that does not tell, :meth:`shown` decides."""
        columns = [*(column[1] for column in info.columns), *(name for _, name in info.former)]
        if len(self.rights.columns(info.name, columns)) < len(columns):
            return False
        return self.rights.untouched(self._names_of(info.table_uuid, info.name), info.table_uuid in self._tagged)

    @cached_property
    def _tagged(self) -> set[str]:
        return self._access.tagged(self.rights.tags)

    def _names_of(self, table_uuid: str, name: str) -> tuple[str, ...]:
        # What values were made of was read with its rows.
        return (name, *self.former.get(table_uuid, ()), *self._row_sources.get(table_uuid, ()))

    @cached_property
    def _row_sources(self) -> dict[str, tuple[str, ...]]:
        return self._access.row_sources() if self.rights.inherit else {}

    def resolve(self, name: str | DatasetRef) -> DatasetRef:
        """A name as people write it as a reference; raises as ``CatalogService.resolve`` does, as if there were nothing else."""
        return self._catalog.resolve(name, self.names)

    def shown(self, name: str | DatasetRef, columns: Iterable[tuple[int, str]] | None = None) -> Shown:
        """What is seen of a dataset: of the columns of the state that is named, or of those given by field id and name.

        Raises
        ------
        DatasetNotFound, InvalidName
            There is none that is seen, or the name fits several.
        """
        return self._shown(self.resolve(name), columns)

    def _shown(self, ref: DatasetRef, columns: Iterable[tuple[int, str]] | None = None) -> Shown:
        metadata = self._lake().table(ref.name).metadata
        if columns is not None:
            asked = columns
        elif ref.branch == MAIN and ref.snapshot_id is None:
            asked = [(field.field_id, field.name) for field in metadata.schema().fields]
        else:  # a state of its own may have columns that are gone today
            asked = [(column.field_id, column.name) for column in self._lake().plan(ref).columns]
        return Shown(self._access.over(self.who, ref, metadata, asked))

    def whole(self, name: str | DatasetRef, what: str) -> DatasetRef:
        """The dataset, where all of it is seen as it is, and each column that it ever had.

        Raises
        ------
        Forbidden
            Some of it is not, and ``what`` cannot be told of a part.
        """
        ref = self.resolve(name)
        if not (self._shown(ref).whole and self._ever(ref).whole):
            raise Forbidden(
                f"{what} of {ref.name} is not shown to you: you see only a part of it.", fix=f"Ask in SQL: SUMMARIZE {ref.name}, SELECT."
            )
        return ref

    def sees_all_of(self, names: Iterable[str]) -> bool:
        """Whether all of some datasets is seen as it is, with each column that they ever had: what is kept of them is of earlier states."""
        try:
            return all(self.shown(name).whole and self._ever(self.resolve(name)).whole for name in names)
        except DatasetNotFound:
            return False

    def _ever(self, ref: DatasetRef) -> Shown:
        metadata = self._lake().table(ref.name).metadata
        return self._shown(ref, sorted({(field.field_id, field.name) for schema in metadata.schemas for field in schema.fields}))

    def check_loads(self) -> None:
        """Whether the principal may write to anything at all.

        Raises
        ------
        Forbidden
            She may look only, or no dataset is granted to her to write.
        """
        if self.who.looks_only:
            raise Forbidden("This token may only look at data.", fix="Use a token of scope 'write'.")
        if not self.rights.writes:
            raise Forbidden(
                "You may not write to any dataset, so there is nothing that data could be taken into.",
                fix="Ask who administers the workspace for the role engineer, or for a grant: may: [write], what: bronze.*.",
            )

    def check_write(self, name: str, adds: bool = False) -> None:
        """Whether the principal may write to a dataset, or make it: she sees all of it, so that nothing is overwritten unseen.
        ``adds``: SQL adds rows as well.

        Raises
        ------
        DatasetNotFound, InvalidName, Forbidden
            It is not there for her, or she may look only, or sees only a part.
        """
        try:
            ref = self.resolve(name)
        except DatasetNotFound:
            # To be made anew: under a name that is granted, as it stands.
            if self.rights.may("write", name) and name.count(".") == 1 and not is_quarantine(name):
                return
            raise
        if not self.rights.may("write", ref.name):
            raise Forbidden(
                f"You may look at {ref.name}, and not change it.", fix="Ask who administers the workspace for a grant to write."
            )
        if not self._shown(ref).whole:
            raise Forbidden(
                f"You see only a part of {ref.name}, and what you do not see cannot be changed so.",
                fix="Add rows with INSERT in SQL, or ask somebody who sees all of it." if adds else "Ask somebody who sees all of it.",
            )
