"""Who may see what, as a policy says it."""

from __future__ import annotations

from typing import Protocol

from workbench.app.protocol.limits import Count
from workbench.app.verbs import verb
from workbench.catalog.records import TableData
from workbench.governance.records import AccessReport, PolicyVersion, RoleSummary

__all__ = ["ComplianceVerbs"]


class ComplianceVerbs(Protocol):
    @verb("GET", "/compliance/policy")
    def policy(self, version: Count | None = None) -> PolicyVersion:
        """The policy in force, or an earlier version, as the YAML that was given."""

    @verb("GET", "/compliance/policies")
    def policies(self) -> tuple[PolicyVersion, ...]:
        """All versions of the policy, newest first."""

    @verb("POST", "/compliance/check", safe=True)
    def check(self, text: str) -> PolicyVersion:
        """Whether a text could be the next version of the policy; nothing is changed. What is wrong with it is an error that says where."""

    @verb("POST", "/compliance/policy")
    def apply(self, text: str, note: str = "", base: int | None = None) -> PolicyVersion:
        """Put a policy in force, for everybody from the next request on. ``base`` is the version it was made from: where another has come
        since, it is refused."""

    @verb("GET", "/compliance/roles")
    def roles(self) -> tuple[RoleSummary, ...]:
        """The roles there are by the policy in force: the built-in ones, and its own."""

    @verb("POST", "/compliance/access/{name}", safe=True)
    def access(self, name: str, user: str | None = None, role: str | None = None, draft: str | None = None) -> AccessReport:
        """What somebody sees of a dataset, column by column with the rules beside: a user, or anybody with a role; else oneself. With a
        ``draft``, by that text as if it were the policy."""

    @verb("POST", "/compliance/rows/{name}", safe=True)
    def rows(
        self, name: str, user: str | None = None, role: str | None = None, limit: Count = 50, draft: str | None = None
    ) -> TableData:  # fmt: skip
        """The first rows of a dataset as somebody sees them, chosen as with ``access``; no columns where nothing of it is seen."""
