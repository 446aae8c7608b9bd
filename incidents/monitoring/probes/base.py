"""What every kind of probe is made of: a spec that says what to ask, and a check that asks it once."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Spec(BaseModel):
    """What to ask; fields of type SecretStr are written once and never shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Failure(Exception):
    """The target is not as it should be: `words` is one of REASONS, `detail` what was seen."""

    def __init__(self, words: str, detail: str = "") -> None:
        super().__init__(words)
        self.words, self.detail = words, detail


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found; `words` is a source string that the page translates, `detail` is technical."""

    ok: bool
    seconds: float
    words: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What a check knows beyond its spec: our own addresses, and how long a heartbeat has been silent."""

    base_url: str = ""
    database_url: str = ""
    data_dir: str = "."
    silent: float = 0.0


@dataclass(frozen=True, slots=True)
class ProbeKind:
    """A kind of probe: its spec, and the check, which returns a detail or raises Failure or OSError."""

    spec: type[Spec]
    check: Callable[[Any, Around], Awaitable[str]]


OK = "正常"
TIMEOUT = "超时"
REFUSED = "无法连接"
BROKEN = "探测程序出错"
BAD_CERTIFICATE = "证书无效"
EXPIRING = "证书即将到期"
WRONG_STATUS = "状态码不符"
WRONG_BODY = "返回内容不符"
REDIRECTS = "重定向过多"
PROTOCOL = "协议应答不符"
LOSS = "线路丢包"
SLOW = "延迟过高"
NOT_FOUND = "域名解析不符"
SQL_FAILED = "查询失败"
SILENT = "心跳中断"
EXCEEDED = "资源超限"
LOGIN_FAILED = "登录失败"
STEP_FAILED = "旅程中断"
REASONS = (
    "正常", "超时", "无法连接", "探测程序出错", "证书无效", "证书即将到期", "状态码不符", "返回内容不符",
    "重定向过多", "协议应答不符", "线路丢包", "延迟过高", "域名解析不符", "查询失败", "心跳中断", "资源超限",
    "登录失败", "旅程中断",
)  # fmt: skip


CaFile = Annotated[str, Field(pattern=r"^(/.*)?$", max_length=500)]
"""The authorities to trust instead of the machine's own, as a PEM file; empty for the machine's."""


def trust(verify: bool, ca_file: str = "") -> ssl.SSLContext:
    """Return the TLS context: made once, as that costs more than a check; a changed file is read anew."""
    try:
        return _context(verify, ca_file, Path(ca_file).stat().st_mtime_ns if ca_file else 0)
    except (OSError, ssl.SSLError) as error:
        raise Failure(BAD_CERTIFICATE, f"ca_file: {type(error).__name__}") from None


@lru_cache(maxsize=64)
def _context(verify: bool, ca_file: str, _changed: int) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file or None)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
