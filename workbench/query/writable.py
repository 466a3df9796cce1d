"""Where a principal may make datasets and views: what a face proposes when something is to be kept, and says while a name is typed."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from workbench.core.errors import Forbidden, WorkbenchError
from workbench.core.names import QUARANTINE, check_new
from workbench.query.dml.target import check_write
from workbench.query.records import Writable

if TYPE_CHECKING:
    from workbench.core.principals import Principal
    from workbench.governance.access import AccessService
    from workbench.query.views import ViewStore

__all__ = ["writable"]

# What is made of a statement is seldom raw.
_ZONES = ("silver", "gold", "bronze")


def writable(access: AccessService, views: ViewStore, names: tuple[str, ...], who: Principal, name: str | None) -> Writable:
    """What :meth:`.service.QueryService.writable` answers. ``names``: those of all datasets."""
    granted = () if who.looks_only else access.rights(who).written
    patterns = _in_zones(granted, (*_ZONES, *(each.partition(".")[0] for each in access.names(who, names))))
    if not patterns:
        refused = _nowhere(who)
        return Writable(problem=refused.message, fix=refused.fix)
    zones = tuple(zone for zone, table in patterns if table == "*")
    others = tuple(f"{zone}.{table}" for zone, table in patterns if zone not in zones)
    proposed = f"{zones[0]}." if zones else others[0].partition("*")[0]
    said = {} if name is None else _about(access, views, names, who, name)
    return Writable(zones=zones, others=others, proposed=proposed, **said)


def _in_zones(patterns: Iterable[str], zones: Iterable[str]) -> list[tuple[str, str]]:
    """Zone and pattern of the table, of each zone that a pattern is about."""
    found: dict[tuple[str, str], None] = {}
    for pattern in patterns:
        on, _, table = pattern.partition(".")
        meant = [zone for zone in dict.fromkeys(zones) if fnmatchcase(zone, on)] if "*" in on else [on]
        found |= {(zone, table): None for zone in meant if zone != QUARANTINE}
    order = {zone: place for place, zone in enumerate(dict.fromkeys((*_ZONES, *(zone for zone, _ in found))))}
    return sorted(found, key=lambda each: (order[each[0]], each[1]))


def _nowhere(who: Principal) -> Forbidden:
    if who.looks_only:
        return Forbidden("This token may only look at data.", fix="Use a token of scope 'write'.")
    return Forbidden("You may not write to any dataset.", fix="Ask who administers the workspace for a grant: may: [write].")


def _about(access: AccessService, views: ViewStore, names: Iterable[str], who: Principal, name: str) -> dict[str, Any]:
    """What is to be said of one name. Whether it is taken is told to who may write there only, as by a statement."""
    try:
        check_new(name)
        there = next((each for each in names if each.casefold() == name.casefold()), None)
        check_write(access, who, there or name)
    except WorkbenchError as error:
        return {"problem": error.message, "fix": error.fix}
    if there is not None:
        return {"taken": "dataset"}
    return {"taken": "view"} if views.find(name) is not None else {}
