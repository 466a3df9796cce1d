"""The verbs of ``recipes`` in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.app.namespace import Namespace

if TYPE_CHECKING:
    from workbench.app.seen_recipes import SeenRecipes
    from workbench.catalog.records import TableData
    from workbench.ingest.recipes.records import Recipe, RecipePreview, RecipeReport

__all__ = ["RecipeNamespace"]


class RecipeNamespace(Namespace, noun="recipes"):
    def propose(self, name: str) -> Recipe:
        """Steps that would make a dataset better, each with the evidence for it."""
        seen = self._seen
        return self._services.recipes.propose(name if seen is None else seen.source(name, judged=True), self._who)

    def preview(self, name: str, recipe: Recipe, target: str | None = None, limit: int = 50) -> RecipePreview:
        """What a recipe would do, tried on a sample; nothing is written."""
        seen = self._seen
        source = name if seen is None else seen.source(name)
        found = self._services.recipes.preview(source, recipe, target, limit)
        self._has_read(source)
        return found

    def apply(self, name: str, recipe: Recipe, target: str | None = None, force: bool = False) -> RecipeReport:
        """Make a dataset of another by a recipe, in one commit."""
        if (seen := self._seen) is not None:
            name = seen.source(name)
            target = seen.target(name, target)
        return self._services.recipes.apply(name, recipe, target, force, self._who)

    def get(self, name: str) -> Recipe:
        """The recipe whose rows a dataset holds."""
        seen = self._seen
        return self._services.recipes.get(name) if seen is None else seen.made(name)[1]

    def removed(self, name: str, step: int | None = None, limit: int = 100) -> TableData:
        """Rows of the source that a dataset's recipe took out."""
        seen = self._seen
        if seen is None:
            found = self._services.recipes.removed(name, step, limit)
        else:
            found = self._services.recipes.removed(seen.made(name)[0], step, limit, seen.check_rows)
        self._has_read(self._services.recipes.get(name).source or name)
        return found

    def undo(self, name: str) -> RecipeReport:
        """Take the last application of a recipe back."""
        seen = self._seen
        return self._services.recipes.undo(name if seen is None else seen.made(name)[0], self._who)

    def promote(self, name: str, target: str | None = None, force: bool = False) -> RecipeReport:
        """Silver becomes gold by a person's word."""
        if (seen := self._seen) is not None:
            name = seen.source(name, judged=True)
            target = seen.promoted(name, target)
        return self._services.recipes.promote(name, target, force, self._who)

    @property
    def _seen(self) -> SeenRecipes | None:
        """What answers who does not see everything."""
        if self._who.is_admin:
            return None
        from workbench.app.seen_recipes import SeenRecipes

        services = self._services
        return SeenRecipes(services.view(self._who), services.access, services.allowed, services.recipes)
