"""A recipe: the named steps that make a silver table of a bronze one, what they do, and what they did."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from workbench.catalog.records import TableData
from workbench.core.given import made_of
from workbench.core.records import Record
from workbench.quality.records import Dimension, Expectation

__all__ = [
    "Case",
    "Cast",
    "ColumnOrigin",
    "Deduplicate",
    "Drop",
    "Fill",
    "Filter",
    "MapValues",
    "Misfits",
    "MissingWords",
    "ParseDate",
    "Recipe",
    "RecipePreview",
    "RecipeReport",
    "RecipeStep",
    "Rename",
    "Round",
    "StepEffect",
    "Trim",
]

#: What becomes of a row with a value that does not fit: the row is set aside, the value is missing from then on, or nothing is written.
Misfits = Literal["aside", "null", "fail"]

MOST_STEPS = 100
MOST_VALUES = 1_000
_Columns = Annotated[tuple[str, ...], Field(max_length=10_000)]
_Told = frozenset({"name", "evidence", "values_touched", "proposed"})


class _Step(Record):
    """``name`` is what a person calls it (else its kind and columns); ``evidence`` and ``values_touched`` are why it was ``proposed``.
    None of them changes what it does."""

    name: str = Field("", max_length=200)
    evidence: str = Field("", max_length=1_000)
    values_touched: int | None = None
    proposed: bool = False


class Trim(_Step):
    """White space of every kind goes from both ends of the texts of ``columns`` (none named: all columns of text); with ``inside``,
    runs of it within become one space."""

    kind: Literal["trim"] = "trim"
    columns: _Columns = ()
    inside: bool = False


class MissingWords(_Step):
    """Values that are one of ``words`` become missing, in ``columns`` (none named: all columns of text); in any case of letters unless
    ``exact``. A column of another type than text is compared as it is written: ``-999``."""

    kind: Literal["missing"] = "missing"
    columns: _Columns = ()
    words: tuple[str, ...] = Field(min_length=1, max_length=MOST_VALUES)
    exact: bool = False


class MapValues(_Step):
    """Texts that are one of ``values`` give way to what stands there (None: missing); others stay."""

    kind: Literal["map"] = "map"
    column: str
    values: dict[str, str | None] = Field(min_length=1, max_length=MOST_VALUES)


class Case(_Step):
    """Texts in lower or upper case, or each word with a capital."""

    kind: Literal["case"] = "case"
    columns: _Columns = Field(min_length=1)
    to: Literal["lower", "upper", "title"]


class Cast(_Step):
    """The column in another type, in the words of the catalog. A value fits where it says the same afterwards as before: ``1.5`` is no
    ``long``. ``decimal`` is what stands before decimals in texts, ``groups`` allows thousands to be set apart."""

    kind: Literal["cast"] = "cast"
    column: str
    type: str = Field(max_length=40)
    misfits: Misfits = "aside"
    decimal: Literal[".", ","] = "."
    groups: bool = False


class ParseDate(_Step):
    """Texts read as dates or times by ``formats`` (``%d/%m/%Y``), the first that fits."""

    kind: Literal["parse_date"] = "parse_date"
    column: str
    formats: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(min_length=1, max_length=20)
    type: Literal["date", "timestamp", "timestamptz"] = "date"
    misfits: Misfits = "aside"


class Round(_Step):
    """Numbers rounded to so many decimals, halves away from zero."""

    kind: Literal["round"] = "round"
    column: str
    digits: int = Field(ge=0, le=30)


class Fill(_Step):
    """A constant where a value is missing."""

    kind: Literal["fill"] = "fill"
    column: str
    value: str | int | float | bool


class Rename(_Step):
    """Another name for a column."""

    kind: Literal["rename"] = "rename"
    column: str
    to: str = Field(min_length=1, max_length=200)


class Drop(_Step):
    """Columns that are not taken over."""

    kind: Literal["drop"] = "drop"
    columns: _Columns = Field(min_length=1)


class Deduplicate(_Step):
    """Of rows that are equal in ``keys`` (none named: in all columns) the first or last is kept, in the order of ``order_by`` (missing
    values come last), then in the order they were written."""

    kind: Literal["deduplicate"] = "deduplicate"
    keys: _Columns = ()
    keep: Literal["first", "last"] = "first"
    order_by: _Columns = ()


class Filter(_Step):
    """Rows that fail an expectation are set aside: one of kind ``not_null``, ``in_range``, ``in_set``, ``matches`` or ``expression``."""

    kind: Literal["filter"] = "filter"
    expectation: Expectation


RecipeStep = Annotated[
    Trim | MissingWords | MapValues | Case | Cast | ParseDate | Round | Fill | Rename | Drop | Deduplicate | Filter,
    Field(discriminator="kind"),
]


class Recipe(Record):
    """An ordered tuple of steps. Each sees what the ones before it made.

    What the recipe of a dataset (:meth:`RecipeService.get`) has beside them: the dataset it is of (``source``), the one that it
    makes (``target``), its ``version`` there, the columns that it ``makes``, and who applied it first, when, in which run.
    """

    steps: tuple[RecipeStep, ...] = Field((), max_length=MOST_STEPS)
    source: str | None = None
    target: str | None = None
    version: int | None = None
    makes: tuple[str, ...] = ()
    by: str | None = None
    at: datetime | None = None
    run_id: str | None = None

    @property
    def fingerprint(self) -> str:
        """The same for recipes that do the same: a hash of the steps without what is only said of them."""
        steps = [step.model_dump(mode="json", exclude=set(_Told)) for step in self.steps]
        return hashlib.sha256(json.dumps(steps, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def needs_the_whole(self) -> bool:
        """Whether a step looks at more than one row, so that new rows cannot be refined alone."""
        return any(step.kind == "deduplicate" for step in self.steps)


class StepEffect(Record):
    """What one step did: of ``rows`` that came to it, how many values it ``changed`` (of a cast and a parsed date: converted), how many
    of the present ones became missing (``nulled``), how many rows it took out (``removed``). ``step`` counts from 1."""

    step: int
    kind: str
    name: str
    rows: int = 0
    changed: int = 0
    nulled: int = 0
    removed: int = 0


class ColumnOrigin(Record):
    """A column of the result, the source's columns that it was made of, and the names of the steps that made it so, in order."""

    column: str
    type: str
    sources: tuple[str, ...]
    steps: tuple[str, ...] = ()


