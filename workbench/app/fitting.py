"""Datasets as a policy's SQL meets them: those that it may be about, read off the catalog's facts where these are enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from workbench.catalog.index.text import fold
from workbench.core.errors import DatasetNotFound
from workbench.core.refs import DatasetRef
from workbench.core.telemetry import get_logger
from workbench.governance.policy.decide import Described, DescribedColumn, concerns
from workbench.governance.policy.patterns import is_about
from workbench.governance.policy.unfit import Fitted
from workbench.governance.policy.where import columns_in
from workbench.store.tables import catalog_tags, column_origins, named_tags, personal_findings

if TYPE_CHECKING:
    from workbench.app.services import Services
    from workbench.governance.policy.records import MaskRule, Policy
    from workbench.lake.records import TableInfo
    from workbench.store import Store

__all__ = ["fitted"]

_OPENED = 100  # datasets that are opened for one mask, in search of a name that a column had before

log = get_logger("governance")


@dataclass(frozen=True)
class _Said:
    """What is said of datasets, by UUID or name. ``tagged``: a column of it may have a tag of its own, as ``columns`` have; ``made``: it
    was made of others, and may have inherited one."""

    on_datasets: Mapping[str, frozenset[str]]
    named: Mapping[str, frozenset[str]]
    tagged: frozenset[str]
    columns: Mapping[str, Mapping[int, frozenset[str]]]
    made: frozenset[str]
    named_columns: frozenset[str]

    @classmethod
    def read(cls, store: Store) -> _Said:
        on_datasets: dict[str, set[str]] = {}
        named: dict[str, set[str]] = {}
        columns: dict[str, dict[int, frozenset[str]]] = {}
        names: set[str] = set()
        with store.read() as conn:
            for uuid, field, tag in conn.execute(select(catalog_tags.c.table_uuid, catalog_tags.c.field_id, catalog_tags.c.folded)):
                if field:
                    of = columns.setdefault(uuid, {})
                    of[field] = of.get(field, frozenset()) | {tag}
                else:
                    on_datasets.setdefault(uuid, set()).add(tag)
            for dataset, column, tag in conn.execute(select(named_tags.c.dataset, named_tags.c.column, named_tags.c.folded)):
                if column:
                    names.add(dataset)
                else:
                    named.setdefault(dataset, set()).add(tag)
            tagged = {*columns, *conn.execute(select(personal_findings.c.table_uuid).distinct()).scalars()}
            made = frozenset(conn.execute(select(column_origins.c.target_uuid).distinct()).scalars())
        return cls(_frozen(on_datasets), _frozen(named), frozenset(tagged), columns, made, frozenset(names))

    def described(self, info: TableInfo, former: tuple[str, ...]) -> Described:
        """A dataset by its facts: what its columns were called before, and the tags that they inherit, are left out."""
        own = self.columns.get(info.table_uuid, {})
        columns = tuple(DescribedColumn(each[0], each[1], own.get(each[0], frozenset())) for each in info.columns)
        tags = self.on_datasets.get(info.table_uuid, frozenset()).union(*(self.named.get(name, ()) for name in (info.name, *former)))
        return Described(info.table_uuid, info.name, columns, tags, former)

    def may_be_tagged(self, one: Described) -> bool:
        return bool(one.tags) or one.table_uuid in self.tagged or not self.named_columns.isdisjoint((one.name, *one.former))


def fitted(services: Services, policy: Policy, infos: Iterable[TableInfo]) -> Iterator[Fitted]:
    """Each of the datasets that a row filter, or a mask, of the policy may be about; of masks without SQL those that the catalog's facts
    say to be."""
    masks = [rule for rule in policy.masks if rule.mask.kind == "expression"]
    plain = [rule for rule in policy.masks if rule.mask.kind not in ("expression", "null")]
    if not policy.rows and not masks and not plain:
        return
    said, former = _Said.read(services.store), services.access.former()
    opened: dict[str, int] = {}
    for info in infos:
        light = said.described(info, former.get(info.table_uuid, ()))
        masked = [rule for rule in masks if _may_mask(rule, light, said, opened)]
        filters = [rule for rule in policy.rows if concerns(rule, light)]
        types = _types(info)
        if not masked and not filters and not any(_meets(rule, light, types is None, opened) for rule in plain):
            continue
        # Whether a column that is not there is there by another name only the metadata tells.
        called = {column.name.casefold() for column in light.columns}
        missing = any(not (columns_in(rule.where) or frozenset()) <= called for rule in filters)
        if masked or missing or types is None:
            yield from _opened(services, info.name, policy)
        else:
            yield Fitted(light, types)


def _may_mask(rule: MaskRule, one: Described, said: _Said, opened: dict[str, int]) -> bool:
    if (rule.tags and said.may_be_tagged(one)) or one.table_uuid in said.made:
        return True
    if any(concerns(rule, one, column) for column in one.columns):
        return True
    return _may_have(rule, one, opened)


def _meets(rule: MaskRule, one: Described, nested: bool, opened: dict[str, int]) -> bool:
    """Whether a mask is about a column by its name or tag, or perhaps about what is inside of one."""
    return any(concerns(rule, one, column) for column in one.columns) or (nested and _may_have(rule, one, opened))


def _may_have(rule: MaskRule, one: Described, opened: dict[str, int]) -> bool:
    # Of a column that had the name before, and of names inside of columns, only the metadata tells.
    named = any(is_about(".".join(on.split(".", 2)[:2]), each, same=fold) for on in rule.what for each in (one.name, *one.former))
    if named:
        opened[rule.name] = opened.get(rule.name, 0) + 1
    return named and opened[rule.name] <= _OPENED


def _types(info: TableInfo) -> dict[int, str] | None:
    """The engine's types of its columns; None where one is nested."""
    from workbench.lake.plan import DUCKDB_TYPES

    found = {}
    for field, _, text, *_ in info.columns:
        kind = text.upper() if text.startswith("decimal(") else "BLOB" if text.startswith("fixed[") else DUCKDB_TYPES.get(text)
        if kind is None:
            return None
        found[field] = kind
    return found


def _opened(services: Services, name: str, policy: Policy) -> Iterator[Fitted]:
    from workbench.lake.plan import duckdb_type

    try:
        metadata = services.lake.table(name).metadata
        types = {field.field_id: duckdb_type(field.field_type) for field in metadata.schema().fields}
    except DatasetNotFound:  # it was dropped meanwhile
        return
    except Exception:  # one that cannot be read hides nothing of the others
        log.warning("whether the policy fits %s could not be looked at", name, exc_info=True)
        return
    yield Fitted(services.access.described(DatasetRef(table_uuid=str(metadata.table_uuid), name=name), metadata, policy), types)


def _frozen(found: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(tags) for key, tags in found.items()}
