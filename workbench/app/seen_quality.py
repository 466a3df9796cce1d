"""What is known of a dataset's rows, as one principal sees it: nothing that was made of what is not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import Forbidden
from workbench.core.names import quarantine_of
from workbench.quality.records import Profile

if TYPE_CHECKING:
    from workbench.catalog.records import TableData
    from workbench.governance.seen.view import View
    from workbench.quality.records import Assessment, Expectation, TimePoint
    from workbench.quality.service import QualityService

__all__ = ["SeenQuality"]

_SET_ASIDE = "set_aside"


class SeenQuality:
    """Answers as ``QualityService`` does. Figures that were kept are of all rows and values: they are told of what is seen unfiltered and
    unmasked, and of the rest it is said that they are not."""

    def __init__(self, view: View, quality: QualityService) -> None:
        self._view = view
        self._quality = quality

    def profile(self, name: str) -> Profile:
        """Of the columns that are seen as they are.

        Raises
        ------
        Forbidden
            Some rows are not seen, or no column is seen as it is.
        """
        ref = self._view.resolve(name)
        if not self._view.shown(ref).every_row:
            raise Forbidden(f"The profile of {ref.name} is of rows that are not shown to you.", fix=f"Ask in SQL: SUMMARIZE {ref.name}.")
        found = self._quality.profile(ref, self._view.who)
        shown = self._view.shown(ref, [(column.field_id, column.name) for column in found.columns])
        if not shown.clear:
            raise Forbidden(f"No column of {ref.name} is shown to you as it is.", fix=f"Ask in SQL: SUMMARIZE {ref.name}.")
        kept = found.foreign_keys
        return found.model_copy(
            update={
                "columns": tuple(column for column in found.columns if column.name in shown.clear),
                "keys": tuple(key for key in found.keys if set(key.columns) <= shown.clear),
                "foreign_keys": tuple(key for key in kept if key.column in shown.clear and self._view.sees_all_of([key.dataset])),
                "duplicates": found.duplicates if shown.whole else None,
                "near_duplicates": found.near_duplicates if shown.whole else (),
            }
        )

    def current(self, name: str) -> Assessment:
        return self._quality.current(self._whole(name), self._view.who)

    def history(self, name: str, limit: int = 100) -> tuple[TimePoint, ...]:
        return self._quality.history(self._whole(name), limit)

    def failing(self, name: str, check: str, limit: int = 100) -> TableData:
        full = self._whole(name)
        if check == _SET_ASIDE and not self._view.rights.sees(quarantine_of(full)):
            raise Forbidden(
                "Records that were set aside are for who may write to every dataset and sees each as it is.",
                fix="Ask who administers the workspace.",
            )
        return self._quality.failing(full, check, limit, self._view.who)

    def expectations(self, name: str) -> tuple[Expectation, ...]:
        return self._quality.expectations(self._whole(name))

    def propose(self, name: str) -> tuple[Expectation, ...]:
        return self._quality.propose(self._whole(name), self._view.who)

    def _whole(self, name: str) -> str:
        """Its name, where all of it is seen, and all of each dataset that it is compared with."""
        what = "The quality"
        ref = self._view.whole(name, what)
        compared = {expected.dataset for expected in self._quality.expectations(ref.name) if expected.dataset}
        compared |= {key.dataset for key in self._quality.profile(ref, self._view.who).foreign_keys}
        if not self._view.sees_all_of(compared):
            raise Forbidden(f"{what} of {ref.name} is not shown to you: it is judged by what you do not see.", fix="Ask in SQL.")
        return str(ref)
