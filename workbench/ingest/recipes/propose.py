"""A recipe proposed from what a dataset holds: each step with the evidence for it, none without an effect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.ids import new_id
from workbench.core.names import slug
from workbench.engines.duckdb import Transform, in_words, literal
from workbench.ingest.recipes.carry import SAMPLE_ROWS, Carrier
from workbench.ingest.recipes.chain import Chain, chain_of
from workbench.ingest.recipes.draft import DraftColumn
from workbench.ingest.recipes.records import (
    Cast,
    Deduplicate,
    Filter,
    MapValues,
    MissingWords,
    ParseDate,
    Recipe,
    RecipeStep,
    Rename,
    StepEffect,
    Trim,
)
from workbench.ingest.recipes.transforms.texts import trimmed
from workbench.ingest.recipes.transforms.types import fitting, rounded, sql_type_of
from workbench.quality.checks import describe
from workbench.quality.repeats import likely_equal

if TYPE_CHECKING:
    from workbench.engines.duckdb import Engine
    from workbench.lake import ReadPlan
    from workbench.quality.records import Expectation, Profile

__all__ = ["Proposer"]

# Nobody means anything else by these.
_SURE = ("", "n/a", "#n/a", "null", "(null)", "\\n", "#null!", "#ref!", "#value!", "#div/0!", "#name?", "#num!")
# These, too, where everything else in the column is a number, a date or a boolean.
_LIKELY = (*_SURE, "na", "n.a.", "nan", "none", "nil", "-", "--", "---", "?", ".", "unknown", "missing", "not available", "tbd", "x")
_LEAST = 0.95  # share of the values that must fit a type
_FORMATS = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
_CLOCKS = ("", " %H:%M", " %H:%M:%S")
# One text read in two ways is two dates.
_AMBIGUOUS = {"%d/%m/%Y": "%m/%d/%Y", "%m/%d/%Y": "%d/%m/%Y", "%d-%m-%Y": "%m-%d-%Y", "%m-%d-%Y": "%d-%m-%Y"}
_TYPES = ("boolean", "long", "double", "date", "timestamp", "timestamptz")
# How numbers may be written: by what stands before decimals, and whether thousands are set apart.
_NUMBERS = {"double": (".", False), "double,": (",", True), "double,,": (".", True)}
_BY_ROW = ("not_null", "in_range", "in_set", "matches", "expression")
_MOST_COLUMNS = 500  # of text; of a wider table the first ones are looked at


@dataclass(frozen=True)
class _Seen:
    """What was counted of a column of text: values with white space at their ends, words for missing values, values that are none of
    these, how many of them fit each type or format, and in which ways of writing numbers one is more than a double holds."""

    column: DraftColumn
    white: int
    words: tuple[str, ...]
    present: int
    zeros: int
    fits: dict[str, int] = field(default_factory=dict)
    inexact: frozenset[str] = frozenset()


class Proposer:
    """Looks at a dataset's texts, and tries what it finds."""

    def __init__(self, engine: Engine, carrier: Carrier, seconds: float) -> None:
        self._engine, self._carrier, self._seconds = engine, carrier, seconds

    def propose(self, plan: ReadPlan, profile: Profile, expectations: Iterable[Expectation] = ()) -> Recipe:
        """Steps that have an effect on the rows (of a sample of many), in the order in which they make sense.

        Raises
        ------
        TooLarge, Cancelled, StorageUnavailable
            It took too long or too much memory, somebody stopped it, or a file cannot be read.
        """
        share = SAMPLE_ROWS / plan.rows if plan.rows > SAMPLE_ROWS else None
        seen = self._look(plan, chain_of(plan, Recipe(), sample=share))
        steps = [*_texts(seen), *_typed(seen), *_spellings(profile, seen)]
        steps.append(Deduplicate())
        names = _names(plan)
        steps += [Filter(expectation=e) for e in expectations if e.severity == "gate" and e.kind in _BY_ROW and e.column not in names]
        steps += [Rename(column=old, to=new) for old, new in names.items()]
        rows, effects = self._carrier.count(plan, Recipe(steps=tuple(steps)), share)
        sample = "" if share is None else f", in a sample of {rows:,}"
        told = []
        for step, effect in zip(steps, effects, strict=True):
            about = "" if step.kind in ("deduplicate", "rename") else sample
            if step.kind == "deduplicate" and share is not None:
                # In a sample there is seldom more than one of several equal rows: the profile has looked at all of them.
                likely = likely_equal(profile)
                removed = profile.duplicates if likely is None else likely.rows
                effect = effect.model_copy(update={"removed": removed or 0, "rows": profile.rows})
                about = "" if likely is None else f" ({likely.known_by})"
            if _touched(effect) or step.kind == "rename":
                evidence = _evidence(step, effect) + about
                told.append(step.model_copy(update={"proposed": True, "evidence": evidence, "values_touched": _touched(effect)}))
        return Recipe(steps=tuple(told))

    def _look(self, plan: ReadPlan, chain: Chain) -> list[_Seen]:
        texts = [column for column in chain.source if column.is_text][:_MOST_COLUMNS]
        asked = {(column.slot, name): sql for column in texts for name, sql in _figures(chain.columns.inside(column)).items()}
        if not asked:
            return []
        listed = ", ".join(f"{sql} AS a{number}" for number, sql in enumerate(asked.values()))
        with in_words("Looking at", plan.ref.name, self._seconds):
            transform = Transform((chain.scan,), (), f"SELECT {listed} FROM ({chain.sql})")
            (row,) = self._engine.transform(new_id(), transform, timeout=self._seconds).to_pylist()
        found = dict(zip(asked, row.values(), strict=True))
        return [_seen(column, {name: found[column.slot, name] for slot, name in asked if slot == column.slot}) for column in texts]


