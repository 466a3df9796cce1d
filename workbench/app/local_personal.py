"""The verbs of ``compliance`` that are about personal data, and what columns inherit, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.app.namespace import Namespace
from workbench.core.errors import InvalidInput

if TYPE_CHECKING:
    from workbench.core.refs import DatasetRef
    from workbench.governance.records import InheritedTag, RowSource
    from workbench.quality.personal.records import Finding, FindingState, Remediation, Scan

__all__ = ["PersonalData"]


class PersonalData(Namespace, noun="compliance"):
    """A part of :class:`workbench.app.local_governance.ComplianceNamespace`."""

    def scan(self, what: str | None = None) -> Scan:
        """Look for personal data."""
        return self._services.personal.scan(what, self._who)

    def findings(self, what: str | None = None, state: FindingState = "proposed") -> tuple[Finding, ...]:
        """What was found."""
        return self._services.personal.findings(what, state)

    def confirm(self, ids: tuple[str, ...]) -> tuple[Finding, ...]:
        """Put the tags of findings on their columns."""
        return self._services.personal.confirm(ids, self._who)

    def reject(self, ids: tuple[str, ...], note: str = "") -> tuple[Finding, ...]:
        """Say that findings are wrong."""
        return self._services.personal.reject(ids, note, self._who)

    def remediate(self, id: str) -> Remediation:
        """Confirm a finding, and tell which rules mask the column."""
        from workbench.governance.remedy import masking, proposed_rule
        from workbench.quality.personal.records import Remediation

        finding = self._services.personal.confirm((id,), self._who)[0]
        access, plan = self._services.access, self._services.lake.plan(finding.dataset)
        policy = access.policies.current()[1]
        rules = masking(policy, access.described(plan.ref, plan.metadata, policy), finding.column)
        return Remediation(finding=finding, rules=rules, proposed=None if rules else proposed_rule(finding.tag))

    def inherited(self, name: str) -> tuple[InheritedTag, ...]:
        """Tags, and masks by name, that columns have because of what they were made of."""
        from workbench.governance.clearing import listed

        ref, columns = self._columns(name)
        return listed(*self._services.access.inherited(ref.table_uuid), columns)

    def clear(
        self, name: str, column: str, tag: str | None = None, reason: str = "", rule: str | None = None
    ) -> tuple[InheritedTag, ...]:  # fmt: skip
        """Take an inherited tag or mask from a column."""
        from workbench.governance.clearing import Clearing, clear

        if (tag is None) == (rule is None):
            raise InvalidInput("One thing is cleared at a time.", fix="Give a tag, or a rule of the policy.")
        ref, columns = self._columns(name)
        tags, masks = self._services.access.inherited(ref.table_uuid)
        what = Clearing(ref, columns, masks if tag is None else tags, tag, rule)
        clear(self._services.log, what, column, reason, self._who)
        return self.inherited(name)

    def row_sources(self, name: str) -> tuple[RowSource, ...]:
        """Whose rows a dataset's rows were made of."""
        from workbench.governance.releasing import listed

        ref, columns = self._columns(name)
        return listed(self._services.store, self._services.access.policies.current()[1], ref, columns)

    def release(self, name: str, source: str, reason: str) -> tuple[RowSource, ...]:
        """Lift the row filters of a source from what was made of it."""
        from workbench.governance.releasing import release

        ref, columns = self._columns(name)
        release(self._services.log, ref, columns, source, reason, self._who)
        return self.row_sources(name)

    def withdraw(self, name: str, source: str) -> tuple[RowSource, ...]:
        """Take a release back."""
        from workbench.governance.releasing import withdraw

        ref, columns = self._columns(name)
        withdraw(self._services.log, ref, columns, source, self._who)
        return self.row_sources(name)

    def _columns(self, name: str) -> tuple[DatasetRef, dict[str, int]]:
        ref = self._services.catalog.resolve(name)
        info = self._services.catalog.tables.one(ref.name)
        return ref, {each[1]: each[0] for each in info.columns} if info else {}