class RecipePreview(Record):
    """What a recipe would do, tried on rows of the dataset; nothing is written.

    Attributes
    ----------
    rows_in, rows_out, removed
        ``rows_in`` is ``rows_out`` and ``removed`` together. Of all rows, or of ``sampled`` of them (None: all).
    effects
        Each step's part, in the same rows.
    columns
        Those of the result, with the ones they come from.
    before, after
        The same rows side by side, those in which most happens first; one that is taken out has no values in ``after``, and
        ``removed_by`` says by which step (counted from 1; None: it stays).
    """

    source: str
    target: str
    recipe: Recipe
    rows_in: int
    rows_out: int
    removed: int
    sampled: int | None = None
    effects: tuple[StepEffect, ...] = ()
    columns: tuple[ColumnOrigin, ...] = ()
    before: TableData
    after: TableData
    removed_by: tuple[int | None, ...] = ()
    warnings: tuple[str, ...] = ()


class RecipeReport(Record):
    """What applying a recipe did.

    ``rows_in`` of the source were looked at (only the new ones where ``mode`` is ``append``); they are the ``rows`` that were written
    and those ``removed`` by a named step. ``total`` are the target's rows now. ``unchanged``: the target holds this recipe's rows of
    this snapshot already, and nothing was written.
    """

    run_id: str
    source: str
    source_snapshot_id: int | None = None
    target: str
    snapshot_id: int | None = None
    version: int
    mode: Literal["create", "overwrite", "append", "rollback", "unchanged"]
    rows_in: int = 0
    rows: int = 0
    removed: int = 0
    total: int = 0
    effects: tuple[StepEffect, ...] = ()
    columns: tuple[ColumnOrigin, ...] = ()
    quality: float | None = None
    dimensions: tuple[Dimension, ...] = ()
    by: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def unchanged(self) -> bool:
        return self.mode == "unchanged"


def made(facts: Any) -> Recipe:
    """A recipe of its fields, or of a list of steps.

    Raises
    ------
    InvalidInput
        A step or a field is not known, missing, or of the wrong kind.
    """
    given = {"steps": facts} if isinstance(facts, list) else facts
    return made_of(Recipe, given, "A recipe", "it is no list of steps", "docs/zones.md lists the steps.")
