"""What the notifications ask of the rest of the workspace; kept by what stands to the right of this package."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from workbench.core.principals import Principal
from workbench.notifications.message import Message
from workbench.notifications.records import Happened

__all__ = ["People"]


class People(Protocol):
    """Who there is, and what each may see today."""

    def known(self, name: str) -> Principal | None:
        """Who has that name here, where anybody has."""

    def everybody(self) -> Iterable[Principal]:
        """Whom the workspace knows."""

    def owner(self, pipeline: str) -> str:
        """Who owns a pipeline; empty where nobody does."""

    def decides(self, who: Principal, what: Happened) -> bool:
        """Whether somebody may decide on what waits for an approval."""

    def written_at(self, who: Principal, dataset: str) -> datetime | None:
        """When a dataset was last written to. Raises DatasetNotFound where she sees none of it."""

    def message(self, who: Principal, what: Happened) -> Message | None:
        """What somebody may be told of it now; None where that is nothing, or it is over."""
