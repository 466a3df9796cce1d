"""How bronze becomes silver, and silver gold."""

from __future__ import annotations

from typing import Protocol

from workbench.app.protocol.limits import Count
from workbench.app.verbs import verb
from workbench.catalog.records import TableData
from workbench.ingest.recipes.records import Recipe, RecipePreview, RecipeReport

__all__ = ["RecipeVerbs"]


class RecipeVerbs(Protocol):
    @verb("GET", "/recipes/{name}/proposal")
    def propose(self, name: str) -> Recipe:
        """Steps that would make a dataset better, each with the evidence for it."""

    @verb("POST", "/recipes/{name}/preview", safe=True)
    def preview(self, name: str, recipe: Recipe, target: str | None = None, limit: Count = 50) -> RecipePreview:
        """What a recipe would do, tried on a sample: rows before and after, each step's effect; nothing is written."""

    @verb("POST", "/recipes/{name}/apply", safe=True)
    def apply(self, name: str, recipe: Recipe, target: str | None = None, force: bool = False) -> RecipeReport:
        """Make a dataset (``silver.<table>`` unless ``target`` is named) of another by a recipe, in one commit; ``force`` goes past
        its gates."""

    @verb("GET", "/recipes/{name}")
    def get(self, name: str) -> Recipe:
        """The recipe whose rows a dataset holds."""

    @verb("GET", "/recipes/{name}/removed")
    def removed(self, name: str, step: Count | None = None, limit: Count = 100) -> TableData:
        """Rows of the source that a dataset's recipe took out, with the number of the step that did."""

    @verb("POST", "/recipes/{name}/undo")
    def undo(self, name: str) -> RecipeReport:
        """Take the last application of a recipe back: the dataset has the rows, columns and recipe that it had before."""

    @verb("POST", "/recipes/{name}/promote", safe=True)
    def promote(self, name: str, target: str | None = None, force: bool = False) -> RecipeReport:
        """Silver becomes gold by a person's word; refused where a gate or the score does not hold, unless ``force``."""
