"""What a principal sees of the lake, by the policy in force and by what is said of datasets now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Select, bindparam, func, literal, select, union_all

from workbench.catalog.index.text import fold
from workbench.core.errors import Forbidden
from workbench.core.principals import Principal
from workbench.governance.called import ColumnNames
from workbench.governance.inherited import Inheritance, Inherited, likely
from workbench.governance.inherited_masks import InheritedMasks
from workbench.governance.policy.decide import Access, Came, Described, DescribedColumn, decide
from workbench.governance.policy.rights import Rights
from workbench.governance.policy.sql import shape
from workbench.governance.policy.store import PolicyStore
from workbench.governance.row_inheritance import origins_of, sources_by_dataset
from workbench.governance.tagged import tagged
from workbench.store.tables import catalog_tags, column_origins, former_names, named_tags, row_origins

if TYPE_CHECKING:
    from pyiceberg.table.metadata import TableMetadata

    from workbench.core.refs import DatasetRef
    from workbench.engines.scans import Shape
    from workbench.governance.audit import AuditLog
    from workbench.governance.policy.records import Policy
    from workbench.lake import ReadPlan
    from workbench.store import Store

__all__ = ["AccessService"]

_KEPT = 512  # decisions
_KEPT_NAMES = 64  # principals whose datasets are kept
_WHOLE = 0  # in the place of a column's field id: the dataset itself
_NO_NAMES: frozenset[str] = frozenset()
_Names = tuple[Mapping[int, frozenset[str]], Mapping[int, frozenset[str]]]


def _part(kind: str, number: Any, text: Any, more: Any) -> Select[Any]:
    return select(literal(kind).label("kind"), number.label("number"), text.label("text"), more.label("more"))


# All that is said of a dataset, in one question: it is asked of each relation of each statement.
_uuid: BindParameter[str] = bindparam("uuid")
_no_text = literal("")
_here = select(former_names.c.name).where(former_names.c.table_uuid == _uuid)
_SAID = union_all(
    _part("tag", catalog_tags.c.field_id, catalog_tags.c.folded, _no_text).where(catalog_tags.c.table_uuid == _uuid),
    _part("former", literal(0), former_names.c.name, _no_text).where(former_names.c.table_uuid == _uuid),
    _part("named", literal(0), named_tags.c.column, named_tags.c.folded).where(
        (named_tags.c.dataset == bindparam("name")) | named_tags.c.dataset.in_(_here)
    ),
    _part("columns made of others", func.coalesce(func.max(column_origins.c.seq), 0), _no_text, _no_text),
    _part("newest rows made of others", func.coalesce(func.max(row_origins.c.seq), 0), _no_text, _no_text),
    _part("rows made of others", func.count(), _no_text, _no_text).select_from(row_origins).where(row_origins.c.target_uuid == _uuid),
)


class AccessService:
    """Decides, for every face. An admin's requests cost nothing: no policy is about admins.

    Parameters
    ----------
    key
        Gives what masks of kind ``hash`` are made with.
    mask_unconfirmed
        Whether what detectors are sure of (:func:`.inherited.likely`) counts as a tag before anybody has confirmed it.
    audit
        Where who was shown what is told.
    metadata
        Gives a dataset's metadata by where it lies: a rule knows what a column was made of by every name that it ever had. Without it, by
        those that it had when it was written alone.
    """

    def __init__(
        self,
        store: Store,
        key: Callable[[], bytes],
        mask_unconfirmed: bool = False,
        audit: AuditLog | None = None,
        metadata: Callable[[str], TableMetadata] | None = None,
    ) -> None:
        self._mask_unconfirmed = mask_unconfirmed
        self._store = store
        self._make_key = key
        self.audit = audit
        self.policies = PolicyStore(store)
        self._decided: dict[tuple[int, str, Described], Access] = {}
        self._shapes: dict[int, tuple[Access, dict[int, str], Shape | None]] = {}
        self._seen: dict[tuple[int, str], tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self._named: dict[tuple[str, tuple[int, ...]], _Names] = {}
        self._today: dict[tuple[str, int, int], Mapping[int, str]] = {}
        self._metadata = metadata
        self._columns = self._names_at if metadata is not None else None
        self._inheritance = Inheritance(mask_unconfirmed, self._columns)
        self._masks = InheritedMasks(self._inheritance, self._columns)

    @cached_property
    def _key(self) -> bytes:
        return self._make_key()

    def of(self, principal: Principal, plan: ReadPlan, policy: Policy | None = None) -> Access:
        """What the principal sees of a dataset, in whatever state the plan reads it: today's policy holds for every snapshot. With another
        ``policy``, what she would see."""
        return self.over(principal, plan.ref, plan.metadata, [(column.field_id, column.name) for column in plan.columns], policy)

    def over(
        self,
        principal: Principal,
        ref: DatasetRef,
        metadata: TableMetadata,
        columns: Iterable[tuple[int, str]],
        policy: Policy | None = None,
    ) -> Access:
        """The same of these columns (field id and name) of a dataset, whose state nobody is going to read."""
        version, current = self.policies.current()
        described = self._described(ref, metadata, columns, policy or current)
        if policy is not None:
            return decide(policy, principal, described)
        policy = current
        # A version never changes, and the decision is pure: with many rules and columns it takes longer than a small statement.
        key = (version, principal.model_dump_json(), described)
        found = self._decided.get(key)
        if found is None:
            if len(self._decided) >= _KEPT:
                self._decided.clear()
            found = self._decided[key] = decide(policy, principal, described)
        return found

    def described(self, ref: DatasetRef, metadata: TableMetadata, policy: Policy) -> Described:
        """A dataset with its columns of today, as the rules of a policy meet it; what its rows are made of is left out."""
        columns = [(field.field_id, field.name) for field in metadata.schema().fields]
        return self._described(ref, metadata, columns, policy.model_copy(update={"rows": ()}))

    def rights(self, principal: Principal) -> Rights:
        """What the policy in force says of the principal, for questions about many datasets."""
        return Rights(self.policies.current()[1], principal)

    def former(self) -> dict[str, tuple[str, ...]]:
        """The names that datasets had before, by table UUID."""
        found: dict[str, list[str]] = {}
        with self._store.read() as conn:
            for uuid, name in conn.execute(select(former_names.c.table_uuid, former_names.c.name)):
                found.setdefault(uuid, []).append(name)
        return {uuid: tuple(names) for uuid, names in found.items()}

    def row_sources(self) -> dict[str, tuple[str, ...]]:
        """The names of what datasets' rows were made of, by table UUID."""
        with self._store.read() as conn:
            return sources_by_dataset(conn)

    def tagged(self, tags: Collection[str]) -> set[str]:
        """The UUIDs of the datasets that one of these tags can be about."""
        with self._store.read() as conn:
            return tagged(conn, tags, self._mask_unconfirmed)

    def shape(self, principal: Principal, plan: ReadPlan, policy: Policy | None = None) -> Shape | None:
        """The same as what the engine makes of it; None where all of it is seen as it is.

        Raises
        ------
        Forbidden
            Nothing of it is seen, or its rows were made of others that are seen in part, and it is not known which.
        """
        if principal.is_admin:
            return None
        access = self.of(principal, plan, policy)
        if not access.allowed:
            raise Forbidden(f"Nothing of {plan.ref.name} is granted to you.", fix="Ask who administers the workspace for a grant.")
        if access.closed:
            raise Forbidden(
                f"{plan.ref.name} was made of rows of which you see only a part, and which of its own are made of those cannot be told.",
                fix="Ask who administers the workspace whether its rows may be released.",
            )
        # A decision that is kept is the same object each time, and one principal's.
        types = {column.field_id: column.duckdb_type for column in plan.columns}
        kept, its_types, made = self._shapes.get(id(access), (None, None, None))
        if kept is not access or its_types != types:
            if len(self._shapes) >= _KEPT:
                self._shapes.clear()
            made = shape(access, principal, types, self._key)
            self._shapes[id(access)] = access, types, made
        return made

    def inherited(self, table_uuid: str) -> tuple[Inherited, Inherited]:
        """The tags that a dataset's columns have because of what they were made of, and the rules in force that mask them therefore."""
        with self._store.read() as conn:
            return self._inheritance.of(conn, table_uuid), self._masks.of(conn, table_uuid, self.policies.current()[1])

    def may_write(self, principal: Principal, name: str) -> bool:
        """Whether the principal may write to a dataset, there or not: add rows, or make one of that name. What rewrites rows needs to
        see all of them, too (:meth:`shape` is None)."""
        if principal.looks_only:
            return False
        if principal.is_admin:
            return True
        return self.rights(principal).may("write", name)

    def names(self, principal: Principal, names: Iterable[str]) -> tuple[str, ...]:
        """Those datasets of which the principal sees anything; to her there are no others."""
        if principal.is_admin:
            return tuple(names)
        version, policy = self.policies.current()
        key = (version, principal.model_dump_json())
        # Of very many, each is asked about with each statement: what is seen of the same names by the same policy is the same.
        of, seen = self._seen.get(key, (None, ()))
        if of is not names:
            seen = tuple(filter(Rights(policy, principal).sees, names))
            if isinstance(names, tuple):
                if len(self._seen) >= _KEPT_NAMES:
                    self._seen.clear()
                self._seen[key] = names, seen
        return seen

    def _names_of(self, metadata: TableMetadata) -> _Names:
        """Under which names each column was ever known (a rule about one of them goes with it), and those of what is inside of it."""
        # A schema never changes.
        key = (str(metadata.table_uuid), tuple(schema.schema_id for schema in metadata.schemas))
        found = self._named.get(key)
        if found is None:
            if len(self._named) >= _KEPT:
                self._named.clear()
            found = self._named[key] = _names(metadata)
        return found

    def _today_of(self, metadata: TableMetadata) -> Mapping[int, str]:
        """What each column is called today; one that is gone by its last name, if no other has that."""
        key = (str(metadata.table_uuid), metadata.current_schema_id, len(metadata.schemas))
        found = self._today.get(key)
        if found is None:
            if len(self._today) >= _KEPT:
                self._today.clear()
            found = self._today[key] = _today(metadata)
        return found

    def _names_at(self, location: str) -> ColumnNames:
        assert self._metadata is not None
        known, inside = self._names_of(self._metadata(location))
        return {field_id: names | inside.get(field_id, _NO_NAMES) for field_id, names in known.items()}

    def _described(self, ref: DatasetRef, metadata: TableMetadata, columns: Iterable[tuple[int, str]], policy: Policy) -> Described:
        uuid, columns = ref.table_uuid, tuple(columns)
        known, inside = self._names_of(metadata)
        today = self._today_of(metadata)
        tags: dict[int, set[str]] = {}
        named: dict[str, set[str]] = {}
        former: list[str] = []
        columns_of = rows_of = made = 0
        with self._store.read() as conn:
            for kind, number, text, more in conn.execute(_SAID, {"uuid": uuid, "name": ref.name}):
                match kind:
                    case "tag":
                        tags.setdefault(number, set()).add(text)
                    case "former":
                        former.append(text)
                    case "named":
                        named.setdefault(text, set()).add(more)
                    case "columns made of others":
                        columns_of = number
                    case "newest rows made of others":
                        rows_of = number
                    case "rows made of others":
                        made = number
            version = columns_of, rows_of
            inherited = self._inheritance.of(conn, uuid, version)
            masks = self._masks.of(conn, uuid, policy, version)
            # What rows are made of matters to no policy without row filters.
            made_of = origins_of(conn, uuid, columns, self._columns) if policy.rows and made else ()
            if self._mask_unconfirmed:
                for _, field_id, tag in conn.execute(likely([uuid])):
                    tags.setdefault(field_id, set()).add(fold(tag))
        described = []
        for field_id, column in columns:
            names = known.get(field_id, _NO_NAMES)
            own = frozenset(tags.get(field_id, set()).union(*(named.get(name, ()) for name in names | {column})))
            came = inherited.at(field_id)
            because = {
                Came(source.said, tag=tag, plain=source.plain, others=source.others) for tag, source in came.items() if tag not in own
            }
            because |= {
                Came(source.said, rule=rule, plain=source.plain, others=source.others) for rule, source in masks.at(field_id).items()
            }
            nested = inside.get(field_id, _NO_NAMES)
            called = today.get(field_id)
            told = "" if called == column else called
            described.append(
                DescribedColumn(field_id, column, own | set(came), names - {column}, nested - {column}, frozenset(because), told)
            )
        whole = frozenset(tags.get(_WHOLE, set()) | named.get("", set()))
        return Described(uuid, ref.name, tuple(described), whole, tuple(sorted(former)), made_of)


def _names(metadata: TableMetadata) -> _Names:
    from pyiceberg.schema import Schema, index_by_name

    known: dict[int, set[str]] = {}
    inside: dict[int, set[str]] = {}
    for schema in metadata.schemas:
        for field in schema.fields:
            known.setdefault(field.field_id, set()).add(field.name)
            if not field.field_type.is_primitive:
                inside.setdefault(field.field_id, set()).update(index_by_name(Schema(field)))
    frozen = [{field_id: frozenset(names) for field_id, names in found.items()} for found in (known, inside)]
    return frozen[0], frozen[1]


def _today(metadata: TableMetadata) -> Mapping[int, str]:
    last = {field.field_id: field.name for schema in metadata.schemas for field in schema.fields}
    here = {field.field_id: field.name for field in metadata.schema().fields}
    taken = set(here.values())
    return {field_id: name for field_id, name in last.items() if field_id not in here and name not in taken} | here
