"""Which kinds of database there are."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from workbench.core import plugins
from workbench.core.errors import InvalidInput, MissingDependency, nearest
from workbench.core.records import Record
from workbench.ingest.sources.databases.base import Database
from workbench.ingest.sources.records import DatabaseKind, DatabaseOption

__all__ = ["GROUP", "check_options", "described", "kind_named", "kinds"]

GROUP = "workbench.sources"
_BUILT_IN = {"postgresql": "PostgreSQL", "mysql": "MySQL", "sqlite": "SQLite", "duckdb": "DuckDB"}


def kinds() -> tuple[str, ...]:
    """The kinds there are."""
    return tuple(sorted({*_BUILT_IN, *plugins.names(GROUP)}))


def kind_named(name: str) -> Database:
    """One kind.

    Raises
    ------
    InvalidInput, MissingDependency
        There is none of that name, or it cannot be imported.
    """
    if name in _BUILT_IN:
        made: Database = getattr(import_module(f"workbench.ingest.sources.databases.{name}"), _BUILT_IN[name])()
        return made
    if name not in plugins.names(GROUP):
        close = nearest(name, kinds())
        fix = f"Did you mean {close!r}?" if close else f"There are: {', '.join(kinds())}."
        raise InvalidInput(f"There is no kind of connection {name!r}.", fix=fix)
    loaded: Any = plugins.load(GROUP, name)
    database: Database = loaded() if isinstance(loaded, type) else loaded
    return database


def described() -> tuple[DatabaseKind, ...]:
    """What each kind is asked for, for a form; one that cannot be imported says so."""
    return tuple(map(_described, (*_BUILT_IN, *(name for name in kinds() if name not in _BUILT_IN))))


def _described(name: str) -> DatabaseKind:
    try:
        database = kind_named(name)
    except MissingDependency as error:
        return DatabaseKind(name=name, problem=error.message)
    options = tuple(_option(each, field, each in database.paths) for each, field in database.options.model_fields.items())
    return DatabaseKind(name=name, options=options, secret=database.secret)


def _option(name: str, field: FieldInfo, path: bool) -> DatabaseOption:
    allowed = [each for each in (get_args(field.annotation) or (field.annotation,)) if each is not type(None)]
    default = field.get_default() if isinstance(field.get_default(), str | int | float | bool) else None
    told = DatabaseOption(name=name, kind="path" if path else "text", required=field.is_required(), default=default)
    if get_origin(field.annotation) is Literal:
        return told.model_copy(update={"kind": "choice", "choices": tuple(map(str, allowed))})
    if bool in allowed:
        return told.model_copy(update={"kind": "yes or no"})
    return told.model_copy(update={"kind": "number"}) if {int, float} & set(allowed) else told


def check_options(kind: str, database: Database, options: dict[str, Any]) -> Record:
    """The options in their types, defaults filled in.

    Raises
    ------
    InvalidInput
        One is missing, unknown or wrong. The message holds no value.
    """
    known = database.options.model_fields
    strange = sorted(set(options) - set(known))
    if strange:
        close = nearest(strange[0], known)
        secret = database.secret and strange[0].lower() in ("password", "passwd", "secret", "token", database.secret)
        fix = f"Did you mean {close!r}?" if close else f"There are: {', '.join(known)}."
        raise InvalidInput(
            f"A {kind} connection has no option {strange[0]!r}.", fix="Give it as the secret: it is kept encrypted." if secret else fix
        )
    try:
        return database.options.model_validate(options)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        if missing := [str(each["loc"][0]) for each in errors if each["type"] == "missing"]:
            noun = f"the option {missing[0]}" if len(missing) == 1 else f"the options {', '.join(missing)}"
            raise InvalidInput(f"A {kind} connection needs {noun}.", fix=f"There are: {', '.join(known)}.") from None
        first = errors[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"The option {where} of a {kind} connection: {first['msg']}.", fix=f"There are: {', '.join(known)}.") from None
