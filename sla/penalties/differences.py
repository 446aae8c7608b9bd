"""In words: what changed from one version of a verdict to another."""

from __future__ import annotations

import json
from typing import Any

from kernel.web.formats import duration
from kernel.web.i18n import gettext as _
from sla.cases.models import VerdictRecord


def differences(old: VerdictRecord | None, new: VerdictRecord | None) -> list[str]:
    """Return in words what changed from one verdict version to another."""
    if old is None or new is None:
        return []
    said = {
        _("故障类别"): "fault_class",
        _("响应"): "response.state",
        _("修复"): "repair.state",
        _("计入时间"): "repair.counted_seconds",
        _("违约金"): "penalty",
    }
    a, b = json.loads(old.result), json.loads(new.result)
    head = _("评判第%(old)s版 → 第%(new)s版：", old=old.version, new=new.version)
    changed = [
        f"{label} {_shown(path, a)} → {_shown(path, b)}"
        for label, path in said.items()
        if _at(path, a) != _at(path, b)
    ]
    return [head + _("；").join(changed)] if changed else []


def _at(path: str, result: Any) -> Any:
    for part in path.split("."):
        result = result.get(part) if isinstance(result, dict) else None
    return result


def _shown(path: str, result: Any) -> str:
    value = _at(path, result)
    return duration(value) if path.endswith("seconds") and value is not None else str(value)
