"""Kinds of probes, and `run`, which asks once and never takes longer than it may."""

from __future__ import annotations

import asyncio
import logging
import ssl

from incidents.monitoring.probes import base, dns, heartbeat, host, http, journey, line, smtp, sql, tcp, tls
from incidents.monitoring.probes.base import Around, ProbeKind, Result, Spec
from kernel.clock import SYSTEM

__all__ = ["KINDS", "KIND_LABELS", "Around", "Result", "Spec", "run"]
log = logging.getLogger(__name__)
LONGEST = 300

KINDS: dict[str, ProbeKind] = {
    "http": ProbeKind(http.HttpSpec, http.check),
    "tcp": ProbeKind(tcp.TcpSpec, tcp.check),
    "line": ProbeKind(line.LineSpec, line.check),
    "sql": ProbeKind(sql.SqlSpec, sql.check),
    "dns": ProbeKind(dns.DnsSpec, dns.check),
    "smtp": ProbeKind(smtp.SmtpSpec, smtp.check),
    "tls": ProbeKind(tls.TlsSpec, tls.check),
    "heartbeat": ProbeKind(heartbeat.HeartbeatSpec, heartbeat.check),
    "host": ProbeKind(host.HostSpec, host.check),
    "journey": ProbeKind(journey.JourneySpec, journey.check),
}
KIND_LABELS = {
    "http": "网页", "tcp": "TCP端口", "line": "线路", "sql": "数据库查询", "dns": "域名解析",
    "smtp": "邮件服务器", "tls": "证书有效期", "heartbeat": "心跳", "host": "本机资源", "journey": "办公旅程",
}  # fmt: skip


async def run(kind: str, spec: Spec, seconds: float, around: Around) -> Result:
    """Check once. Whatever the target does, the answer comes within `seconds`."""
    begun = SYSTEM.monotonic()
    ok, words, detail = False, base.OK, ""
    try:
        async with asyncio.timeout(seconds):
            detail = await KINDS[kind].check(spec, around)
            ok = True
    except base.Failure as failure:
        words, detail = failure.words, failure.detail
    except TimeoutError:
        words, detail = base.TIMEOUT, f"{seconds:g} s"
    except ssl.SSLError as error:
        words, detail = base.BAD_CERTIFICATE, str(error.reason)
    except OSError as error:
        words, detail = base.REFUSED, error.strerror or type(error).__name__
    except Exception as error:
        log.exception("probe of kind %s failed", kind)
        words, detail = base.BROKEN, type(error).__name__
    return Result(ok, SYSTEM.monotonic() - begun, words, detail[:LONGEST])
