"""Who was allowed what, and who was refused: a log that cannot be changed unseen."""

from workbench.governance.audit.log import AuditLog
from workbench.governance.audit.records import Archived, AuditCheck, AuditEntry, Decided, ReadDataset

__all__ = ["Archived", "AuditCheck", "AuditEntry", "AuditLog", "Decided", "ReadDataset"]
