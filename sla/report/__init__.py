"""The SLA report: one data structure, shown as JSON, page and workbook with the same figures."""
