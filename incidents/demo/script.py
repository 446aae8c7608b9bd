"""The scripted month: what happens, by whom and when, as plain data.

Offsets are minutes from the incident's report. Every special thing the contract knows happens at least once;
the ordinary incidents are drawn with a fixed seed, so that the month is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

Step = tuple[float, str, str, dict[str, Any]]
"""(minutes after the report, user name, event type, fields)"""

DAY = 24 * 60
MONTH = timedelta(days=30)
FLOOD = 23 * DAY + 600
"""When a flood cuts the power of two machine rooms."""


@dataclass(frozen=True, slots=True)
class Story:
    """One incident of the month: starts `at` minutes into it."""

    at: float
    title: str
    fault_class: str
    modules: tuple[str, ...]
    payers: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    report: dict[str, Any] = field(default_factory=dict)
    words: dict[float, dict[str, str]] = field(default_factory=dict)
    """Minutes → words for the next broadcast."""


def _end(at: float, text: str = "已恢复，原因为配置错误，已修正并复核。") -> tuple[Step, ...]:
    return (
        (at, "engineer", "restored", {"text": text}),
        (at + 25, "supervisor", "restoration_accepted", {"text": "核验正常。"}),
        (at + 40, "engineer", "closed", {"text": "归档。"}),
    )


def _answer(at: float = 8, text: str = "已收到，工程师正在排查，15分钟内反馈初步原因。") -> Step:
    return (at, "engineer", "responded", {"text": text})


def special() -> list[Story]:
    """The stories that show each rule."""
    return [*_disputes(), *_outages(), *_flooded()]


def _flooded() -> list[Story]:
    """Two incidents of one flood, claimed together by the provider and decided at once."""
    return [
        Story(FLOOD, "烈山区公文系统断电中断", "system_general", ("documents",), ("lieshan",),
              (_answer(12), (290, "engineer", "restored", {"text": "供电恢复，服务恢复。"}),
               (640, "supervisor", "restoration_accepted", {"text": "核验正常。"}))),
        Story(FLOOD + 5, "烈山区专线断电中断", "line_general", ("receipts",), ("lieshan",),
              (_answer(14), (430, "engineer", "restored", {"text": "供电恢复，设备重启后正常。"}),
               (640, "supervisor", "restoration_accepted", {"text": "核验正常。"}))),
    ]  # fmt: skip


def _disputes() -> list[Story]:
    """What the parties see differently: a rejection, claims, a re-classification."""
    return [
        Story(
            1 * DAY + 540, "收文登记页面无法保存", "system_general", ("receipts",), ("city",),
            (_answer(9), *_end(120)[:1], (180, "supervisor", "restoration_rejected", {"text": "仍有单位无法保存。"}),
             (200, "engineer", "progress", {"text": "定位到缓存节点未同步。"}), *_end(290)),
        ),
        Story(
            3 * DAY + 1320, "杜集区专线中断", "line_general", ("documents", "todo"), ("duji",),
            (_answer(12), (100, "manager", "exclusion_claimed",
              {"claim": "C1", "reason": "force_majeure", "from": 60.0, "to": 300.0, "text": "暴雨致电力中断，附停电通知。"}),
             (640, "supervisor", "exclusion_approved", {"claim": "C1", "text": "经核实同意。"}), *_end(600)),
        ),
        Story(
            5 * DAY + 600, "相山区公文交换缓慢", "system_general", ("documents",), ("xiangshan",),
            (_answer(14), (90, "manager", "exclusion_claimed",
              {"claim": "C1", "reason": "customer", "from": 30.0, "to": 150.0, "text": "等待甲方开放端口。"}),
             (400, "supervisor", "exclusion_refused", {"claim": "C1", "text": "端口当日已开放，不予剔除。"}), *_end(310)),
        ),
        Story(
            7 * DAY + 545, "统一登录偶发失败", "system_general", ("todo", "documents"), ("city",),
            (_answer(6), (180, "engineer", "class_changed", {"fault_class": "system_major", "text": "波及范围大于预期。"}),
             (1440, "supervisor", "class_countersigned", {"text": "同意按重大故障计。"}), *_end(400)),
            words={175: {"progress": "已确认为认证服务连接池耗尽。", "next_step": "扩容并重启认证节点。"}},
        ),
    ]  # fmt: skip


def _outages() -> list[Story]:
    """Major faults with broadcasts, hardware, a late answer, a false alarm, a return, a blind hour."""
    return [
        Story(
            9 * DAY + 510, "政务外网核心交换故障，两区一县无法访问", "system_major",
            ("documents", "receipts", "todo"), ("suixi", "xiangshan", "lieshan"),
            (_answer(5), (35, "engineer", "progress", {"text": "已定位到核心交换板卡。"}), *_end(205)),
            words={
                1: {"impact": "濉溪县、相山区、烈山区无法访问", "progress": "已派员到场", "next_step": "更换板卡"},
                55: {"progress": "备件已到场", "next_step": "割接", "expected": "约11时30分"},
                115: {"progress": "割接完成，正在验证。", "expected": "30分钟内"},
            },
        ),
        Story(
            11 * DAY + 840, "全市待办推送中断", "system_major", ("todo", "wanzhengtong"), ("city", "suixi"),
            (_answer(7), *_end(160)),
            words={20: {"progress": "消息队列磁盘写满，正在清理。"}},
        ),
        Story(
            13 * DAY + 600, "文件存储控制器损坏", "hardware", ("files", "documents"), ("city",),
            (_answer(11), (700, "engineer", "backup_in_service", {"text": "备用存储已接管。"}),
             (760, "supervisor", "restoration_accepted", {"text": "确认备用设备可用。"}),
             (2900, "engineer", "device_repaired", {"text": "控制器更换完毕。"}),
             (2950, "engineer", "closed", {"text": "归档。"})),
        ),
        Story(
            16 * DAY + 480, "数据库服务器主板故障", "hardware", ("archives",), ("city",),
            (_answer(25), (1260, "engineer", "backup_in_service", {"text": "备用服务器接管。"}),
             (1300, "supervisor", "restoration_accepted", {"text": "确认。"}), (1400, "engineer", "closed", {})),
        ),
        Story(
            18 * DAY + 130, "夜间巡检：热线系统无响应", "system_general", ("hotline",), ("city",),
            (_answer(41, "抱歉迟复，值班手机信号异常，现已处理。"), *_end(95)),
        ),
        Story(
            20 * DAY + 620, "监测误报：证书即将过期", "system_general", ("drafts",), ("city",),
            (_answer(4), (20, "engineer", "false_alarm_claimed", {"text": "监测规则阈值配置错误，服务未受影响。"}),
             (50, "supervisor", "false_alarm_agreed", {"text": "同意。"})),
        ),
        Story(
            22 * DAY + 560, "手写签批页面白屏", "system_general", ("ink",), ("city",),
            (_answer(10), *_end(75), (75 + 600, "engineer", "reopened", {}), *_end(75 + 660)),
        ),
        Story(
            24 * DAY + 260, "机房断电，信息报送与即时通讯中断", "system_major", ("briefs", "chat"), ("city",),
            (_answer(10), *_end(130)),
        ),
    ]  # fmt: skip


TITLES = (
    ("公文查询响应缓慢", "documents"), ("值班表无法导出", "duty"), ("待办数量显示不一致", "todo"),
    ("收文附件无法预览", "receipts"), ("退文通知未送达", "returns"), ("统计报表打不开", "statistics"),
    ("热线工单同步延迟", "hotline"), ("公文要素识别失败", "intelligence"), ("皖政通待办未推送", "wanzhengtong"),
    ("城市大脑数据未更新", "citybrain"), ("归档包校验失败", "archives"), ("大附件上传中断", "files"),
    ("文稿协同编辑掉线", "drafts"), ("外出报备无法提交", "outings"), ("督办灯色未刷新", "supervision"),
    ("信息报送采用数异常", "briefs"), ("即时通讯消息延迟", "chat"), ("手写签批笔迹偏移", "ink"),
)  # fmt: skip
PAYERS = ("city", "city", "city", "suixi", "xiangshan", "duji", "lieshan")


def ordinary(count: int, seed: int = 20250102) -> Iterator[Story]:
    """Yield `count` everyday incidents, most of them well handled, some late."""
    random = Random(seed)  # noqa: S311 - a script, not a secret
    for index in range(count):
        title, module = TITLES[index % len(TITLES)]
        at = (index + 0.5) * 29 * DAY / count + random.uniform(-200, 200)
        kind = random.choices(("system_general", "line_general", "hardware"), (8, 2, 1))[0]
        reply = random.choice((4, 6, 7, 9, 12, 15, 18, 22, 27)) if random.random() > 0.06 else 36
        usual = {"system_general": 42, "line_general": 80, "hardware": 300}[kind]
        fix = max(reply + 10.0, min(random.lognormvariate(0, 0.45), 2.0) * usual)
        if random.random() < 0.05:
            fix *= 6
        yield Story(
            max(10.0, at), title, kind, (module,), (random.choice(PAYERS),), (_answer(reply), *_end(fix))
        )


def still_open() -> list[Story]:
    """What is going on when the visitor arrives; offsets count back from now."""
    return [
        Story(-12, "督办事项列表加载失败", "system_general", ("supervision",), ("city",)),
        Story(-95, "濉溪县与烈山区公文系统无法访问", "system_general", ("documents", "receipts"), ("suixi", "lieshan"),
              (_answer(7), (40, "engineer", "progress", {"text": "已定位到汇聚链路抖动，正在切换备用链路。"})),
              words={70: {"progress": "备用链路切换中", "next_step": "观察10分钟", "expected": "本小时内"}}),
        Story(-200, "皖政通消息推送延迟", "line_general", ("wanzhengtong",), ("xiangshan",),
              (_answer(11), (60, "manager", "exclusion_claimed",
               {"claim": "C1", "reason": "customer", "from": 30.0, "to": 90.0, "text": "等待省平台恢复接口。"}),
               (160, "engineer", "restored", {"text": "省平台接口恢复，补推完成。"}))),
        Story(-700, "档案接口服务器硬盘告警", "hardware", ("archives",), ("city",),
              (_answer(15), (90, "engineer", "progress", {"text": "硬盘已下单，预计今晚到货。"}))),
    ]  # fmt: skip
