"""Which answers may be kept, and by which name: a digest of everything that the engine is told."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from workbench.engines.duckdb import EngineError
from workbench.query.decide import parsed_text
from workbench.query.volatile import is_volatile

if TYPE_CHECKING:
    from workbench.query.cache import Snapshots
    from workbench.query.decide import Verdict
    from workbench.query.relations import Planned

__all__ = ["name_of", "snapshots_of"]

_PLAIN = frozenset({type(None), bool, int, float, str, bytes, Decimal, date, datetime, time, timedelta, UUID})
_FORM = 1  # of what is kept: another one finds none of the old


def name_of(verdict: Verdict, planned: Sequence[Planned], bound: Any, limit: int | None, timezone: str) -> str | None:
    """The name under which the answer is kept; None where it may differ the next time.

    It depends on the text that runs, the values, and each relation as its reader sees it: the snapshot, its columns, and the masks and
    filters with what they are made of. So no answer is ever another reader's who sees something else, and a write or a policy makes other
    names.
    """
    if verdict.kind != "select" or verdict.statement is None or verdict.statement.dynamic_pivot or _may_differ(verdict.sql):
        return None
    relations = []
    for one in planned:
        columns = [(column.field_id, column.name, column.duckdb_type) for column in one.plan.columns]
        shape = None if one.shape is None else (one.shape.columns, one.shape.where)
        if shape is not None and _may_differ(f"SELECT {', '.join(sql for _, sql in shape[0])} WHERE {shape[1] or 'true'}"):
            return None
        ref = one.plan.ref
        state = (ref.table_uuid, ref.snapshot_id, one.plan.schema.schema_id)
        relations.append((one.relation.schema, one.relation.name, state, columns, shape))
    values = sorted(bound.items()) if isinstance(bound, dict) else list(bound or ())
    if not _plain(values):
        return None
    told = (_FORM, _engine(), timezone, verdict.sql, values, limit, relations)
    return hashlib.sha256(repr(told).encode("utf-8", "surrogatepass")).hexdigest()


def snapshots_of(planned: Sequence[Planned]) -> Snapshots:
    """What an answer is made from."""
    return {(one.plan.ref.table_uuid, one.plan.ref.snapshot_id) for one in planned}


def _plain(value: Any) -> bool:
    """Whether what Python says of a value says all of it."""
    if type(value) in (list, tuple):
        return all(map(_plain, value))
    if type(value) is dict:
        return all(_plain(key) and _plain(each) for key, each in value.items())
    return type(value) in _PLAIN


@lru_cache(maxsize=1)
def _engine() -> str:
    from importlib.metadata import version

    return version("duckdb")


@lru_cache(maxsize=1024)
def _may_differ(sql: str) -> bool:
    try:
        return is_volatile(parsed_text(sql))
    except (EngineError, RecursionError):
        return True
