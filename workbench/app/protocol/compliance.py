"""Who may see what, as a policy says it."""

from __future__ import annotations

from typing import Protocol

from workbench.app.protocol.limits import Count
from workbench.app.verbs import verb
from workbench.governance.records import AccessReport, PolicyVersion

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

    @verb("GET", "/compliance/access/{name}")
    def access(self, name: str, user: str | None = None, role: str | None = None) -> AccessReport:
        """What somebody sees of a dataset, column by column with the rules beside: a user, or anybody with a role; else oneself."""
