"""Recipes as one principal may have them carried out: of what she sees all of, into what SQL would let her make or rewrite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import AlreadyExists, DatasetNotFound, Forbidden, NotFound
from workbench.core.names import split_name

if TYPE_CHECKING:
    from workbench.governance.access import AccessService
    from workbench.governance.seen import View
    from workbench.ingest.allowed import Allowed
    from workbench.ingest.recipes import RecipeService
    from workbench.ingest.recipes.records import Recipe
    from workbench.lake import ReadPlan

__all__ = ["SeenRecipes"]


class SeenRecipes:
    """Says what a verb of recipes is about, or that it is not for this principal. A step reads rows before any mask, so a dataset that is
    seen in part is refused: what CREATE TABLE AS makes of it is made of what is seen."""

    def __init__(self, view: View, access: AccessService, allowed: Allowed, recipes: RecipeService) -> None:
        self._view, self._access, self._allowed, self._recipes = view, access, allowed, recipes

    def source(self, name: str, judged: bool = False) -> str:
        """The full name of a dataset that a recipe reads. ``judged``: how good it is is told, too.

        Raises
        ------
        DatasetNotFound, InvalidName, Forbidden
            It is not there for her, or she does not see all of it (and of what it is compared with).
        """
        ref = self._view.resolve(name)
        sight = self._allowed.sight(self._view.who, str(ref))
        if not (sight.judged if judged else sight.whole):
            raise Forbidden(
                f"You see only a part of {ref.name}, or of what it is compared with, and a recipe's steps look at all of it.",
                fix="CREATE TABLE ... AS SELECT makes a dataset of what you see; or ask somebody who sees all of it.",
                dataset=ref.name,
            )
        return str(ref)

    def target(self, source: str, target: str | None) -> str:
        """The full name of a dataset that a recipe makes, or makes anew.

        Raises
        ------
        InvalidInput, InvalidName
            No recipe makes it.
        Forbidden
            She may not write there, or does not see all of what is there.
        AlreadyExists
            There is one whose name differs in capitals only.
        """
        from workbench.ingest.recipes.service import target_of
        from workbench.query.dml.target import check_whole, check_write

        who, wanted = self._view.who, target_of(split_name(_plain(source)), target)
        check_write(self._access, who, wanted)
        there = self._allowed.there(who, wanted)
        if there is not None and there != wanted:
            raise AlreadyExists(f"There is a dataset {there} already.", fix=f"Write its name so, or choose another: `target={there!r}`.")
        if there is not None and not self._allowed.sight(who, there).judged:
            check_whole(self._access, who, self._allowed.plan(there), "A recipe", deletes=False)
            raise Forbidden(f"The rows of {there} are compared with what you do not see.", fix="Choose another target.", dataset=there)
        return wanted

    def promoted(self, source: str, target: str | None) -> str:
        """The same of silver that becomes gold. Raises as :meth:`target` does."""
        return self.target(source, target or f"gold.{split_name(_plain(source))[1]}")

    def check_rows(self, plan: ReadPlan) -> None:
        """Whether she sees all of a state of a dataset, of which rows are to be shown.

        Raises
        ------
        Forbidden
        """
        if self._access.shape(self._view.who, plan) is not None:
            raise Forbidden(f"You see only a part of {plan.ref.name}.", fix="Ask in SQL for what you see of it.", dataset=plan.ref.name)

    def made(self, name: str) -> tuple[str, Recipe]:
        """The full name of a dataset that a recipe has made, and the recipe; she sees all of both ends of it.

        Raises
        ------
        DatasetNotFound, InvalidName, NotFound, Forbidden
            It is not there for her, no recipe made it, or some of it or of its source is kept from her.
        """
        full = self.source(name)
        recipe = self._recipes.get(full)
        try:
            if recipe.source is not None:
                self.source(recipe.source)
        except (DatasetNotFound, Forbidden):
            # What values its steps name is told to who may see them.
            raise Forbidden(
                f"The recipe of {full} is about a dataset of which you do not see all.", fix="Ask who administers the workspace."
            ) from None
        if recipe.source is None:
            raise NotFound(f"What {full} was made of is there no more.", fix="Ask who administers the workspace.")
        return full, recipe


def _plain(name: str) -> str:
    """A dataset's name without its branch or snapshot."""
    return name.partition("#")[0].partition("@")[0]