def _figures(text: str) -> dict[str, str]:
    """What is asked of a column of text, in one statement for all of them."""
    clean = trimmed(text)
    words = ", ".join(map(literal, _LIKELY))
    value = f"CASE WHEN lower({clean}) NOT IN ({words}) THEN {clean} END"
    asked = {
        "white": f"count_if({clean} <> {text})",
        "words": f"list_sort(list(DISTINCT lower({clean})) FILTER (WHERE lower({clean}) IN ({words})))",
        "present": f"count({value})",
        "zeros": f"count_if(regexp_matches({value}, '^[+-]?0[0-9]'))",
    }
    asked |= {name: f"count({fitting(value, name, sql_type_of(name))})" for name in _TYPES}
    asked |= {name: f"count({fitting(value, 'double', 'DOUBLE', *how)})" for name, how in _NUMBERS.items()}
    asked |= {f"rounded {name}": f"count_if({rounded(value, *how)})" for name, how in _NUMBERS.items()}
    for format in _FORMATS:
        asked |= {format + clock: f"count(try_strptime({value}, {literal(format + clock)}))" for clock in _CLOCKS}
    return asked


def _seen(column: DraftColumn, figures: dict[str, Any]) -> _Seen:
    others = ("white", "words", "present", "zeros", *(f"rounded {name}" for name in _NUMBERS))
    fits = {name: int(figures[name] or 0) for name in figures if name not in others}
    white, present, zeros = (int(figures[name] or 0) for name in ("white", "present", "zeros"))
    inexact = frozenset(name for name in _NUMBERS if figures[f"rounded {name}"])
    return _Seen(column, white, tuple(figures["words"] or ()), present, zeros, fits, inexact)


def _texts(seen: list[_Seen]) -> Iterator[RecipeStep]:
    if any(each.white for each in seen):
        yield Trim()
    sure = sorted({word for each in seen for word in each.words if word in _SURE})
    if sure:
        yield MissingWords(words=tuple(sure))


