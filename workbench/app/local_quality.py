"""The verbs of ``quality`` in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.app.namespace import Namespace

if TYPE_CHECKING:
    from workbench.app.seen_quality import SeenQuality
    from workbench.catalog.records import TableData
    from workbench.quality.records import Assessment, Expectation, Profile, TimePoint

__all__ = ["QualityNamespace"]


class QualityNamespace(Namespace, noun="quality"):
    @property
    def _seen(self) -> SeenQuality | None:
        """What answers who does not see everything."""
        from workbench.app.seen_quality import SeenQuality

        return None if self._who.is_admin else SeenQuality(self._services.view(self._who), self._services.quality)

    def profile(self, name: str) -> Profile:
        """Each column's figures, distribution, patterns and meaning."""
        found = seen.profile(name) if (seen := self._seen) else self._services.quality.profile(name, self._who)
        self._has_read(found.ref or name)  # among its figures are values
        return found

    def current(self, name: str) -> Assessment:
        """How good it is now: the eight dimensions and the expectations."""
        return seen.current(name) if (seen := self._seen) else self._services.quality.current(name, self._who)

    def history(self, name: str, limit: int = 100) -> tuple[TimePoint, ...]:
        """The newest assessments, oldest first."""
        return (self._seen or self._services.quality).history(name, limit)

    def failing(self, name: str, check: str, limit: int = 100) -> TableData:
        """Rows that fail a check."""
        found = seen.failing(name, check, limit) if (seen := self._seen) else self._services.quality.failing(name, check, limit, self._who)
        self._has_read(name)
        return found

    def expectations(self, name: str) -> tuple[Expectation, ...]:
        """What is expected of it."""
        return (self._seen or self._services.quality).expectations(name)

    def expect(self, name: str, expectation: Expectation) -> Expectation:
        """Expect something of it from now on."""
        return self._services.quality.expect(name, expectation, self._who)

    def remove(self, name: str, expectation_id: str) -> tuple[Expectation, ...]:
        """Expect it no longer; returns those left."""
        return self._services.quality.remove(name, expectation_id)

    def propose(self, name: str) -> tuple[Expectation, ...]:
        """What seems to hold by the profile, and is not expected yet."""
        found = seen.propose(name) if (seen := self._seen) else self._services.quality.propose(name, self._who)
        self._has_read(name)
        return found
