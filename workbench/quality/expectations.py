"""Expectations: evaluated in one scan, proposed from a profile, read from and written to YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.core.clock import from_iso
from workbench.core.errors import WorkbenchError
from workbench.core.given import made_of, read_yaml
from workbench.quality.checks import Check, Other, check_of, count_failing, describe
from workbench.quality.records import ColumnProfile, Expectation, ExpectationResult, Profile
from workbench.quality.scanning import Source

__all__ = ["evaluate", "from_yaml", "made", "propose", "to_yaml"]

_END = datetime.max.replace(tzinfo=UTC)
_FEW_VALUES = 20
_SEEN_OFTEN = 20  # rows a value must have been seen in, on average, before the set is thought to be closed


def evaluate(
    source: Source,
    expectations: Sequence[Expectation],
    *,
    now: datetime,
    written_at: datetime | None = None,
    others: Mapping[str, Other] | None = None,
    more: Sequence[Check] = (),
) -> tuple[tuple[ExpectationResult, ...], dict[str, tuple[int, int]]]:
    """How each expectation comes out on these rows, and of the checks in ``more`` how many rows were looked at and failed.

    All that look at rows are counted in one statement. ``others`` are the datasets that foreign keys point to, by name. One that
    cannot be checked has ``passed`` None and says why; a gate that cannot be checked is no gate that held.
    """
    checks: list[Check] = list(more)
    broken: dict[str, str] = {}
    for expectation in expectations:
        try:
            check = check_of(expectation, source.columns, (others or {}).get(expectation.dataset or ""))
        except WorkbenchError as error:
            broken[expectation.id] = str(error)
        else:
            checks += [check] if check is not None else []
    counted = count_failing(source, checks)
    results = []
    for expectation in expectations:
        found = counted.get(expectation.id or "new")
        if expectation.id in broken or isinstance(found, WorkbenchError):
            message = broken.get(expectation.id) or "It cannot be checked on this data: are its values of the column's type?"
            results.append(ExpectationResult(expectation=expectation, passed=None, message=message))
        elif found is not None:
            results.append(_by_rows(expectation, *found))
        else:
            results.append(_by_whole(expectation, source, now, written_at))
    return tuple(results), {check.id: found for check in more if isinstance(found := counted.get(check.id), tuple)}


def _by_rows(expectation: Expectation, checked: int, failed: int) -> ExpectationResult:
    share = 1 - failed / checked if checked else 1.0
    passed = share >= expectation.share
    rows = "row" if checked == 1 else "rows"
    message = "" if passed else f"{failed:,} of {checked:,} {rows} {'fails' if failed == 1 else 'fail'}: {describe(expectation)}."
    return ExpectationResult(expectation=expectation, passed=passed, checked=checked, failed=failed, observed=share, message=message)


def _by_whole(e: Expectation, source: Source, now: datetime, written_at: datetime | None) -> ExpectationResult:
    if e.kind == "row_count":
        passed = (e.low is None or source.rows >= float(e.low)) and (e.high is None or source.rows <= float(e.high))
        return _told(e, passed, source.rows, f"There are {source.rows:,} rows; expected: {describe(e)}.")
    if e.kind == "type":
        found = next(column.type for column in source.columns if column.name == e.column)
        return _told(e, found == e.pattern, found, f"{e.column} is of type {found}, not {e.pattern}.")
    newest = _newest(e, source) if e.column else written_at
    if newest is None or e.hours is None:
        return ExpectationResult(expectation=e, passed=None, message="There is no time to measure its age from.")
    age = (now - newest).total_seconds() / 3600
    return _told(e, age <= e.hours, round(age, 3), f"The newest is {age:,.1f} hours old; expected: {describe(e)}.")


def _told(e: Expectation, passed: bool, observed: Any, message: str) -> ExpectationResult:
    return ExpectationResult(
        expectation=e, passed=passed, checked=1, failed=int(not passed), observed=observed, message="" if passed else message
    )


def _newest(e: Expectation, source: Source) -> datetime | None:
    column = next(c for c in source.columns if c.name == e.column)
    if column.kind not in ("date", "timestamp"):
        return None
    text = (
        source.ask(f"SELECT strftime(max({column.sql})::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%f') FROM {source.relation}")
        .table.column(0)[0]
        .as_py()
    )
    if text is None:
        return None
    newest = from_iso(f"{text}+00:00")
    # A day is over when it ends; the last that there is stands for "until further notice".
    return newest + min(timedelta(days=1), _END - newest) if column.kind == "date" else newest


def propose(profile: Profile) -> tuple[Expectation, ...]:
    """What seems to hold of a dataset by its profile, to be looked at by a person: keys, columns never empty, closed sets, ranges that
    the column's meaning gives."""
    found: list[Expectation] = []
    if profile.rows:
        for key in profile.keys[:1]:
            column = key.columns[0] if len(key.columns) == 1 else None
            found.append(Expectation(kind="unique", column=column, columns=() if column else key.columns, proposed=True))
        for column_profile in profile.columns:
            found += _of_column(column_profile)
        found.append(Expectation(kind="row_count", low=1, severity="gate", proposed=True))
    return tuple(e.model_copy(update={"description": describe(e)}) for e in found)


def _of_column(column: ColumnProfile) -> Iterator[Expectation]:
    name = column.name
    if not column.nulls:
        yield Expectation(kind="not_null", column=name, proposed=True)
    values = tuple(value for value, _ in column.top)
    closed = column.distinct_exact and column.distinct == len(values) and 1 < len(values) <= _FEW_VALUES
    if column.type == "string" and closed and column.rows >= _SEEN_OFTEN * len(values):
        yield Expectation(kind="in_set", column=name, values=values, proposed=True)
    if column.semantic is not None and column.semantic.name in ("latitude", "longitude", "percentage") and column.mean is not None:
        low, high = {"latitude": (-90, 90), "longitude": (-180, 180), "percentage": (0, 100)}[column.semantic.name]
        yield Expectation(kind="in_range", column=name, low=low, high=high, proposed=True)


def to_yaml(expectations: Sequence[Expectation]) -> str:
    """Expectations as YAML, one a list item, without what is at its default."""
    import yaml

    items = [{"kind": e.kind} | e.model_dump(mode="json", exclude_defaults=True) for e in expectations]
    return str(yaml.safe_dump(items, sort_keys=False, allow_unicode=True))


def from_yaml(text: str) -> tuple[Expectation, ...]:
    """The expectations of a YAML text: a list of them, or a single one.

    Raises
    ------
    InvalidInput
        It is no YAML, or not expectations.
    """
    loaded = read_yaml(text, "The list of expectations", "- {kind: not_null, column: id}")
    return tuple(made(item) for item in (loaded if isinstance(loaded, list) else [loaded]))


def made(facts: Any) -> Expectation:
    """An expectation of its fields.

    Raises
    ------
    InvalidInput
        A field is not known, missing, or of the wrong kind.
    """
    return made_of(Expectation, facts, "An expectation", "it is no mapping", "docs/quality.md lists the kinds.")