def _typed(seen: list[_Seen]) -> Iterator[RecipeStep]:
    for each in seen:
        step = _type_of(each)
        if step is None:
            continue
        words = tuple(word for word in each.words if word not in _SURE)
        if words:
            yield MissingWords(columns=(each.column.name,), words=words)
        yield step


def _type_of(each: _Seen) -> RecipeStep | None:
    """The narrowest type that nearly all values fit; None where it stays text, or a text could mean two things."""
    least = max(1, _LEAST * each.present)
    if not each.present:
        return None
    name = each.column.name
    # Postal codes and account numbers begin with zeros that mean something.
    numbers = ("boolean",) if each.zeros else ("boolean", "long", "double")
    for type in (*numbers, "date", "timestamp", "timestamptz"):
        # What is only 1 and 0 is a number as well.
        if each.fits[type] >= least and not (type == "boolean" and each.fits["long"] >= least) and type not in each.inexact:
            return Cast(column=name, type=type)
    marked = "double," if each.fits["double,"] > each.fits["double,,"] else "double,,"
    sure = each.fits["double,"] != each.fits["double,,"] and marked not in each.inexact
    if not each.zeros and sure and each.fits[marked] >= least:
        return Cast(column=name, type="double", decimal=_NUMBERS[marked][0], groups=True)
    dated = {format: count for format, count in each.fits.items() if format.startswith("%") and count >= least}
    if not dated:
        return None
    best = max(dated, key=lambda format: dated[format])
    day, clock = next((f, best[len(f) :]) for f in sorted(_FORMATS, key=len, reverse=True) if best.startswith(f))
    if day in _AMBIGUOUS and dated.get(_AMBIGUOUS[day] + clock, 0) == dated[best]:
        return None
    return ParseDate(column=name, formats=(best,), type="timestamp" if clock else "date")


def _spellings(profile: Profile, seen: list[_Seen]) -> Iterator[RecipeStep]:
    """Rarer spellings of a text give way to the most frequent one."""
    stays = {each.column.name for each in seen if _type_of(each) is None}
    keys = {key.columns[0] for key in profile.keys if len(key.columns) == 1}
    for column in profile.columns:
        if column.name not in stays or column.name in keys:
            continue
        values: dict[str, str | None] = {}
        for group in column.variants:
            texts = list(dict.fromkeys(text.strip() for text in group))
            values |= {text: texts[0] for text in texts[1:] if text.casefold() not in _LIKELY}
        if values:
            yield MapValues(column=column.name, values=values)


def _names(plan: ReadPlan) -> dict[str, str]:
    """Names that need no quoting in SQL, for columns whose name does."""
    given = [column.name for column in plan.columns]
    taken = {name.casefold() for name in given}
    found: dict[str, str] = {}
    for name in given:
        new = slug(name)
        if re.fullmatch(r"[^\W\d]\w*", name) is None and new.casefold() not in taken:
            found[name] = new
            taken.add(new.casefold())
    return found


def _touched(effect: StepEffect) -> int:
    # A conversion does not count as changed what it made missing; the other steps do.
    return effect.changed + effect.removed + (effect.nulled if effect.kind in ("cast", "parse_date") else 0)


def _evidence(step: RecipeStep, effect: StepEffect) -> str:
    """Why a step is proposed, in figures and without anybody's values."""
    aside = f"; rows set aside: {effect.removed:,}" if effect.removed else ""
    words = {
        "trim": f"texts with white space at their ends: {effect.changed:,}",
        "missing": f"words for a missing value: {effect.nulled:,}",
        "map": f"rarer spellings of other values: {effect.changed:,}",
        "cast": f"values that fit: {effect.changed:,}{aside}",
        "parse_date": f"values that fit: {effect.changed:,}{aside}",
        "deduplicate": f"rows equal to an earlier one: {effect.removed:,} of {effect.rows:,}",
    }
    if step.kind == "filter":
        return f"rows that fail a gate ({describe(step.expectation)}): {effect.removed:,} of {effect.rows:,}"
    return words.get(step.kind, "the name needs quotes in SQL")
