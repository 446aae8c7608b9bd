"""Invented data for the style guide."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kernel.web.formats import duration, money, monthname
from kernel.web.i18n import gettext as _
from kernel.web.i18n import lazy

TITLE_MISSING = lazy("请填写标题，例如“公文流转打开缓慢”。")


SAVED = lazy("已保存，并写入日志。")


def all_samples(now: datetime) -> dict[str, Any]:
    """Return what the style guide shows, around `now`."""
    return {
        "clocks": _clocks(now),
        "entries": _entries(now),
        "party_rows": _party_rows(),
        "steps": _steps(now),
        "table_rows": _table_rows(now),
        **_charts(now),
    }


def _clocks(now: datetime) -> list[dict[str, Any]]:
    def clock(
        title: str, started: int, due: int, state: str = "running", ended: int | None = None
    ) -> dict[str, Any]:
        at = None if ended is None else now + timedelta(minutes=ended)
        start, end = now + timedelta(minutes=started), now + timedelta(minutes=due)
        return {"title": title, "started": start, "due": end, "state": state, "ended": at}

    return [
        clock(_("响应并答复"), -10, 20),
        clock(_("恢复服务"), -200, 40),
        clock(_("下一期通报"), -42, -12),
        clock(_("确认恢复"), -60, 60, "met", -25),
        clock(_("更换设备"), -90, -30, "missed", -5),
        clock(_("线路恢复"), -60, 120, "paused", -20),
        clock(_("提交月报"), -60, 120, "excluded", -20),
        clock(_("整改复查"), 60, 60 * 24 * 9, "pending"),
        clock(_("可用率监测"), -60, 60, "unobserved"),
        clock(_("年度演练"), -60 * 24 * 40, 60 * 24 * 9),
    ]


def _entries(now: datetime) -> list[dict[str, Any]]:
    def entry(minutes: int, who: str, what: str, tone: str, **more: Any) -> dict[str, Any]:
        return {"at": now - timedelta(minutes=minutes), "who": who, "what": what, "tone": tone, **more}

    log = {"label": _("探测记录 E-20417"), "href": "#"}
    return [
        entry(62, _("探测任务"), _("发现故障"), "over", evidence=[log]),
        entry(58, _("周工程师"), _("响应并答复"), "ok", body=_("已定位到应用服务器连接池耗尽，正在扩容。")),
        entry(30, _("平台"), _("第2期通报已发送"), "info", noticed=now - timedelta(minutes=29)),
        entry(4, _("李主管"), _("申请剔除待确认"), "near"),
    ]


def _party_rows() -> list[dict[str, Any]]:
    return [
        {"label": _("故障等级"), "b": _("一般故障"), "a": _("重大故障"), "note": _("第十五条")},
        {
            "label": _("恢复用时"),
            "b": duration(timedelta(minutes=112)),
            "a": duration(timedelta(minutes=140)),
        },
        {"label": _("扣减金额"), "b": money("500"), "a": money("2300")},
        {"label": _("影响单位"), "b": _("两个"), "a": _("两个")},
    ]


def _steps(now: datetime) -> list[dict[str, Any]]:
    return [
        {"label": _("拟稿"), "state": "done", "who": _("王文书"), "at": now - timedelta(hours=30)},
        {"label": _("核稿"), "state": "done", "who": _("李主任"), "at": now - timedelta(hours=6)},
        {"label": _("会签"), "state": "skipped"},
        {"label": _("签发"), "state": "current", "who": _("陈局长"), "due": now + timedelta(hours=3)},
        {"label": _("编号印发"), "state": "todo"},
    ]


def _table_rows(now: datetime) -> list[dict[str, Any]]:
    words = [_("公文流转打开缓慢"), _("市级专线中断"), _("短信提醒未送达"), _("会议预约无法保存")]
    spans = [(-10, 20), (-200, 40), (-42, -12), (-30, 300)]
    return [
        {
            "number": f"20250303-{index + 1:03}",
            "title": title,
            "started": now + timedelta(minutes=span[0]),
            "due": now + timedelta(minutes=span[1]),
            "amount": money(index * 500),
            "_href": f"#row-{index}",
            "_tone": ("", "near", "over", "")[index],
        }
        for index, (title, span) in enumerate(zip(words, spans, strict=True))
    ]


def _charts(now: datetime) -> dict[str, Any]:
    first = now.date().replace(month=1, day=1)
    days = {first + timedelta(days=n): _day(n) for n in range(150) if n % 29 != 7}
    hour = now.replace(minute=0, second=0, microsecond=0)
    return {
        "months": [monthname(n) for n in range(1, 13)],
        "series": [
            {
                "name": _("市级"),
                "values": [99.98, 99.95, 99.99, None, 99.97, 99.91, 99.96, 99.99, 100, 99.98, 99.95, 99.97],
            },
            {
                "name": _("县区"),
                "values": [99.9, 99.93, 99.88, 99.92, 99.95, 99.97, 99.9, 99.94, 99.96, 99.93, 99.9, 99.95],
            },
        ],
        "heat_first": first,
        "heat_last": first + timedelta(days=181),
        "heat": days,
        "gantt_start": hour - timedelta(hours=6),
        "gantt_end": hour + timedelta(hours=6),
        "gantt_rows": _slots(hour),
    }


def _day(n: int) -> dict[str, Any]:
    level: int | str = "over" if n % 37 == 5 else "unobserved" if n % 41 == 9 else (n * 7) % 5
    return {"level": level, "text": _("%(n)s 起", n=n % 5)}


def _slots(hour: datetime) -> list[dict[str, Any]]:
    def slot(start: float, end: float, state: str, text: str) -> dict[str, Any]:
        return {
            "start": hour + timedelta(hours=start),
            "end": hour + timedelta(hours=end),
            "state": state,
            "text": text,
        }

    return [
        {"label": _("主班"), "slots": [slot(-6, 2, "ok", _("周工程师")), slot(2, 6, "plan", _("吴工程师"))]},
        {
            "label": _("通报"),
            "slots": [slot(-2, -1.5, "met", "1"), slot(-1.5, -1, "near", "2"), slot(-1, -0.5, "over", "3")],
        },
        {
            "label": _("外部观测"),
            "slots": [slot(-4, -2.5, "unobserved", _("未观测")), slot(0, 3, "paused", _("已暂停"))],
        },
    ]
