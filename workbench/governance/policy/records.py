"""What a policy file says: roles, grants, masks, row filters."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from workbench.core.principals import ADMIN
from workbench.core.records import Record

__all__ = ["BUILT_IN_GRANTS", "BUILT_IN_ROLES", "THINGS", "UNITS", "Grant", "Mask", "MaskRule", "Policy", "Right", "Role", "RowRule"]

Right = Literal["read", "write", "manage", "run"]
MaskKind = Literal["null", "constant", "hash", "partial", "round", "expression"]
Unit = Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade"]

#: From the finest to the coarsest.
UNITS: tuple[str, ...] = get_args(Unit)
#: What a grant for something else than a dataset begins with.
THINGS = ("notebook:", "pipeline:", "dashboard:", "connection:")


class Role(Record):
    """A set of rights by name. Who has it also has those that it ``inherits``."""

    inherits: tuple[str, ...] = ()
    description: str = ""


class Grant(Record):
    """``to`` is a role, or ``user:NAME``. ``what`` is a dataset by its full name, where ``*`` stands for any letters but the dot, or one
    column of it (``silver.people.country``); or ``notebook:``, ``pipeline:``, ``dashboard:`` or ``connection:`` and a path or name, where
    ``*`` stands for any. To ``run`` is said of pipelines; to start one is to look at nothing. Who may read a connection takes in whatever
    its database user sees."""

    to: str = Field(min_length=1)
    what: str = Field(min_length=1)
    may: tuple[Right, ...] = ("read",)


class Mask(Record):
    """What is seen instead of a value. Where the kind does not fit the column's type, that is nothing (NULL).

    ``null``
        nothing. YAML reads the bare word as None, which is the same.
    ``constant``
        ``value``.
    ``hash``
        The same sixteen digits for the same text, or the same whole number for the same one, made with the workspace's key: rows can
        still be counted and joined by it.
    ``partial``
        The ``first`` and ``last`` characters of a text, stars between them; stars only, where less than half would be hidden.
    ``round``
        A number rounded down to a multiple of ``step``, a date or a time to the beginning of its ``unit``.
    ``expression``
        SQL over ``value``: ``left(value, 3)``.
    """

    kind: Annotated[MaskKind, BeforeValidator(lambda kind: "null" if kind is None else kind)]
    value: Any = None
    first: int = Field(default=0, ge=0)
    last: int = Field(default=0, ge=0)
    step: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    unit: Unit | None = None
    expression: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> Mask:
        needed = {"constant": ("value",), "round": ("step", "unit"), "expression": ("expression",)}.get(self.kind, ())
        if needed and all(getattr(self, name) is None for name in needed):
            raise ValueError(f"a mask of kind {self.kind} needs {' or '.join(needed)}")
        return self


class _Rule(Record):
    """What it is about: datasets and columns by ``tags``, or by name (``what``, as a grant's). It holds for those who have one of the roles
    or names in ``to``, which is everybody where that is empty, but not for those in ``unless``."""

    name: str = Field(min_length=1)
    tags: tuple[str, ...] = ()
    what: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    description: str = ""

    @model_validator(mode="after")
    def _about_something(self) -> _Rule:
        if not self.tags and not self.what:
            raise ValueError("it needs tags or what: datasets or columns")
        return self


class MaskRule(_Rule):
    """Columns that have one of the tags, or are named, are seen through ``mask``."""

    mask: Mask


class RowRule(_Rule):
    """Of datasets that have one of the tags, or are named, only rows for which ``where`` is true are seen: SQL over the row's columns and
    ``principal.name``, ``principal.roles`` and the principal's attributes (``region IN principal.regions``)."""

    where: str = Field(min_length=1)


BUILT_IN_ROLES = {
    ADMIN: Role(description="May do everything and sees everything."),
    "engineer": Role(inherits=("analyst",), description="Brings data in and changes it."),
    "analyst": Role(inherits=("viewer",), description="Asks questions of prepared data."),
    "viewer": Role(description="Looks at what is published."),
    "service": Role(description="A program, with what it is granted by name."),
}


class Policy(Record):
    """A whole policy file. What it does not grant is not allowed; without grants, those of :data:`BUILT_IN_GRANTS` hold."""

    version: Literal[1] = 1
    roles: dict[str, Role] = Field(default_factory=dict)
    grants: tuple[Grant, ...] | None = None
    masks: tuple[MaskRule, ...] = ()
    rows: tuple[RowRule, ...] = ()

    @property
    def every_role(self) -> dict[str, Role]:
        """The built-in roles, and the file's over them."""
        return BUILT_IN_ROLES | self.roles

    @property
    def every_grant(self) -> tuple[Grant, ...]:
        """The file's grants, else the built-in ones."""
        return BUILT_IN_GRANTS if self.grants is None else self.grants


BUILT_IN_GRANTS = (
    Grant(to="viewer", what="gold.*"),
    Grant(to="analyst", what="silver.*"),
    Grant(to="engineer", what="*.*", may=("read", "write")),
)
