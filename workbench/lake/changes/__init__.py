"""What can happen to a table in a commit: small frozen descriptions, each of which knows how to stage itself."""

from workbench.lake.changes.base import Change, Overtaken, PointerChange, Staging
from workbench.lake.changes.data import Append, Create, Edit, Overwrite, Replace, Upsert, beside
from workbench.lake.changes.grow import FieldPath, Grow
from workbench.lake.changes.names import Drop, Rename, Undrop
from workbench.lake.changes.refs import DeleteRef, Publish, Rollback, SetRef, TakeBack
from workbench.lake.changes.schema import Evolve
from workbench.lake.changes.snapshots import Expire

__all__ = [
    "Append",
    "Change",
    "Create",
    "DeleteRef",
    "Drop",
    "Edit",
    "Evolve",
    "Expire",
    "FieldPath",
    "Grow",
    "Overtaken",
    "Overwrite",
    "PointerChange",
    "Publish",
    "Rename",
    "Replace",
    "Rollback",
    "SetRef",
    "Staging",
    "TakeBack",
    "Undrop",
    "Upsert",
    "beside",
]
