"""What of a result was read through a mask, and where in it, or in what a statement writes, that is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from workbench.catalog.records import MaskedColumn

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.query.decide import Verdict
    from workbench.query.dml.lineage import Origins
    from workbench.query.relations import Planned

__all__ = ["filtered_in", "masked_in", "masked_into", "masked_json", "masked_of", "masks_of", "through"]

_SEVERAL = TypeAdapter(tuple[MaskedColumn, ...])


def masked_in(
    verdict: Verdict, planned: Sequence[Planned], width: int, written: Iterable[MaskedColumn] = ()
) -> tuple[MaskedColumn, ...]:  # fmt: skip
    """The columns that a statement read through masks, each with the places of those of its result, of so many, that are made of it. A
    column of the result whose sources cannot be told is taken to be made of all. ``written`` are those that it wrote."""
    found = _masked(planned)
    if not found:
        return ()
    from workbench.query.dml.lineage import made_of

    # What DESCRIBE and SUMMARIZE give are no values of columns.
    made = made_of(verdict.sql, planned, width) if verdict.kind == "select" else []
    into = {(one.dataset, one.column): one.into for one in written}
    return tuple(
        each.model_copy(
            update={
                "places": tuple(place for place, sources in enumerate(made) if source in sources),
                "into": into.get((each.dataset, each.column), ()),
            }
        )
        for source, each in found.items()
    )


def masked_into(planned: Sequence[Planned], columns: Origins) -> tuple[MaskedColumn, ...]:
    """Of what a statement reads through masks that which goes into the columns it writes, which are made of these (:mod:`.dml.lineage`)."""
    found = _masked(planned)
    into: dict[tuple[str, str], list[str]] = {}
    for column, sources in columns.items() if found else ():
        for uuid, name in sources:
            if (uuid, name) in found:
                into.setdefault((uuid, name), []).append(column)
    return tuple(each.model_copy(update={"into": tuple(into[source])}) for source, each in found.items() if source in into)


def filtered_in(planned: Iterable[Planned]) -> tuple[str, ...]:
    """The datasets of which a statement reads only those rows that its author may see."""
    return tuple(dict.fromkeys(one.ref.name for one in planned if one.shape is not None and one.shape.where is not None))


def through(masked: Iterable[MaskedColumn], filtered: Iterable[str]) -> Iterator[str]:
    """In sentences what a statement writes otherwise than it is stored where it reads."""
    from_ = [
        f"{', '.join(one.into)} from {one.dataset}.{one.column} ({one.mask}{f', by {one.rule}' if one.rule else ''})" for one in masked
    ]
    if from_:
        yield f"Not the values are written but what you see of them, through masks: {'; '.join(from_)}."
    if names := ", ".join(filtered):
        yield f"Of {names} only the rows that you may see count."


def masks_of(planned: Iterable[Planned]) -> tuple[MaskedColumn, ...]:
    """The columns that a statement reads through masks, wherever in its result they are."""
    return tuple(_masked(planned).values())


def masked_json(masked: tuple[MaskedColumn, ...]) -> str:
    """Masked columns as they go with rows: in the metadata of an Arrow schema."""
    return _SEVERAL.dump_json(masked, exclude={"__all__": {"places", "into"}}).decode()


def masked_of(table: pa.Table) -> tuple[MaskedColumn, ...]:
    """Those that an Arrow table's metadata tells of."""
    told = (table.schema.metadata or {}).get(b"masked")
    return () if told is None else _SEVERAL.validate_json(told)


def _masked(planned: Iterable[Planned]) -> dict[tuple[str, str], MaskedColumn]:
    return {(one.ref.table_uuid, each.column): each for one in planned for each in one.masked}
