"""The verbs of ``compliance`` in this process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from workbench.app.local_personal import PersonalData
from workbench.core.errors import InvalidInput, nearest
from workbench.core.ids import new_id
from workbench.core.principals import Principal
from workbench.core.telemetry import get_logger

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from workbench.catalog.records import TableData
    from workbench.governance.audit import Archived, AuditCheck, AuditEntry
    from workbench.governance.policy.records import Policy
    from workbench.governance.records import AccessReport, PolicyVersion, PolicyWarning, RoleSummary

__all__ = ["ComplianceNamespace", "check_roles"]

log = get_logger("governance")


class ComplianceNamespace(PersonalData, noun="compliance"):
    def policy(self, version: int | None = None) -> PolicyVersion:
        """The policy in force, or an earlier version."""
        return self._services.access.policies.get(version)

    def policies(self) -> tuple[PolicyVersion, ...]:
        """All versions of the policy, newest first."""
        return self._services.access.policies.history()

    def check(self, text: str) -> PolicyVersion:
        """Whether a text could be the next version of the policy; nothing is changed."""
        from workbench.governance.policy.file import from_yaml
        from workbench.governance.records import PolicyVersion

        warnings = self._warnings(text, from_yaml(text))
        return PolicyVersion(version=self._services.access.policies.current()[0] + 1, by=self._who.name, text=text, warnings=warnings)

    def apply(self, text: str, note: str = "", base: int | None = None) -> PolicyVersion:
        """Put a policy in force."""
        from workbench.governance.policy.file import from_yaml

        applied = self._services.access.policies.apply(text, self._who, note, base, self._tell)
        try:  # what is in force is in force, whatever a dataset's metadata is like
            return applied.model_copy(update={"warnings": self._warnings(text, from_yaml(text))})
        except Exception:
            log.exception("what version %s of the policy meets could not be looked at", applied.version)
            return applied

    def _tell(self, conn: Connection, made: PolicyVersion) -> None:
        """Whoever shows what is seen looks again. The policy itself is for administrators: the event names its version only."""
        about: dict[str, Any] = {"kind": "describe", "job": "apply policy", "principal": self._who}
        applied: dict[str, Any] = {"version": made.version}
        self._services.log.append_all(conn, new_id(), [("run.started", about), ("policy.applied", applied), ("run.succeeded", {})])

    def roles(self) -> tuple[RoleSummary, ...]:
        """The roles there are."""
        from workbench.governance.records import RoleSummary

        policy = self._services.access.policies.current()[1]
        return tuple(
            RoleSummary(name=name, inherits=role.inherits, description=role.description, built_in=name not in policy.roles)
            for name, role in policy.every_role.items()
        )

    def access(self, name: str, user: str | None = None, role: str | None = None, draft: str | None = None) -> AccessReport:
        """What somebody sees of a dataset."""
        from workbench.governance.policy.report import report

        access, (version, policy) = self._services.access, self._policy(draft)
        who = self._whom(user, role, policy)
        called = user or (f"anybody with the role {role}" if role else str(who))
        with self._services.lake.reading(self._services.catalog.resolve(name)) as plan:
            return report(access.of(who, plan, policy), called, version)

    def rows(
        self, name: str, user: str | None = None, role: str | None = None, limit: int = 50, draft: str | None = None
    ) -> TableData:  # fmt: skip
        """The first rows of a dataset as somebody sees them."""
        _, policy = self._policy(draft)
        return self._services.reader.sample_as(name, limit, self._whom(user, role, policy), self._who, policy)

    def _policy(self, draft: str | None) -> tuple[int, Policy]:
        """The policy in force, or a draft with the number that it would have."""
        from workbench.governance.policy.file import from_yaml

        version, policy = self._services.access.policies.current()
        return (version, policy) if draft is None else (version + 1, from_yaml(draft))

    def _warnings(self, text: str, policy: Policy) -> tuple[PolicyWarning, ...]:
        from workbench.app.fitting import fitted
        from workbench.governance.policy.known import gathered
        from workbench.governance.policy.unfit import unfit
        from workbench.governance.policy.unmet import unmet

        services = self._services
        users, infos = services.users.list(), services.catalog.tables.all()
        known = gathered(
            services.store,
            infos,
            users,
            lambda: tuple(pipeline.name for pipeline in services.pipelines.list()),
            lambda name: services.lake.table(name).metadata,
            tuple(view.name for view in services.views.all()),
        )
        people = [user.principal for user in users if user.disabled_at is None]
        return (*unmet(text, policy, known), *unfit(text, policy, fitted(services, policy, infos), people))

    def audit_log(
        self,
        user: str | None = None,
        dataset: str | None = None,
        since: datetime | None = None,
        refused: bool = False,
        verb: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[AuditEntry, ...]:
        """Who was allowed what, and who was refused, newest first."""
        return self._services.audit.list(user, dataset, since, refused, verb, before, limit)

    def verify_audit(self, expected: str | None = None) -> AuditCheck:
        """Whether the audit log is as it was written."""
        return self._services.audit.verify(expected)

    def archive_audit(self, until: datetime, unverified: bool = False) -> Archived | None:
        """Move the entries before a moment to a file, and those of a lost key; the chain goes on."""
        from workbench.governance.audit import Decided
        from workbench.governance.audit.acting import acting_token
        from workbench.governance.audit.verify import ARCHIVE

        by = Decided(who=self._who.name, verb=ARCHIVE, token_id=acting_token())
        return self._services.audit.archive(until, by, unverified)

    def _whom(self, user: str | None, role: str | None, policy: Policy) -> Principal:
        if user is not None and role is not None:
            raise InvalidInput("A user has roles of her own.", fix="Give user or role, not both.")
        if user is not None:
            return self._services.users.get(user).principal
        if role is not None:
            check_roles((role,), policy.every_role)
            return Principal(name=f"with-role-{role}", roles=(role,))
        return self._who


def check_roles(roles: Iterable[str], known: Iterable[str]) -> None:
    """Raises
    ------
    InvalidInput
        One of the roles is none that there is.
    """
    for role in roles:
        if role not in known:
            meant = nearest(role, known)
            fix = f"Did you mean {meant}?" if meant else f"There are: {', '.join(sorted(known))}."
            raise InvalidInput(f"There is no role {role!r}.", fix=f"{fix} The policy may define others.")
