"""The edge: who asks, what they may do, one request is one transaction."""

from kernel.edge.access import public, require
from kernel.edge.grouped import Grouped
from kernel.edge.inputs import Body, FormFields, RowId, RowIdField, in_query
from kernel.edge.routes import ApiRouter, PageRouter, include
from kernel.edge.transactions import Read, Write, platform_of, reading

__all__ = [
    "ApiRouter",
    "Body",
    "FormFields",
    "Grouped",
    "PageRouter",
    "Read",
    "RowId",
    "RowIdField",
    "Write",
    "in_query",
    "include",
    "platform_of",
    "public",
    "reading",
    "require",
]
