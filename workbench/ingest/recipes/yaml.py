"""Recipes as YAML: a list of steps, to be edited by a person and kept beside the code."""

from __future__ import annotations

from workbench.core.given import read_yaml
from workbench.ingest.recipes.records import Recipe, made

__all__ = ["from_yaml", "to_yaml"]


def to_yaml(recipe: Recipe) -> str:
    """The steps, one a list item, without what is at its default.

    >>> from workbench.ingest.recipes.records import Cast, Trim
    >>> print(to_yaml(Recipe(steps=(Trim(), Cast(column="id", type="long")))).strip())
    - kind: trim
    - kind: cast
      column: id
      type: long
    """
    import yaml

    items = []
    for step in recipe.steps:
        facts = step.model_dump(mode="json", exclude_defaults=True, exclude={"kind", "proposed", "values_touched"})
        items.append({"kind": step.kind} | {key: value for key, value in facts.items() if key != "expectation"})
        if step.kind == "filter":
            expectation = step.expectation
            items[-1]["expectation"] = {"kind": expectation.kind} | expectation.model_dump(mode="json", exclude_defaults=True)
    return str(yaml.safe_dump(items, sort_keys=False, allow_unicode=True))


def from_yaml(text: str) -> Recipe:
    """The recipe of a YAML text: a list of steps, or a mapping with ``steps``.

    Raises
    ------
    InvalidInput
        It is no YAML, or no recipe.
    """
    return made(read_yaml(text, "The recipe", "- {kind: trim}"))
