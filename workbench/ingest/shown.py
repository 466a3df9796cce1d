"""Previews and reports as a notebook shows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.core import html

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.ingest.records import ColumnSeen, Difference, IngestReport, Misfit, Preview

__all__ = ["about", "headline", "preview_html", "report_html"]

_SHOWN = 200  # columns
_FEW = 10
_CALLS = {
    "recipe apply": "ws.dataset({!r}).refine()",
    "recipe propose": "ws.dataset({!r}).recipe()",
    "promote": "ws.dataset({!r}).promote()",
    "quality": "ws.dataset({!r}).quality()",
    "compliance findings": "ws.compliance.findings({!r})",
}
_COMMAND = re.compile(rf"`workbench ({'|'.join(_CALLS)}) ([a-z]+\.[^\s`]+)`")


def preview_html(preview: Preview) -> str:
    """The columns with their types and examples, what would not parse, and what to do next."""
    columns = [("column", ""), ("type", ""), ("in the file", ""), ("examples", ""), ("missing", "long"), ("why", "")]
    rows = [_column(column) for column in preview.columns[:_SHOWN]]
    more = f"{len(preview.columns) - _SHOWN:,} columns more." if len(preview.columns) > _SHOWN else ""
    parts = [html.note(headline(preview)), html.table(columns, rows, more)]
    parts += [html.note(line) for line in about(preview)]
    if preview.misfits:
        shown = f"Records that would be set aside: {preview.misfit_count:,} in what was looked at."
        parts += [html.note(shown), _misfits(preview.misfits)]
    if preview.differences:
        parts += [html.note(f"How it differs from {_target(preview)}:"), _differences(preview.differences)]
    return "".join([*parts, *(html.note(f"⚠ {warning}") for warning in preview.warnings), html.note(_next(preview))])


def report_html(report: IngestReport) -> str:
    """What was taken, where it went, how good it is, and what to do next."""
    done = "taken before, nothing was written" if report.unchanged else "new" if report.created else "written"
    figures = [("source", report.source), ("dataset", f"{report.dataset} ({done})"), ("rows", f"{report.rows:,}")]
    figures += [(name, f"{count:,}") for name, count in _counts(report) if count]
    if report.quality is not None:
        # Rounded down: what is not perfect never looks so.
        figures.append(("quality", f"{int(report.quality * 1000) / 1000:.3f}"))
    parts = [html.table([("", ""), ("", "")], figures)]
    parts.append(html.table([("column", ""), ("type", "")], report.columns[:_SHOWN]))
    if report.differences:
        parts += [html.note("What changed in its columns, or was left out:"), _differences(report.differences)]
    parts += [html.note(f"⚠ {warning}") for warning in report.warnings]
    return "".join([*parts, *(html.note(line) for line in _onwards(report))])


def _column(column: ColumnSeen) -> list[str]:
    kind = column.type if column.take else "not taken"
    return [column.name, kind, column.original, ", ".join(column.examples[:3]), _share(column.null_share), column.why]


def headline(preview: Preview) -> str:
    """What the source is, in one line."""
    rows = "" if preview.rows is None else f", {'' if preview.exact else 'about '}{preview.rows:,} rows"
    reading = preview.reading
    told = [f"{name} {value!r}" for name in ("encoding", "delimiter", "sheet") if (value := getattr(reading, name)) is not None]
    header = "" if reading.header is not False else ", no header"
    remembered = ", read as it was corrected before" if preview.remembered else ""
    return f"{preview.shown}: {', '.join([reading.format or '', *told])}{header}{rows}{remembered}"


def about(preview: Preview) -> Iterable[str]:
    """Where it would go, what it looks like, what is proposed; a sentence each."""
    yield f"It would go into {_target(preview)}, {'which is there' if preview.exists else 'a new dataset'}."
    if preview.only:
        yield preview.only
    if preview.taken:
        yield f"The same content was taken before, by run {preview.taken}."
    for alike in preview.resembles[:3]:
        # Rounded down: what is not the same never looks so.
        yield f"It looks like {alike.dataset} ({int(alike.score * 100)} % of the columns)."
    if preview.keys:
        yield f"Columns that tell its rows apart: {', '.join(preview.keys)}."
    if preview.partition_by and not preview.exists:
        yield f"It could be partitioned by {', '.join(preview.partition_by)}: {preview.partition_why}"
    if len(preview.sheets) > 1:
        yield f"Sheets: {', '.join(preview.sheets)}."


def _next(preview: Preview) -> str:
    mode = ", mode='append'" if preview.exists else ""
    return f"Take it in with ws.ingest({preview.source!r}{mode}); correct it with reading=preview.reading.model_copy(update=...)."


def _onwards(report: IngestReport) -> Iterable[str]:
    if report.verdict:
        yield in_python(report.verdict)
    if report.review:
        yield in_python(report.review)
    yield f"Look at it: ws.dataset({report.dataset!r}).read()"
    if report.rejected:
        yield f"Records set aside: ws.ingest.misfits({report.dataset!r})"
        yield f"Corrected ones join it: ws.ingest.correct({report.dataset!r}, corrections)"


def in_python(text: str) -> str:
    """A sentence with the commands that it names as a notebook writes them.

    >>> in_python("A person promotes it: `workbench promote silver.x`.")
    "A person promotes it: `ws.dataset('silver.x').promote()`."
    """
    return _COMMAND.sub(lambda found: f"`{_CALLS[found[1]].format(found[2])}`", text)


def _counts(report: IngestReport) -> tuple[tuple[str, int], ...]:
    return (
        ("set aside", report.rejected),
        ("removed", report.removed),
        ("updated", report.updated),
        ("files", report.files - 1 and report.files),
    )


def _target(preview: Preview) -> str:
    return f"{preview.zone}.{preview.name}"


def _share(share: float) -> str:
    return "" if not share else f"{max(share * 100, 0.1):.1f} %"


def _misfits(misfits: Iterable[Misfit]) -> str:
    columns = [("line", "long"), ("column", ""), ("value", ""), ("reason", "")]
    return html.table(columns, [[m.line, m.column or "", m.value or "", m.reason] for m in list(misfits)[:_FEW]])


def _differences(differences: Iterable[Difference]) -> str:
    columns = [("column", ""), ("", ""), ("in the dataset", ""), ("in the file", "")]
    return html.table(columns, [[d.column, d.kind, d.there or "", d.here or ""] for d in differences])
