"""Recipes: named, reversible steps that make silver of bronze; gold by a person's word.

Names are imported on first use: the service needs the lake and the engine, the records do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.ingest.recipes.records import Recipe, RecipePreview, RecipeReport

if TYPE_CHECKING:
    from workbench.ingest.recipes.service import RecipeService

__all__ = ["Recipe", "RecipePreview", "RecipeReport", "RecipeService"]


def __getattr__(name: str) -> Any:
    if name != "RecipeService":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from workbench.ingest.recipes.service import RecipeService

    return RecipeService
