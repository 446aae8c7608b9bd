"""What the actor can do to an incident now: the buttons of its page, the most urgent first."""

from __future__ import annotations

from dataclasses import dataclass

from incidents import rules, service
from incidents.queries import Detail
from kernel.identity.actor import Actor
from kernel.web.i18n import gettext as _
from sla.events import Event


@dataclass(frozen=True, slots=True)
class Action:
    """A button: the event it records and how its form looks."""

    kind: str
    label: str
    hint: str
    primary: bool = False
    text: bool = True
    needs: str = ""
    """What else the form asks: class, exclusion, claim, scope, into."""
    claim: str | None = None

    @property
    def words(self) -> str:
        """What the button says, in the reader's language."""
        return f"{_(self.label)} {self.claim}" if self.claim else _(self.label)


_B = (
    Action("responded", "响应并答复", "写给报告人的答复；提交即停止响应时钟。", primary=True),
    Action("restored", "登记恢复", "说明原因和措施；提交即停止修复时钟，等待甲方确认。", primary=True),
    Action("progress", "报告进展", "让双方知道做到了哪一步。"),
    Action(
        "backup_in_service", "备用设备投入使用", "硬件故障：服务由备用设备恢复，修复时钟停止。", primary=True
    ),
    Action("closed", "关闭", "甲方已确认恢复，处置完毕。", primary=True),
    Action("device_repaired", "设备已修复", "原设备修好；不影响已停止的时钟。"),
    Action("major_declared", "宣布重大故障", "自此按约定的间隔向甲方通报。"),
    Action("scope_changed", "变更影响范围", "两个以上单位或半数以上模块即为重大故障。", needs="scope"),
    Action("class_changed", "变更故障类别", "时限变长的变更须甲方会签后才生效。", needs="class"),
    Action(
        "exclusion_claimed",
        "申请剔除时间",
        "不可抗力或甲方原因；甲方批准前不影响合同结论。",
        needs="exclusion",
    ),
    Action("reopened", "故障再现，重开", "24小时内同一故障再次出现。"),
    Action("false_alarm_claimed", "申请认定误报", "甲方同意后不计入考核。"),
    Action("merged_into", "申请并入另一故障", "同一原因的重复登记。", needs="into"),
    Action("note", "备注", "仅作记录。"),
)
_A = (
    Action("restoration_accepted", "确认恢复", "确认服务已恢复正常。", primary=True),
    Action("restoration_rejected", "退回恢复", "服务仍不正常：重开并继续计时。"),
    Action("exclusion_approved", "同意剔除", "这段时间不计入修复时限。", needs="claim"),
    Action("exclusion_refused", "不同意剔除", "这段时间照常计入。", needs="claim"),
    Action("class_countersigned", "会签类别变更", "同意按新类别的时限考核。", primary=True),
    Action("class_refused", "不同意类别变更", "仍按原类别考核。"),
    Action("false_alarm_agreed", "认定为误报", "不计入考核。"),
    Action("false_alarm_refused", "不认定为误报", "照常考核。"),
    Action("merge_agreed", "同意并入", "本故障结束，在另一故障中考核。"),
)


def possible(found: Detail, actor: Actor) -> list[Action]:
    """Return the actions whose event would be accepted now; tried against the same rules that judge it."""
    offered = [action for action in (*_B, *_A) if service.may_send(actor, action.kind)]
    claims = [claim for claim, state in found.life.claims.items() if state == "claimed"]
    result = []
    for action in offered:
        if action.needs == "claim":
            result += [_with_claim(action, claim) for claim in claims]
        elif _would_be_possible(found, action.kind):
            result.append(action)
    return result


def _with_claim(action: Action, claim: str) -> Action:
    return Action(action.kind, action.label, action.hint, primary=True, needs="claim", claim=claim)


_PROBES = {"exclusion_claimed": {"claim": "\0"}, "merged_into": {"into": "\0"}}


def _would_be_possible(found: Detail, kind: str) -> bool:
    life = found.life.copy()
    if kind == "class_changed":
        return life.state not in rules.ENDED
    try:
        life.apply(Event(found.now, kind, _PROBES.get(kind, {}), 0), lengthens=lambda _old, _new: False)
    except rules.Impossible:
        return False
    return True
