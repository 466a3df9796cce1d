"""What a statement would write, and of what: it is refused for what running it would be refused for, and nothing is done."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from workbench.core.refs import MAIN
from workbench.lake.changes.schema import check_evolves
from workbench.lake.records import ColumnChange
from workbench.query.dml.adding import destinations, makes
from workbench.query.dml.changing import composed_of
from workbench.query.dml.commenting import commented
from workbench.query.dml.compose import of_rows
from workbench.query.dml.lineage import sources, sources_of_changes
from workbench.query.dml.records import Alter, Comment, CreateTable, CreateView, Delete, Drop, DropView, Insert, Merge, Update, Write
from workbench.query.dml.shaping import alteration, whole
from workbench.query.dml.target import Target, check_over, check_whole, seen_columns, target_of
from workbench.query.dml.viewing import dropped_view, made_view
from workbench.query.masked import filtered_in, masked_into, through
from workbench.query.records import Decision, Explanation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.lake import ReadPlan
    from workbench.query.dml.ask import Asked
    from workbench.query.dml.carry import Carrying
    from workbench.query.dml.lineage import Origins
    from workbench.query.relations import Planned

__all__ = ["explained"]

_SO_ALREADY = "Nothing is done: it is so already."
_NOTHING = "Nothing is done: there is no {}."


def explained(how: Carrying, write: Write) -> Explanation:
    """Raises what :class:`workbench.query.dml.StatementWriter` raises before it writes."""
    written = ".".join(write.target.parts)
    if isinstance(write, CreateView):
        return _told(how, f"It makes the view {made_view(how, write, how.parts.views).name}.")
    if isinstance(write, DropView):
        name = dropped_view(how, write, how.parts.views)
        return _told(how, f"It drops the view {name}." if name else _NOTHING.format(f"view {written}"))
    if isinstance(write, Comment):
        said = commented(how, write)
        verb = "describes" if said.text else "takes away the description of"
        return _told(how, f"It {verb} {said.about}." if said.changes else _SO_ALREADY)
    if isinstance(write, Alter):
        target, change = alteration(how, write)
        if isinstance(change, ColumnChange):
            check_evolves(how.parts.lake.table(target.dataset), target.dataset, change)
        return _told(how, _writes(target) if change is not None else _SO_ALREADY)
    if isinstance(write, Drop):
        found = whole(how, write.target, "DROP TABLE", write.if_exists)
        return _told(how, _writes(found[0]) if found is not None else _NOTHING.format(f"dataset {written}"))
    return _of_rows(how, write)


def _of_rows(how: Carrying, write: Any) -> Explanation:
    access, who = how.parts.access, how.who
    if isinstance(write, CreateTable):
        target, there = makes(how, write)
        if there and not write.replace:
            return _told(how, _SO_ALREADY)
    else:
        target, there = target_of(write.target, how.statement.text, how.names, access, who), True
    adds = isinstance(write, Insert) or (isinstance(write, CreateTable) and not write.replace)
    with ExitStack() as held:
        plan = held.enter_context(how.parts.lake.reading(target.ref)) if there else None
        if plan is not None and not adds:
            verb = "CREATE OR REPLACE" if isinstance(write, CreateTable) else type(write).__name__.upper()
            check_whole(access, who, plan, verb)
        if isinstance(write, Insert | CreateTable):
            queries = [of_rows(write)]
        else:
            queries = composed_of(write, plan) if isinstance(write, Update | Delete | Merge) and plan is not None else []
        asker = how.asker(plan if not adds else None, held)
        asked = [asker.ask(each, how.names) for each in queries]
        seen = seen_columns(plan, access.shape(who, plan)) if plan is not None else ()
        planned = [one for each in asked for one in each.planned]
        notes = _notes(how, write, asked, plan, planned, seen, target)
        plans = [how.plan_of(each) for each in asked] if all(one.shape is None for one in planned) else []
        columns = tuple((column.name, column.type) for column in seen)
        told = _told(how, _writes(target), _reads(planned), *notes, tables=[one.told for one in planned], columns=columns)
        return told.model_copy(update={"plan": "\n".join(plans), "notes": notes})


def _notes(
    how: Carrying, write: Any, asked: Sequence[Asked], plan: ReadPlan | None, planned: Sequence[Planned], seen: Any, target: Target
) -> tuple[str, ...]:
    """What would be written otherwise than it is stored. Raises as :func:`.target.check_over` and :func:`.adding.destinations` do."""
    over: Origins = {}
    if isinstance(write, Insert):
        goes = destinations(write, asked[0], seen, target.dataset)
        made = sources(asked[0], [column.name if column is not None else None for column in goes])
    elif isinstance(write, CreateTable):
        made = sources(asked[0], asked[0].schema.names)
        over = made if write.replace else {}
    else:
        made, over = sources_of_changes(asked), sources_of_changes(asked, over=True)
    if plan is not None:
        check_over(planned, over, plan, "CREATE OR REPLACE" if isinstance(write, CreateTable) else str(how.statement.kind).upper())
    return tuple(through(masked_into(planned, made), filtered_in(planned)))


def _told(how: Carrying, *reasons: str, tables: Any = (), columns: Any = ()) -> Explanation:
    kind: Any = str(how.statement.kind)
    decision = Decision(allowed=True, kind=kind, tables=tuple(dict.fromkeys(tables)), reasons=reasons)
    return Explanation(decision=decision, columns=columns, plan="")


def _writes(target: Target) -> str:
    return f"It writes to {target.dataset}{f', branch {target.branch}' * (target.branch != MAIN)}."


def _reads(planned: Any) -> str:
    names = ", ".join(dict.fromkeys(one.ref.name for one in planned))
    return f"It reads: {names}." if names else "It reads no dataset."
