"""How good a dataset is."""

from __future__ import annotations

from typing import Protocol

from workbench.app.protocol.limits import Count
from workbench.app.verbs import verb
from workbench.catalog.records import TableData
from workbench.quality.records import Assessment, Expectation, Profile, TimePoint

__all__ = ["QualityVerbs"]


class QualityVerbs(Protocol):
    @verb("GET", "/quality/{name}/profile")
    def profile(self, name: str) -> Profile:
        """Each column's figures, distribution, patterns and meaning; made when a snapshot is first asked for."""

    @verb("GET", "/quality/{name}/current")
    def current(self, name: str) -> Assessment:
        """How good it is now: the eight dimensions and the expectations."""

    @verb("GET", "/quality/{name}/time-series")
    def history(self, name: str, limit: Count = 100) -> tuple[TimePoint, ...]:
        """The newest assessments, oldest first, with what was unusual in each."""

    @verb("GET", "/quality/{name}/failing")
    def failing(self, name: str, check: str, limit: Count = 100) -> TableData:
        """Rows that fail a check: a dimension's ``check_id`` or an expectation's id."""

    @verb("GET", "/quality/{name}/expectations")
    def expectations(self, name: str) -> tuple[Expectation, ...]:
        """What is expected of it."""

    @verb("POST", "/quality/{name}/expectations")
    def expect(self, name: str, expectation: Expectation) -> Expectation:
        """Expect something of it from now on; checked at each write, and with severity ``gate`` it holds the write back."""

    @verb("DELETE", "/quality/{name}/expectations/{expectation_id}")
    def remove(self, name: str, expectation_id: str) -> tuple[Expectation, ...]:
        """Expect it no longer; returns those left."""

    @verb("GET", "/quality/{name}/proposals")
    def propose(self, name: str) -> tuple[Expectation, ...]:
        """What seems to hold by the profile, and is not expected yet."""
