"""CSV and its kin: comma, semicolon, tab or bar, compressed or not.

An empty field is missing (null); an empty field in quotes is an empty text. Blank lines are no records, except where there is
only one column: there they are missing values. The file is parsed twice: to see every value, then to convert it. Records of the wrong
shape, and those with a value that fits its column's type no more than a few others do, are set aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from workbench.core.errors import UnreadableFile, WorkbenchError
from workbench.engines.readers import decimal_comma
from workbench.engines.readers.aligned import ALIGNED, NAMED, aligned_in, looks_aligned
from workbench.engines.readers.column import SPARE, Customs, TextColumn, labels_of
from workbench.engines.readers.dialect import Dialect, detect
from workbench.engines.readers.kinds import Kind
from workbench.engines.readers.layout import Layout, layout_of, without_end
from workbench.engines.readers.misfits import Misfits
from workbench.engines.readers.naming import originals_of, renaming
from workbench.engines.readers.reading import Reading
from workbench.engines.readers.rejects import Rejects
from workbench.engines.readers.rows import TextRows
from workbench.engines.readers.settling import settle, together
from workbench.engines.readers.source import Request, Seen, Source, Written
from workbench.engines.readers.text import head_of, plain_text, sample_of
from workbench.engines.readers.totals import is_total, left_out, looks_like_total
from workbench.engines.types import type_words

__all__ = ["customs_by_column", "decide", "headers_of", "open_delimited", "reading_of", "remarks_on", "seen_of"]


def open_delimited(request: Request) -> Source:
    """Look at the whole file and decide names and types.

    Raises
    ------
    UnreadableFile
        Not text, no rows; undecodable, ragged, quotes not well-formed in more than a few places; with the line.
    InvalidInput
        A column does not fit the table that is there, or what was said of the file cannot be.
    """
    said, tolerant = request.reading, request.reading.misfits == "quarantine"
    path, complete = head_of(request.path, request.look_bytes, request.scratch) if request.look_bytes else (request.path, True)
    text = plain_text(path, request.shown, request.scratch, encoding=said.encoding, tolerant=tolerant, partial=not complete)
    sample, whole = sample_of(text.path)
    tab = Path(request.shown).suffix.lower() in (".tsv", ".tab")
    aligned = aligned_in(sample, said)
    if aligned is not None:
        text = replace(text, path=aligned.delimited(text.path, request.scratch / "text.aligned"))
        sample, whole = sample_of(text.path)
        said = said.model_copy(update={"delimiter": "\t", "quote": '"', "header": True})
    dialect = detect(sample, whole and complete, request.shown, tab, said)
    layout = layout_of(headers_of(dialect), said, request.known)
    rows = TextRows(text, dialect, request, complete=complete)
    columns = rows.look(lambda: _columns(layout, tolerant))
    for column in columns:
        column.where = rows.where
    layout = without_end(layout, said, [dialect.header is not None and not column.present for column in columns])
    customs = decide(columns, dialect, said)
    settle((columns[place], request.target.get(layout.names[place])) for place in layout.taken)
    taken = _Taken(rows, layout, columns, tolerant)
    taken.check(request)
    schema = pa.schema([(column.name, column.type) for column in taken.columns])
    return Source(
        format="csv",
        schema=schema,
        batches=lambda: taken.batches(schema),
        originals=originals_of(layout.originals, layout.names) if dialect.header is not None else {},
        warnings=(
            *text.warnings,
            *(aligned.remarks[: 1 if said.skip else None] if aligned is not None else _maybe_aligned(layout, sample, dialect)),
            *remarks_on(layout, dialect, taken.columns),
            *rows.body.remarks,
            *left_out(rows.left_out, "line"),
            *taken.total(customs),
        ),
        reading=reading_of(text.encoding, dialect, layout, taken.columns, customs, said),
        seen=seen_of(columns),
        misfits=taken.rejects,
        customs=customs_by_column(taken.columns),
        rows=rows.count if complete else None,
        left_out=len(rows.left_out),
        complete=complete,
    )


def _maybe_aligned(layout: Layout, sample: str, dialect: Dialect) -> tuple[str, ...]:
    if len(layout.names) > 1 or not looks_aligned([line for line in sample.splitlines()[:100] if line.strip()]):
        return ()
    return (ALIGNED.format(name=layout.names[0]) + (NAMED if dialect.header is not None else ""),)


def headers_of(dialect: Dialect) -> tuple[str | None, ...]:
    """What the file calls its columns."""
    return dialect.header if dialect.header is not None else (None,) * dialect.width


def _columns(layout: Layout, tolerant: bool) -> list[TextColumn]:
    spare = SPARE if tolerant else 0.0
    return [TextColumn(name, spare=spare, asked=layout.asked[place], place=place) for place, name in enumerate(layout.names)]


def decide(columns: list[TextColumn], dialect: Dialect, said: Reading) -> Customs:
    """Settle among the columns of a file what each by itself leaves open, and how the file does it."""
    proven = {column.proven_order for column in columns} - {None}
    order = said.dates or (proven.pop() if len(proven) == 1 else None)
    european = any(column.has_decimal_commas for column in columns)
    customs = Customs(dialect.delimiter in decimal_comma.DELIMITERS, european, said.decimal, order, said.dates is not None)
    for column in columns:
        column.doubt(customs)
    return customs


def remarks_on(layout: Layout, dialect: Dialect, columns: list[TextColumn]) -> tuple[str, ...]:
    """What a person should know about how the file was understood."""
    named = dialect.header is not None
    first, last = layout.names[0], layout.names[-1]
    unnamed = () if named else (f"No header was recognised; the columns are called {first} to {last}.",)
    lines = f"the first {dialect.skip:,} lines are" if dialect.skip > 1 else "the first line is"
    title = (f"The header is on line {dialect.skip + dialect.blank + 1:,}; {lines} no data.",) if dialect.skip else ()
    ours = [place for place in layout.taken if place not in layout.named]
    found = renaming(originals_of([layout.originals[n] for n in ours], [layout.names[n] for n in ours])) if named else ()
    return (*title, *unnamed, *layout.warnings, *found, *(remark for column in columns if (remark := column.remark())))


def reading_of(encoding: str, dialect: Dialect, layout: Layout, columns: list[TextColumn], customs: Customs, said: Reading) -> Reading:
    """How the file was understood, with nothing left open."""
    types = {column.name: column.type for column in columns}
    commas = any(column.kind in (Kind.COMMA, Kind.COMMA_MONEY, Kind.COMMA_PERCENT) for column in columns)
    return Reading(
        format="csv",
        encoding=encoding,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        header=dialect.header is not None,
        skip=dialect.skip,
        footer=said.footer,
        decimal=said.decimal or ("," if commas else "."),
        dates=customs.order,
        columns=layout.filled(types),
        misfits=said.misfits,
    )


def customs_by_column(columns: list[TextColumn]) -> dict[str, Written]:
    """How the values of each column are written, where they say anything."""
    return {column.name: column.written for column in columns if any(column.written)}


def seen_of(columns: list[TextColumn]) -> tuple[Seen, ...]:
    """What was seen of each column."""
    return tuple(
        Seen(why=column.remark() or "", examples=tuple(column.examples), null_share=column.null_share, choices=column.choices())
        for column in columns
    )


class _Taken:
    """The columns that are taken, as rows; what does not fit goes to the rejects."""

    def __init__(self, rows: TextRows, layout: Layout, columns: list[TextColumn], tolerant: bool) -> None:
        self.rows, self.tolerant, self.rejects = rows, tolerant, Rejects()
        self.places, self.every = layout.taken, columns
        self.keys = [number for number, place in enumerate(layout.taken) if layout.names[place] in rows.keys]
        self.columns = [columns[place] for place in self.places]

    def check(self, request: Request) -> None:
        """Refuse a table's type that more than a few values are too large for.

        Raises
        ------
        InvalidInput
            It names the column.
        """
        narrow = [(place, column) for place, column in zip(self.places, self.columns, strict=True) if column.may_overflow]
        if not narrow or not self.tolerant:
            return
        bad = [0] * len(narrow)
        for batch in self.rows.batches():
            for number, (place, column) in enumerate(narrow):
                mask = column.divide(batch.column(place))[1]
                bad[number] += 0 if mask is None else int(mask.sum())
        errors = [column.misfit(column.type) for count, (_, column) in zip(bad, narrow, strict=True) if not column.can_spare(count)]
        if errors:
            raise together(errors)

    def total(self, customs: Customs) -> tuple[str, ...]:
        """What to say of a last record that is a total of the others, and is not set aside."""
        rows, last = self.rows, self.rows.last
        count = rows.count - len(rows.broken)
        if not rows.complete:
            return ()
        labels = labels_of(last)  # of all columns at once: one by one they take longer than all that was read of a wide file
        if any(not column.takes_label(labels[column.place]) for column in self.columns if column.kind != Kind.TEXT):
            return ()
        filled = [column.present == column.rows - (value is None) for column, value in zip(self.every, last, strict=True)]
        if not is_total(last, filled, count - 1, rows.above_last, customs):
            return ()
        line = rows.line_of(count)
        return () if any(each.line + rows.dialect.skip > line for each in rows.broken) else (looks_like_total("Line", line),)

    def batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows, again from the first; the rejects are complete at the end."""
        self.rejects.clear()
        misfits, before = Misfits(self.columns), 0
        for batch in self.rows.batches():
            values = [batch.column(place) for place in self.places]
            divided = [column.divide(array) for column, array in zip(self.columns, values, strict=True)]
            arrays, masks = [array for array, _ in divided], [mask for _, mask in divided]
            for number in self.keys:
                if arrays[number].null_count:
                    masks[number] = arrays[number].is_null().to_numpy(zero_copy_only=False)
            made = pa.RecordBatch.from_arrays(arrays, schema=schema)
            if any(mask is not None for mask in masks):
                good = misfits.note(before, values, masks)
                made = made.filter(pa.array(good))
            if misfits and not self.tolerant:
                raise self._refusal(misfits)
            before += batch.num_rows
            yield made
        broken = [(each.line + self.rows.dialect.skip, each) for each in self.rows.broken]
        misfits.tell(self.rejects, self.rows.places, broken)

    def _refusal(self, misfits: Misfits) -> WorkbenchError:
        """The first misfit as a reason to take nothing."""
        record, column = misfits.first
        if column.asked is None:
            return column.misfit(column.type)
        line = self.rows.places([record])[0][0]
        return UnreadableFile(
            f"{self.rows.shown}, line {line:,}: the value of {column.name} is no {type_words(column.type)}.",
            fix="Correct that line, leave the column's type open, or let rows that do not fit be set aside.",
            line=line,
            column=column.name,
        )
