"""A file whose columns have types already, in the shape that a person asked for: names, types, and which columns are taken."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.core.errors import UnreadableFile
from workbench.engines.readers.chosen import Chosen
from workbench.engines.readers.fitting import Fitter, Plain, as_text, choices, fitter
from workbench.engines.readers.kept import as_kept
from workbench.engines.readers.naming import originals_of, renaming
from workbench.engines.readers.reading import ColumnReading, Reading
from workbench.engines.readers.rejects import NO_KEY, Rejects
from workbench.engines.readers.source import Request, Seen, Source
from workbench.engines.readers.united import United, may_be_united
from workbench.engines.types import arrow_type, type_name, type_words

__all__ = ["Shape", "see"]

_LOOKED_AT = 1000
_EXAMPLES, _LONGEST = 5, 100
_MANY = 500  # of so many columns nobody reads the choices

Batches = Callable[[], Iterator[pa.RecordBatch]]
Place = Callable[[int], tuple[int, int | None]]


def _same(row: int) -> tuple[int, int | None]:
    return row, None


class Shape:
    """What turns batches as they are found in a file into batches as they will be stored.

    Parameters
    ----------
    request
        The file, with what a person said of it.
    chosen
        Its columns.
    schema
        As found, under the names that ``chosen`` has.
    fit
        Types by place that a table holds instead of those found, as if they had been asked for.
    parse
        Text may be JSON of what the table that is there holds.
    """

    def __init__(
        self, request: Request, chosen: Chosen, schema: pa.Schema, fit: Mapping[int, pa.DataType] | None = None, *, parse: bool = False
    ) -> None:
        self.request, self.chosen, self.found = request, chosen, schema
        needed = {place: kind for place, kind in (fit or {}).items() if place in chosen.taken}
        said = {place: kind for place in chosen.taken if (kind := chosen.type_of(place, schema.field(place).type)) is not None}
        meant = {
            place: arrow_type(kind)
            for place in chosen.taken
            if (kind := request.read_as.get(chosen.headers[place] or "")) is not None and _leaves(chosen, place, kind)
        }
        self.asked = needed | said | meant
        self._fitters: dict[int, Fitter] = {
            place: Plain(kind) if place in meant else fitter(chosen.names[place], schema.field(place).type, kind, request.reading)
            for place, kind in self.asked.items()
        }
        self._united = {
            place: United(
                schema.field(place).type, there, exact=request.exact, parse=parse, tolerant=request.reading.misfits == "quarantine"
            )
            for place in chosen.taken
            if place not in self.asked
            and (there := request.target.get(chosen.names[place])) is not None
            and may_be_united(there, schema.field(place).type)
        }
        self._fitters |= self._united
        self.schema = schema

    def source(
        self,
        reading: Reading,
        batches: Batches,
        seen: Sequence[Seen],
        *,
        misfits: Rejects | None = None,
        place: Place = _same,
        warnings: tuple[str, ...] = (),
        **more: Any,
    ) -> Source:
        """The source.

        Parameters
        ----------
        reading
            How the file was understood, without its columns.
        batches
            Gives the rows as found.
        misfits
            What was set aside before; it stays at the beginning.
        place
            Which record of the file a row of ``batches`` is, and its line where that is known; all from 1.
        more
            Fields of :class:`Source`.
        """
        assert reading.format is not None
        self._look(batches)
        collected = misfits or Rejects()
        before = collected.table()
        names = [self.chosen.names[place] for place in self.chosen.taken]
        headers = [self.chosen.headers[place] for place in self.chosen.taken]
        originals = originals_of(headers, names) if any(header is not None for header in self.chosen.headers) else {}
        said = {name for place, name in enumerate(self.chosen.names) if place in self.chosen.said and self.chosen.said[place].name}
        told = renaming({new: old for new, old in originals.items() if new not in said})
        return Source(
            format="json" if reading.format == "ndjson" else reading.format,
            schema=self.schema,
            batches=lambda: self._shaped(batches, collected, before, place),
            originals=originals,
            warnings=(*warnings, *self.chosen.warnings, *told),
            reading=reading.model_copy(update={"columns": self._columns(), "misfits": self.request.reading.misfits}),
            seen=tuple(seen),
            misfits=collected,
            **more,
        )

    def _look(self, batches: Batches) -> None:
        """How text is to be read as what was asked for is told by all of it."""
        looking = {place: one for place, one in self._fitters.items() if one.looks}
        for batch in batches() if looking else ():
            for place, one in looking.items():
                one.see(batch.column(place))
        for one in self._fitters.values():
            one.settle()
        self.schema = pa.schema([self.found.field(place).with_type(self._type(place)) for place in self.chosen.taken])

    def _type(self, place: int) -> pa.DataType:
        """What a column will be."""
        one = self._united.get(place)
        return one.type if one is not None else self.asked.get(place, self.found.field(place).type)

    def _columns(self) -> tuple[ColumnReading, ...]:
        taken = set(self.chosen.taken)
        return tuple(
            ColumnReading(
                place=place,
                original=header or "",
                name=name,
                type=type_name(self.asked.get(place, self.found.field(place).type)),
                take=place in taken,
            )
            for place, (header, name) in enumerate(zip(self.chosen.headers, self.chosen.names, strict=True))
        )

    def _shaped(self, batches: Batches, collected: Rejects, before: pa.Table, place: Place) -> Iterator[pa.RecordBatch]:
        collected.clear()
        if before.num_rows:
            collected.extend(before)
        record = 0
        for batch in batches():
            arrays, bad, keyless = self._converted(batch)
            if bad is not None:
                self._set_aside(batch, bad, keyless, record, collected, place)
                keep = pc.invert(pc.is_in(pa.array(range(batch.num_rows)), value_set=pa.array(list(bad))))
                arrays = [array.filter(keep) for array in arrays]
            record += batch.num_rows
            yield pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _converted(self, batch: pa.RecordBatch) -> tuple[list[Any], dict[int, int] | None, set[int]]:
        """The columns that are taken, in their types, the first column that does not fit in each row where one does not, and the rows in
        which that is a key without a value."""
        arrays, bad, keyless = [], dict[int, int](), set[int]()
        for place in self.chosen.taken:
            array = batch.column(place)
            if place in self._fitters:
                array, wrong = self._fitters[place].divide(array)
                for row in pc.indices_nonzero(wrong).to_pylist() if wrong is not None else ():
                    bad.setdefault(row, place)
            if self.chosen.names[place] in self.request.keys and array.null_count:
                lacking = [row for row in pc.indices_nonzero(array.is_null()).to_pylist() if row not in bad]
                bad, keyless = bad | dict.fromkeys(lacking, place), keyless.union(lacking)
            arrays.append(array)
        return arrays, bad or None, keyless

    def _set_aside(
        self, batch: pa.RecordBatch, bad: Mapping[int, int], keyless: Collection[int], before: int, collected: Rejects, place: Place
    ) -> None:
        rows = sorted(bad)
        part = batch.take(pa.array(rows))
        texts = {self.chosen.names[column]: as_kept(part.column(column)).to_pylist() for column in self.chosen.taken}
        for number, row in enumerate(rows):
            name, kind = self.chosen.names[bad[row]], type_words(self._type(bad[row]))
            record, line = place(before + row + 1)
            if self.request.reading.misfits == "fail":
                where = f"record {record:,}" if line is None else f"line {line:,}"
                raise UnreadableFile(
                    f"{self.request.shown}, {where}: the value of {name} is no {kind}.",
                    fix=f"Correct it there, read {name} as another type, or have such records set aside.",
                    **({"record": record} if line is None else {"line": line}),
                )
            values = {column: each[number] for column, each in texts.items()}
            collected.add(
                NO_KEY if row in keyless else f"is no {kind}", line=line, record=record, column=name, value=values[name], row=values
            )


def _leaves(chosen: Chosen, place: int, kind: str) -> bool:
    """Whether a person says nothing else of a column than that it is of a type."""
    said = chosen.said.get(place)
    return said is None or said.type in (None, kind)


def see(chosen: Chosen, found: pa.Schema, first: pa.RecordBatch | None, nulls: Mapping[int, float] | None = None) -> tuple[Seen, ...]:
    """What the first rows say of each column. ``nulls`` has the shares of missing values where they are known of the whole file."""
    if first is None:
        return tuple(Seen(choices=(type_name(field.type),)) for field in found)
    looked, many = first.slice(0, _LOOKED_AT), len(found) > _MANY
    made = []
    for place, column in enumerate(looked.columns):
        kind = chosen.type_of(place, found.field(place).type) or found.field(place).type
        share = (nulls or {}).get(place, column.null_count / max(len(column), 1))
        possible = (type_name(kind),) if many else choices(column, found.field(place).type)
        made.append(Seen(examples=_examples(column), null_share=share, choices=possible))
    return tuple(made)


def _examples(column: Any) -> tuple[str, ...]:
    values = dict.fromkeys(value for value in as_text(column[: 20 * _EXAMPLES]).to_pylist() if value)
    return tuple(value[:_LONGEST] for value in values)[:_EXAMPLES]
