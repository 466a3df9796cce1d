"""What there is that a policy can name, gathered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sqlalchemy import select

from workbench.core.errors import WorkbenchError
from workbench.governance.policy.unmet import Known
from workbench.store.tables import catalog_tags, former_names, named_tags, personal_findings

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata

    from workbench.governance.records import User
    from workbench.lake.records import TableInfo
    from workbench.store import Store

__all__ = ["gathered"]


def gathered(
    store: Store,
    infos: Iterable[TableInfo],
    users: Iterable[User],
    pipelines: Callable[[], tuple[str, ...]],
    metadata: Callable[[str], TableMetadata],
    views: tuple[str, ...],
) -> Known:
    """What is there now. ``metadata`` gives a dataset's, where its columns of today are not enough."""
    tables = {info.table_uuid: info for info in infos}
    tags: set[str] = set()
    on_columns: set[str] = set()
    with store.read() as conn:
        for field_id, tag in conn.execute(select(catalog_tags.c.field_id, catalog_tags.c.tag)):
            (on_columns if field_id else tags).add(tag)
        for column, folded in conn.execute(select(named_tags.c.column, named_tags.c.folded)):
            (on_columns if column else tags).add(folded)
        on_columns.update(conn.execute(select(personal_findings.c.tag).distinct()).scalars())
        former = conn.execute(select(former_names.c.table_uuid, former_names.c.name)).all()
    return Known(
        datasets={info.name: tuple(column[1] for column in info.columns) for info in tables.values()},
        former={name: tables[uuid].name for uuid, name in former if uuid in tables},
        tags=frozenset(tags),
        column_tags=frozenset(on_columns),
        users={user.name: (user.roles, user.attributes) for user in users},
        pipelines=pipelines,
        ever=lambda name: _ever(lambda: metadata(name)),
        views=views,
    )


def _ever(read: Callable[[], TableMetadata]) -> set[str]:
    from pyiceberg.schema import Schema, index_by_name

    try:
        metadata = read()
    except WorkbenchError:  # dropped meanwhile, or out of reach: of what it had been called before nothing is known
        return set()
    fields = [field for schema in metadata.schemas for field in schema.fields]
    return {name for field in fields for name in index_by_name(Schema(field))}
