"""Who may see what, as a policy says it."""

from __future__ import annotations

from typing import Protocol

from pydantic import AwareDatetime

from workbench.app.protocol.limits import Count
from workbench.app.verbs import verb
from workbench.catalog.records import TableData
from workbench.governance.audit.records import Archived, AuditCheck, AuditEntry
from workbench.governance.records import AccessReport, InheritedTag, PolicyVersion, RoleSummary, RowSource
from workbench.quality.personal.records import Finding, FindingState, Remediation, Scan

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

    @verb("POST", "/compliance/scan")
    def scan(self, what: str | None = None) -> Scan:
        """Look for personal data in a dataset, in a namespace's, or in all; what seems to be some is proposed, with no value told."""

    @verb("GET", "/compliance/findings")
    def findings(self, what: str | None = None, state: FindingState = "proposed") -> tuple[Finding, ...]:
        """What was found in a dataset, a namespace or all, surest first: what waits for a person, was confirmed, or rejected."""

    @verb("POST", "/compliance/findings/confirm")
    def confirm(self, ids: tuple[str, ...]) -> tuple[Finding, ...]:
        """Put the tags of findings on their columns: from then on masks by tag hold there."""

    @verb("POST", "/compliance/findings/reject")
    def reject(self, ids: tuple[str, ...], note: str = "") -> tuple[Finding, ...]:
        """Say that findings are wrong: they are not proposed again unless the column changes."""

    @verb("POST", "/compliance/remediate")
    def remediate(self, id: str) -> Remediation:
        """Confirm a finding, and tell which rules of the policy mask the column now, or one that would."""

    @verb("GET", "/compliance/inherited/{name}")
    def inherited(self, name: str) -> tuple[InheritedTag, ...]:
        """Tags that a dataset's columns have because of what they were made of, and rules that mask them because they name that."""

    @verb("POST", "/compliance/inherited/{name}")
    def clear(
        self, name: str, column: str, tag: str | None = None, reason: str = "", rule: str | None = None
    ) -> tuple[InheritedTag, ...]:  # fmt: skip
        """Take an inherited ``tag``, or the inherited mask of a ``rule``, from a column and from what is made of it, with the reason,
        which is kept; returns those left."""

    @verb("GET", "/compliance/row-sources/{name}")
    def row_sources(self, name: str) -> tuple[RowSource, ...]:
        """Whose rows a dataset's rows were made of, and what row filters of those hold there."""

    @verb("POST", "/compliance/row-sources/{name}")
    def release(self, name: str, source: str, reason: str) -> tuple[RowSource, ...]:
        """Lift the row filters of a source from a dataset that was made of it, with the reason, which is kept."""

    @verb("DELETE", "/compliance/row-sources/{name}")
    def withdraw(self, name: str, source: str) -> tuple[RowSource, ...]:
        """Take a release back: the row filters of the source hold for the dataset again."""

    @verb("GET", "/compliance/audit-log")
    def audit_log(
        self,
        user: str | None = None,
        dataset: str | None = None,
        since: AwareDatetime | None = None,
        refused: bool = False,
        verb: str | None = None,
        before: Count | None = None,
        limit: Count = 100,
    ) -> tuple[AuditEntry, ...]:
        """Who was allowed what, and who was refused, newest first; ``before`` asks for what comes after the entry of that number."""

    @verb("GET", "/compliance/audit-log/check")
    def verify_audit(self, expected: str | None = None) -> AuditCheck:
        """Whether the audit log is as it was written: nothing altered, removed or put in. ``expected`` is a head that was noted elsewhere
        (``SEQ:DIGEST``)."""

    @verb("POST", "/compliance/audit-log/archive")
    def archive_audit(self, until: AwareDatetime, unverified: bool = False) -> Archived | None:
        """Move the entries before a moment to a file; the chain goes on. None where there were none. ``unverified``: also those of whatever
        moment that were made with a key that is lost; the log then says that they cannot be verified."""
