"""The form of a probe, made from its kind's spec: what each field is called, and what was typed into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from starlette.datastructures import FormData

from incidents.monitoring.models import Probe
from incidents.monitoring.probes import KINDS, journey
from incidents.monitoring.schemas import secret_names
from incidents.monitoring.service import as_told

SPEC_LABELS = {
    "url": "地址",
    "status": "应有的状态码",
    "contains": "应包含的文字",
    "redirects": "最多跳转次数",
    "days_left": "证书至少剩余天数",
    "verify": "校验证书",
    "ca_file": "信任的根证书（服务器上的 PEM 文件）",
    "bearer": "访问令牌",
    "host": "主机",
    "port": "端口",
    "expect": "应答应包含",
    "method": "方式",
    "tries": "每次尝试几回",
    "loss_percent": "允许丢包（%）",
    "latency_ms": "允许延迟（毫秒）",
    "patience_ms": "单回等待（毫秒）",
    "query": "查询语句",
    "password": "密码",
    "name": "域名",
    "server": "域名服务器",
    "type": "记录类型",
    "address": "应解析为",
    "starttls": "要求STARTTLS",
    "every": "应隔多少秒来一次",
    "grace": "允许迟到秒数",
    "path": "目录",
    "disk_percent": "磁盘上限（%）",
    "inode_percent": "索引节点上限（%）",
    "memory_percent": "内存上限（%）",
    "cpu_percent": "处理器上限（%）",
    "load_per_cpu": "每核负载上限",
    "process": "应在运行的进程",
    "nic": "应接通的网卡",
    "journey": "旅程",
    "username": "用户名",
    "page": "登录后打开的页面",
}
HINT_WORDS = {
    "url": "以 / 开头即为本平台自身的页面；数据库填 self 即为本平台数据库。",
    "query": "只接受一条 SELECT。",
    "bearer": "只写不显示；留空则保持不变。",
    "password": "只写不显示；留空则保持不变。",
    "server": "留空则用系统的解析设置。",
    "method": "icmp 须系统允许；不允许时自动改用TCP并说明。",
    "path": "self 即为本平台数据目录。",
}


@dataclass(frozen=True, slots=True)
class SpecField:
    """One field of a kind's form."""

    name: str
    label: str
    hint: str | None
    type: str
    required: bool
    default: Any
    options: tuple[Any, ...] = ()
    """Values, or pairs of value and label."""

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The options as a choice field takes them."""
        return [each if isinstance(each, tuple) else (each, each) for each in self.options]


def fields(kind: str) -> Iterator[SpecField]:
    """Yield the fields of a kind, in the spec's order."""
    spec = KINDS[kind].spec
    hidden = secret_names(spec)
    for name, field in spec.model_fields.items():
        options: tuple[Any, ...]
        type_, options = ("password", ()) if name in hidden else _type(field)
        default = None if field.is_required() else field.default
        if kind == "journey" and name == "journey":
            type_, options = "select", tuple(journey.labels().items())
        label, hint = SPEC_LABELS[name], HINT_WORDS.get(name)
        yield SpecField(f"spec.{name}", label, hint, type_, field.is_required(), default, options)


def _type(field: FieldInfo) -> tuple[str, tuple[str, ...]]:
    if get_origin(field.annotation) is Literal:
        return "select", get_args(field.annotation)
    if field.annotation is bool:
        return "checkbox", ()
    return ("number" if field.annotation in (int, float) else "text"), ()


def told(form: FormData, kind: str) -> dict[str, Any]:
    """Return what was typed, as the schema reads it: an empty field is one that was left out."""
    raw: dict[str, Any] = {"kind": kind, "spec": {}}
    for name in (
        "key",
        "name",
        "interval",
        "timeout",
        "failures",
        "recoveries",
        "module",
        "payer",
        "fault_class",
    ):
        if value := _text(form, name):
            raw[name] = value
    raw["windows"] = [line.strip() for line in _text(form, "windows").splitlines() if line.strip()]
    raw["enabled"] = _text(form, "enabled") == "1"
    for field in fields(kind) if kind in KINDS else ():
        name = field.name.removeprefix("spec.")
        value = _text(form, field.name)
        if field.type == "checkbox":
            raw["spec"][name] = value == "1"
        elif value:
            raw["spec"][name] = value
    return raw


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def typed(form: FormData) -> dict[str, str]:
    """Return what was typed, for the form to show again; unticked boxes stay unticked."""
    return {name: _text(form, name) for name in form}


def values(probe: Probe) -> dict[str, Any]:
    """Return a probe's values as its form shows them."""
    found = dict(as_told(probe))
    spec: Mapping[str, Any] = found.pop("spec")
    found["windows"] = "\n".join(probe.windows)
    found["enabled"] = "1" if probe.enabled else ""
    return found | {f"spec.{n}": _shown(v) for n, v in spec.items()}


def blank(kind: str) -> dict[str, Any]:
    """Return the values that a new probe's form begins with."""
    found: dict[str, Any] = {"interval": 60, "timeout": 10, "failures": 3, "recoveries": 2, "enabled": "1"}
    return found | {f.name: _shown(f.default) for f in fields(kind) if f.default is not None}


def _shown(value: Any) -> Any:
    return ("1" if value else "") if isinstance(value, bool) else value
