"""The eight dimensions: what each looks at, its formula, and which rows fail. ``docs/quality.md`` has a worked example of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.engines.duckdb import literal, quoted
from workbench.quality.checks import Check, spelling_sql
from workbench.quality.records import DIMENSIONS, ColumnProfile, Dimension, DimensionName, ExpectationResult, Profile
from workbench.quality.repeats import likely_equal

__all__ = ["SET_ASIDE", "dimensions", "own_checks"]

#: The check that leads to the records in quarantine.
SET_ASIDE = "set_aside"
_COMMON = 0.8  # a shape that so many rows have is the column's format

FORMULAS: dict[DimensionName, str] = {
    "completeness": "1 - (nulls + blank texts) / cells",
    "accuracy": "1 - rows that break a rule / rows checked, over the rules in SQL that are expected to hold",
    "consistency": "1 - rows with a rarer spelling of a value / rows, over the text columns",
    "timeliness": "promised hours / age in hours, at most 1; the worst promise counts",
    "validity": (
        "1 - values that cannot be right / values checked, over NaN, infinity, semantic types, expected ranges and sets, records set aside"
    ),
    "uniqueness": "1 - rows equal to an earlier one / rows, over whole rows and the columns expected to be unique",
    "integrity": "1 - values not found in the key / values, over the columns expected to be found in another dataset",
    "conformity": "1 - values of another form / values, over columns of one form and those with an expected form or type",
}


@dataclass(frozen=True)
class Part:
    """One thing a dimension looked at: of ``checked`` values ``failed`` did not hold, which is ``known_by`` something else than a look at
    all of them."""

    words: str
    checked: int
    failed: int
    check_id: str | None = None
    known_by: str = ""


def own_checks(profile: Profile) -> tuple[Check, ...]:
    """The rules of the dimensions themselves, as what is true of a row that fails."""
    checks = [Check("completeness", failing=" OR ".join(_empty(c) for c in profile.columns) or "false")]
    spelled = [c for c in profile.columns if c.variants]
    checks += [
        Check(f"consistency:{c.name}", failing=spelling_sql(c), among=f"{quoted(c.name)} IS NOT NULL", column=c.name) for c in spelled
    ]
    not_numbers = [f"NOT isfinite({quoted(c.name)})" for c in profile.columns if c.type in ("float", "double")]
    if not_numbers:
        checks.append(Check("validity", failing=" OR ".join(not_numbers)))
    for column in profile.columns:
        if _format(column) is not None:
            name = quoted(column.name)
            checks.append(Check(f"conformity:{column.name}", failing=_other_form(column), among=f"{name} IS NOT NULL", column=column.name))
    if profile.columns and (profile.duplicates is not None or likely_equal(profile) is not None):
        listed = tuple(quoted(c.name) for c in profile.columns)
        checks.append(Check("uniqueness", unique=listed))
    return tuple(checks)


def dimensions(
    profile: Profile, results: Sequence[ExpectationResult], counted: Mapping[str, tuple[int, int]], set_aside: int = 0
) -> tuple[Dimension, ...]:
    """The eight, in one order. ``counted`` is what :func:`own_checks` of consistency found, ``set_aside`` how many records of the dataset
    are in quarantine."""
    by_kind: dict[str, list[ExpectationResult]] = {}
    for result in results:
        if result.passed is not None:
            by_kind.setdefault(result.expectation.kind, []).append(result)
    parts: dict[DimensionName, Callable[[], list[Part]]] = {
        "completeness": lambda: _completeness(profile),
        "accuracy": lambda: _expected(by_kind, "expression"),
        "consistency": lambda: _consistency(profile, counted),
        "validity": lambda: [*_set_aside(profile, set_aside), *_validity(profile), *_expected(by_kind, "in_range", "in_set")],
        "uniqueness": lambda: [*_uniqueness(profile), *_expected(by_kind, "unique")],
        "integrity": lambda: _expected(by_kind, "foreign_key"),
        "conformity": lambda: [*_conformity(profile), *_expected(by_kind, "matches", "type")],
    }
    return tuple(
        _timeliness(by_kind.get("freshness", [])) if name == "timeliness" else _dimension(name, parts[name](), profile)
        for name in DIMENSIONS
    )


def _dimension(name: DimensionName, parts: list[Part], profile: Profile) -> Dimension:
    checked, failed = sum(p.checked for p in parts), sum(p.failed for p in parts)
    if not checked:
        return Dimension(name=name, score=None, formula=FORMULAS[name], evidence=_why_not(name, profile))
    worst = sorted((p for p in parts if p.failed), key=lambda p: -p.failed / p.checked)
    # What is not among the rows is told whatever else fails: nobody would look for it.
    shown = [p for p in worst if p in worst[:3] or p.check_id == SET_ASIDE]
    told = [f"{p.words}{f' ({p.known_by})' if p.known_by else ''}: {p.failed:,} of {p.checked:,}" for p in shown]
    known_by = "".join(f"; {p.words} were {p.known_by}" for p in parts if p.known_by)
    nothing = f"nothing failed in {len(parts)} {'check' if len(parts) == 1 else 'checks'} of {checked:,} values{known_by}"
    evidence = "; ".join(told) if told else nothing
    leads = next((p.check_id for p in worst if p.check_id), None)
    return Dimension(
        name=name, score=1 - failed / checked, formula=FORMULAS[name], evidence=evidence, checked=checked, failed=failed, check_id=leads
    )


def _why_not(name: DimensionName, profile: Profile) -> str:
    if not profile.rows:
        return "Not assessed: there are no rows."
    return {
        "completeness": "Not assessed: there are no columns.",
        "accuracy": "Not assessed: no rule or reference says what is true. Add an expectation: a rule in SQL that holds (expression).",
        "consistency": "Not assessed: there is no text column with few enough values to compare their spellings.",
        "validity": "Not assessed: nothing says which values can be right. Add an expectation: a range (in_range), or a set (in_set).",
        "uniqueness": (
            "Not assessed: equal rows are not counted above 250,000 rows, and nobody has estimated how many there are. "
            "Add an expectation: what is unique (unique)."
        ),
        "integrity": "Not assessed: no column is said to point to another dataset. Add an expectation: where it is found (foreign_key).",
        "conformity": "Not assessed: no column has one form. Add an expectation: which form (matches) or type (type) a column has.",
    }[name]


def _expected(by_kind: Mapping[str, list[ExpectationResult]], *kinds: str) -> list[Part]:
    from workbench.quality.checks import describe

    return [
        Part(describe(r.expectation), r.checked, r.failed, r.expectation.id or None)
        for kind in kinds
        for r in by_kind.get(kind, [])
        if r.checked
    ]


def _completeness(profile: Profile) -> list[Part]:
    return [Part(f"{c.name} is empty", c.rows, c.nulls + (c.blank or 0), "completeness") for c in profile.columns]


def _consistency(profile: Profile, counted: Mapping[str, tuple[int, int]]) -> list[Part]:
    parts = []
    for column in profile.columns:
        # Of more values than these the spellings were not compared.
        if column.type != "string" or not column.distinct or column.distinct > 20_000 or column.looked_at is not None:
            continue
        checked, failed = counted.get(f"consistency:{column.name}", (column.rows - column.nulls, 0))
        parts.append(Part(f"{column.name} has several spellings of a value", checked, failed, f"consistency:{column.name}"))
    return parts


def _set_aside(profile: Profile, records: int) -> list[Part]:
    return [Part("records that did not parse, in quarantine", profile.rows + records, records, SET_ASIDE)] if records else []


def _validity(profile: Profile) -> list[Part]:
    parts = [
        Part(f"{c.name} is NaN or infinite", c.rows - c.nulls, c.nan + c.infinite, "validity")
        for c in profile.columns
        if c.type in ("float", "double") and c.rows > c.nulls
    ]
    for column in profile.columns:
        if column.semantic is not None:
            words = f"{column.name} is no {column.semantic.name.replace('_', ' ')} (of {column.semantic.checked} values looked at)"
            parts.append(Part(words, column.semantic.checked, column.semantic.checked - column.semantic.matched))
    return parts


def _uniqueness(profile: Profile) -> list[Part]:
    if not profile.rows:
        return []
    if profile.duplicates is not None:
        return [Part("rows equal to an earlier one", profile.rows, profile.duplicates, "uniqueness")]
    likely = likely_equal(profile)
    return [] if likely is None else [Part("rows equal to an earlier one", profile.rows, likely.rows, "uniqueness", likely.known_by)]


def _conformity(profile: Profile) -> list[Part]:
    parts = []
    for column in profile.columns:
        shape = _format(column)
        if shape is not None:
            checked = column.rows - column.nulls if column.looked_at is None else column.looked_at
            failed = round(checked * (1 - shape[1]))
            parts.append(Part(f"{column.name} is not of the form {shape[0]}", checked, failed, f"conformity:{column.name}"))
    return parts


def _format(column: ColumnProfile) -> tuple[str, float] | None:
    """The shape that most values have, where a column has one: words of any length have none."""
    if not column.patterns or column.semantic is not None:
        return None
    shape, share = column.patterns[0]
    return (shape, share) if share >= _COMMON and shape and any(letter in shape for letter in "9A") else None


def _other_form(column: ColumnProfile) -> str:
    shape = column.patterns[0][0]
    formed = f"left({quoted(column.name)}, 60)"
    for letters, form in ((r"\p{Lu}", "A"), (r"[\p{Ll}\p{Lt}\p{Lm}\p{Lo}]", "a"), (r"\p{Nd}", "9")):
        formed = f"regexp_replace({formed}, '{letters}', '{form}', 'g')"
    runs = formed
    for letter in "Aa9":
        runs = f"regexp_replace({runs}, '{letter}{letter}+', '{letter}+', 'g')"
    return f"{formed} <> {literal(shape)} AND {runs} <> {literal(shape)}"


def _empty(column: ColumnProfile) -> str:
    name = quoted(column.name)
    return f"{name} IS NULL OR regexp_full_match({name}, '[\\s\\p{{Z}}]*')" if column.type == "string" else f"{name} IS NULL"


def _timeliness(results: Sequence[ExpectationResult]) -> Dimension:
    shares: list[tuple[float, Any]] = []
    for result in results:
        hours = result.expectation.hours or 0.0
        age = float(result.observed)
        shares.append((1.0 if age <= hours else hours / age, result))
    if not shares:
        return Dimension(name="timeliness", score=None, formula=FORMULAS["timeliness"], evidence=_TIMELY)
    score, worst = min(shares, key=lambda pair: pair[0])
    return Dimension(
        name="timeliness",
        score=score,
        formula=FORMULAS["timeliness"],
        evidence=f"{worst.observed:,.1f} hours old; promised: {worst.expectation.hours:g} hours",
        checked=len(shares),
        failed=sum(share < 1 for share, _ in shares),
        check_id=worst.expectation.id or None,
    )


_TIMELY = "Not assessed: nobody has promised how fresh it is. Add an expectation: how many hours old it may be (freshness)."
