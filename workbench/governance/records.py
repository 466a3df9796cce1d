"""What governance answers. Imports little: every face knows these."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from workbench.core.principals import Attribute, Principal
from workbench.core.records import Record
from workbench.governance.policy.records import Mask

__all__ = [
    "AccessReport",
    "ColumnAccess",
    "InheritedTag",
    "PolicyVersion",
    "PolicyWarning",
    "RoleSummary",
    "RowFilter",
    "RowSource",
    "User",
]


class PolicyWarning(Record):
    """Something in a policy that meets nothing there is, as a slip of the fingers would, or that does not fit a dataset's columns: at a
    ``place`` (``grants.2``, ``masks.pay``) and its ``line``, from 1; ``fix`` says what was perhaps meant."""

    place: str
    message: str
    line: int | None = None
    fix: str | None = None


class PolicyVersion(Record):
    """A policy as it was put in force. Version 0 is the one that holds where nobody has written any: the built-in grants. ``warnings``
    are those of the moment when it was checked or applied, and are not kept."""

    version: int
    at: datetime | None = None
    by: str = ""
    note: str = ""
    text: str = "version: 1\n"
    warnings: tuple[PolicyWarning, ...] = ()


class RoleSummary(Record):
    """A role that people may have. Who has it also has those that it ``inherits``; ``built_in``: no policy has made it."""

    name: str
    inherits: tuple[str, ...] = ()
    description: str = ""
    built_in: bool = False


class User(Record):
    """Who may sign in or have tokens. A user who is disabled may do nothing, with no token that was ever given."""

    name: str
    display_name: str = ""
    kind: Literal["user", "service"] = "user"
    roles: tuple[str, ...] = ()
    attributes: dict[str, Attribute] = Field(default_factory=dict)
    has_password: bool = False
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def principal(self) -> Principal:
        return Principal(name=self.name, kind=self.kind, display_name=self.display_name, roles=self.roles, attributes=self.attributes)


class ColumnAccess(Record):
    """A column: seen as it is, through a mask, or not at all; ``rules`` name what says so, the one that holds first. ``source`` is what the
    column was made of, where that one is about it for no other reason."""

    name: str
    state: Literal["seen", "masked", "hidden"]
    mask: Mask | None = None
    rules: tuple[str, ...] = ()
    source: str | None = None


class RowFilter(Record):
    """Only rows for which ``where`` is true are seen, by the rule of that name: the dataset's own, or that of a ``source`` that its rows
    were made of. ``lost``: what the rule asks for did not come over, so that nobody whom it is for sees a row."""

    rule: str
    where: str
    source: str | None = None
    lost: bool = False


class AccessReport(Record):
    """What ``who`` sees of a dataset by a version of the policy; ``reasons`` say why, a sentence each."""

    dataset: str
    who: str
    version: int
    allowed: bool
    columns: tuple[ColumnAccess, ...]
    filters: tuple[RowFilter, ...] = ()
    reasons: tuple[str, ...] = ()


class InheritedTag(Record):
    """A tag (without regard to case) that a column has because of what it was made of: ``source_column`` of the dataset ``source``, or,
    where that is empty, any of its columns. Or, with no ``tag``, the mask of a ``rule`` of the policy that names that."""

    column: str
    tag: str = ""
    source: str
    source_column: str = ""
    rule: str | None = None


class RowSource(Record):
    """A dataset (``source``) of whose rows another's were made. ``columns`` are its columns that came over as they were, in every write,
    with their names there; ``filters`` are what holds of it in the other for those whom its rules are for, until somebody releases the
    rows."""

    source: str
    columns: dict[str, str] = Field(default_factory=dict)
    filters: tuple[RowFilter, ...] = ()
    released_by: str | None = None
    reason: str | None = None
