"""The verbs of ``recipes`` in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.app.namespace import Namespace

if TYPE_CHECKING:
    from workbench.catalog.records import TableData
    from workbench.ingest.recipes.records import Recipe, RecipePreview, RecipeReport

__all__ = ["RecipeNamespace"]


class RecipeNamespace(Namespace, noun="recipes"):
    def propose(self, name: str) -> Recipe:
        """Steps that would make a dataset better, each with the evidence for it."""
        return self._services.recipes.propose(name, self._who)

    def preview(self, name: str, recipe: Recipe, target: str | None = None, limit: int = 50) -> RecipePreview:
        """What a recipe would do, tried on a sample; nothing is written."""
        return self._services.recipes.preview(name, recipe, target, limit)

    def apply(self, name: str, recipe: Recipe, target: str | None = None, force: bool = False) -> RecipeReport:
        """Make a dataset of another by a recipe, in one commit."""
        return self._services.recipes.apply(name, recipe, target, force, self._who)

    def get(self, name: str) -> Recipe:
        """The recipe whose rows a dataset holds."""
        return self._services.recipes.get(name)

    def removed(self, name: str, step: int | None = None, limit: int = 100) -> TableData:
        """Rows of the source that a dataset's recipe took out."""
        return self._services.recipes.removed(name, step, limit)

    def undo(self, name: str) -> RecipeReport:
        """Take the last application of a recipe back."""
        return self._services.recipes.undo(name, self._who)

    def promote(self, name: str, target: str | None = None, force: bool = False) -> RecipeReport:
        """Silver becomes gold by a person's word."""
        return self._services.recipes.promote(name, target, force, self._who)
