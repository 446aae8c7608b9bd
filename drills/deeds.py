"""What people can do to a drill from its page: each deed with its right, its words and its use case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from drills import evaluation, rules, service
from drills.queries import Detail
from kernel.identity.actor import Actor
from kernel.platform import Platform


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for a deed, of which drill, and in which words."""

    platform: Platform
    session: Session
    now: datetime
    actor: Actor
    number: str
    text: str


Use = Callable[[Asked], object]


@dataclass(frozen=True, slots=True)
class Deed:
    """A button: who may press it, in which states, and what it asks."""

    key: str
    permission: str
    states: tuple[str, ...]
    label: str
    hint: str
    use: Use
    done: str
    asks: bool = True
    primary: bool = False
    danger: bool = False


DEEDS: tuple[Deed, ...] = (
    Deed(
        "submit",
        "drill.plan",
        (rules.DRAFT,),
        "提交甲方批准",
        "甲方将看到主机、剧本和影响范围；批准之后方案不能再改。",
        lambda d: service.submit(d.platform, d.session, d.now, d.actor, d.number),
        "已提交甲方。",
        asks=False,
        primary=True,
    ),
    Deed(
        "approve",
        "drill.approve",
        (rules.PLANNED,),
        "批准",
        "批准锁定方案、剧本和主机清单的散列；任何改动都使批准失效。",
        lambda d: service.decide(d.platform, d.session, d.now, d.actor, d.number, approved=True, text=d.text),
        "已批准。",
        primary=True,
    ),
    Deed(
        "reject",
        "drill.approve",
        (rules.PLANNED,),
        "退回",
        "乙方修改后可再次提交。",
        lambda d: service.decide(
            d.platform, d.session, d.now, d.actor, d.number, approved=False, text=d.text
        ),
        "已退回乙方。",
    ),
    Deed(
        "countersign",
        "drill.countersign",
        (rules.APPROVED,),
        "会签生产环境",
        "涉及生产环境的主机时，须由起草人以外的乙方负责人会签。",
        lambda d: service.countersign(d.session, d.now, d.actor, d.number, d.text),
        "已会签。",
    ),
    Deed(
        "arm",
        "drill.run",
        (rules.APPROVED,),
        "布置演练",
        "占用目标主机，核对剧本与主机，等到稳态正常；这一步不注入故障。",
        lambda d: service.request_arming(d.platform, d.session, d.now, d.actor, d.number),
        "正在布置。",
        asks=False,
        primary=True,
    ),
    Deed(
        "start",
        "drill.run",
        (rules.ARMING, rules.ARMED),
        "下令开始",
        "就绪后立即注入故障；演练故障同时开始计时。",
        lambda d: service.request_start(d.session, d.now, d.actor, d.number),
        "已下令开始。",
        asks=False,
        primary=True,
    ),
    Deed(
        "abort",
        "drill.abort",
        (rules.ARMING, rules.ARMED, rules.RUNNING),
        "中止演练",
        "立即停止正在运行的剧本，并撤销已经注入的故障。",
        lambda d: service.request_abort(d.session, d.now, d.actor, d.number, d.text),
        "已下令中止。",
        danger=True,
    ),
    Deed(
        "note",
        "drill.note",
        rules.MOVES["note"].before,
        "记录观察",
        "写下所见：双方与审计可见，不能修改。",
        lambda d: service.note(d.session, d.now, d.actor, d.number, d.text),
        "已记录。",
    ),
    Deed(
        "retry",
        "drill.run",
        (rules.ROLLBACK_FAILED,),
        "重试回退",
        "再次运行剩余的回退剧本。",
        lambda d: service.retry_rollback(d.session, d.now, d.actor, d.number),
        "正在重试。",
        asks=False,
        primary=True,
    ),
    Deed(
        "sign",
        "drill.sign",
        (rules.EVALUATED,),
        "签字",
        "签字绑定此刻的全部记录；此后的任何改动都会被发现。",
        lambda d: evaluation.sign(d.platform, d.session, d.now, d.actor, d.number, d.text),
        "已签字。",
        primary=True,
    ),
    Deed(
        "return",
        "drill.evaluate",
        (rules.EVALUATED,),
        "退回评估",
        "重新评估，乙方须重新签字。",
        lambda d: evaluation.send_back(d.session, d.now, d.actor, d.number, d.text),
        "已退回。",
    ),
    Deed(
        "close",
        "drill.approve",
        (rules.SIGNED,),
        "归档",
        "整改事项全部核验之后归档。",
        lambda d: evaluation.close(d.session, d.now, d.actor, d.number),
        "已归档。",
        asks=False,
        primary=True,
    ),
    Deed(
        "withdraw",
        "drill.plan",
        rules.OPEN_STATES,
        "撤销方案",
        "不再举行；记录保留。",
        lambda d: service.withdraw(d.session, d.now, d.actor, d.number, d.text),
        "已撤销。",
    ),
)
BY_KEY = {deed.key: deed for deed in DEEDS}


def permitted(actor: Actor) -> list[Deed]:
    """Return what the actor might do in some state: their dialogs wait on the page until then."""
    return [deed for deed in DEEDS if actor.may(deed.permission)]


def possible(found: Detail, actor: Actor) -> list[Deed]:
    """Return what the actor can do now, in the order of the buttons."""
    return [deed for deed in DEEDS if found.drill.state in deed.states and _may(found, actor, deed)]


def _may(found: Detail, actor: Actor, deed: Deed) -> bool:
    own = actor.username == found.drill.author
    signed = "signed_b" in found.life.at
    fits = {
        "approve": not own,
        "reject": not own,
        "countersign": not own and "b" not in found.life.approvers and _production(found),
        "start": not found.life.start,
        "abort": not found.life.aborting,
        "sign": signed if actor.may("drill.approve") else not signed,
    }
    return actor.may(deed.permission) and fits.get(deed.key, True)


def _production(found: Detail) -> bool:
    entry = found.entry("submitted")
    return entry is not None and any(tier == "production" for _name, _address, tier in entry.data["hosts"])


MUST_WORDS = {
    rules.DRAFT: ("drill.plan", "请核对影响范围，提交甲方批准"),
    rules.PLANNED: ("drill.approve", "请核对主机、剧本和影响范围，批准或退回"),
    rules.REJECTED: ("drill.plan", "请按甲方意见修改方案"),
    rules.EXPIRED: ("drill.plan", "批准已过期，请修改时间后重新提交"),
    rules.APPROVED: ("drill.run", "请在时间窗口内布置演练"),
    rules.ARMED: ("drill.run", "一切就绪，请总指挥下令开始"),
    rules.ROLLBACK_FAILED: ("drill.run", "请按下列剩余步骤恢复原状，并登记"),
    rules.ROLLED_BACK: ("drill.evaluate", "请填写评估表"),
    rules.EVALUATED: ("drill.sign", "请签字：乙方先签，甲方后签"),
    rules.SIGNED: ("drill.approve", "整改事项全部核验后，请归档"),
}
"""What is expected of whom in each state."""


def must(found: Detail, actor: Actor) -> str | None:
    """Return what is expected of the actor now."""
    permission, words = MUST_WORDS.get(found.drill.state, ("", ""))
    return words if permission and actor.may(permission) else None
