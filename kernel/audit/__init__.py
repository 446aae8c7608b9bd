"""The audit chain: who did what, tamper-evident, in the same transaction as the deed itself."""

from kernel.audit.service import record, verify
from kernel.audit.models import AuditEntry

__all__ = ["AuditEntry", "record", "verify"]
