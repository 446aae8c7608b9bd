"""The audit chain: who did what, tamper-evident, in the same transaction as the deed itself."""

from kernel.audit.models import AuditEntry
from kernel.audit.service import hold_head, lock_head, record, verify

__all__ = ["AuditEntry", "hold_head", "lock_head", "record", "verify"]
