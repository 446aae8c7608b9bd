"""The life of a drill, as a fold of its entries: what may happen when, and what is left to undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

DRAFT, PLANNED, APPROVED, REJECTED = "draft", "planned", "approved", "rejected"
EXPIRED, WITHDRAWN = "expired", "withdrawn"
ARMING, ARMED, RUNNING = "arming", "armed", "running"
COMPLETED, FAILED, ABORTED, INTERRUPTED = "completed", "failed", "aborted", "interrupted"
ROLLED_BACK, ROLLBACK_FAILED = "rolled_back", "rollback_failed"
EVALUATED, SIGNED, ITEMS_CLOSED = "evaluated", "signed", "items_closed"

STATE_LABELS = {
    DRAFT: "草稿",
    PLANNED: "待甲方批准",
    APPROVED: "已批准",
    REJECTED: "未获批准",
    EXPIRED: "批准已过期",
    WITHDRAWN: "已撤销",
    ARMING: "布置中",
    ARMED: "已就绪",
    RUNNING: "演练中",
    COMPLETED: "已完成，待回退",
    FAILED: "未达标，待回退",
    ABORTED: "已中止，待回退",
    INTERRUPTED: "意外中断，待回退",
    ROLLED_BACK: "已恢复原状，待评估",
    ROLLBACK_FAILED: "回退失败，须人工处理",
    EVALUATED: "待双方签字",
    SIGNED: "已签字，整改中",
    ITEMS_CLOSED: "已归档",
}
ENDINGS = (COMPLETED, FAILED, ABORTED, INTERRUPTED)
OUTCOME_LABELS = {COMPLETED: "达标", FAILED: "未达标", ABORTED: "中止", INTERRUPTED: "意外中断"}
BACK_LABELS = {
    COMPLETED: "演练完成，已恢复原状，待评估",
    FAILED: "未达标，已恢复原状，待评估",
    ABORTED: "已中止，已恢复原状，待评估",
    INTERRUPTED: "意外中断，已恢复原状，待评估",
}
"""What the state of a drill that is back as it was is called, by how it ended."""
OPEN_STATES = (DRAFT, PLANNED, APPROVED, REJECTED, EXPIRED)
"""Before anything has happened."""
ACTIVE = (ARMING, ARMED, RUNNING, *ENDINGS, ROLLBACK_FAILED)
"""While it holds its targets."""
UNDER_WAY = (ARMING, ARMED, RUNNING, *ENDINGS)
"""While somebody has to conduct it."""
HELD = (ROLLED_BACK, EVALUATED, SIGNED, ITEMS_CLOSED)
"""Over, whatever its outcome."""


def state_label(state: str, outcome: str) -> str:
    """Return what a drill's state is called: once all is as it was, together with how the drill ended."""
    found = BACK_LABELS.get(outcome) if state == ROLLED_BACK else None
    return found or STATE_LABELS[state]


class Move(NamedTuple):
    """From which states an entry of a kind may come, and which state it leads to (None: none other)."""

    before: tuple[str, ...]
    after: str | None
    label: str


_BUSY = (RUNNING, *ENDINGS, ROLLBACK_FAILED)
MOVES: dict[str, Move] = {
    "drafted": Move(("",), DRAFT, "起草方案"),
    "revised": Move((DRAFT, REJECTED, EXPIRED, APPROVED, PLANNED), DRAFT, "修改方案"),
    "submitted": Move((DRAFT,), PLANNED, "提交甲方批准"),
    "approved": Move((PLANNED,), APPROVED, "甲方批准"),
    "countersigned": Move((APPROVED,), None, "乙方负责人会签（生产环境）"),
    "rejected": Move((PLANNED,), REJECTED, "甲方退回"),
    "withdrawn": Move(OPEN_STATES, WITHDRAWN, "撤销"),
    "expired": Move((APPROVED,), EXPIRED, "批准过期"),
    "arming": Move((APPROVED,), ARMING, "开始布置"),
    "refused": Move((ARMING, ARMED), APPROVED, "未能就绪"),
    "armed": Move((ARMING,), ARMED, "布置就绪，稳态正常"),
    "start_requested": Move((ARMING, ARMED), None, "下令开始"),
    "started": Move((ARMED,), RUNNING, "演练开始"),
    "probe": Move((ARMING, ARMED, *_BUSY), None, "探测变化"),
    "task": Move((ARMING, ARMED, *_BUSY), None, "剧本任务"),
    "injection_started": Move((RUNNING,), None, "注入故障"),
    "injection_done": Move((RUNNING,), None, "注入完成"),
    "injection_failed": Move((RUNNING,), None, "注入失败"),
    "step_started": Move((RUNNING,), None, "步骤开始"),
    "step_done": Move((RUNNING,), None, "步骤完成"),
    "step_failed": Move((RUNNING,), None, "步骤失败"),
    "step_late": Move((RUNNING,), None, "步骤超时"),
    "human_done": Move((RUNNING,), None, "人工步骤完成"),
    "note": Move((ARMING, ARMED, *_BUSY, ROLLED_BACK), None, "观察记录"),
    "guard": Move((RUNNING,), None, "守护探测触发"),
    "abort_requested": Move((ARMING, ARMED, RUNNING), None, "下令中止"),
    "measured": Move((RUNNING,), None, "测量结果"),
    "completed": Move((RUNNING,), COMPLETED, "演练达标"),
    "failed": Move((RUNNING,), FAILED, "演练未达标"),
    "aborted": Move((RUNNING,), ABORTED, "演练中止"),
    "interrupted": Move((ARMING, ARMED, RUNNING), INTERRUPTED, "意外中断"),
    "undo_started": Move((*ENDINGS, ROLLBACK_FAILED), None, "开始回退"),
    "undo_done": Move((*ENDINGS, ROLLBACK_FAILED), None, "回退完成"),
    "undo_failed": Move((*ENDINGS, ROLLBACK_FAILED), None, "回退失败"),
    "undo_skipped": Move((*ENDINGS, ROLLBACK_FAILED), None, "无须回退"),
    "retry_requested": Move((ROLLBACK_FAILED,), None, "下令重试回退"),
    "undone_by_hand": Move((ROLLBACK_FAILED,), None, "人工完成回退"),
    "rolled_back": Move((*ENDINGS, ROLLBACK_FAILED), ROLLED_BACK, "已恢复原状"),
    "rollback_failed": Move((*ENDINGS, ROLLBACK_FAILED), ROLLBACK_FAILED, "未能恢复原状，须人工处理"),
    "lab_removed": Move((*OPEN_STATES, WITHDRAWN, *HELD), None, "本机环境已拆除"),
    "archived": Move((ROLLED_BACK, ROLLBACK_FAILED), None, "证据归档"),
    "evaluated": Move((ROLLED_BACK,), EVALUATED, "提交评估"),
    "signed_b": Move((EVALUATED,), None, "乙方签字"),
    "signed_a": Move((EVALUATED,), SIGNED, "甲方签字"),
    "returned": Move((EVALUATED,), ROLLED_BACK, "甲方退回评估"),
    "item_added": Move((ROLLED_BACK, EVALUATED, SIGNED), None, "列入整改事项"),
    "item_done": Move((ROLLED_BACK, EVALUATED, SIGNED), None, "整改事项完成"),
    "item_verified": Move((ROLLED_BACK, EVALUATED, SIGNED), None, "整改事项经核验"),
    "item_reopened": Move((ROLLED_BACK, EVALUATED, SIGNED), None, "整改事项退回重做"),
    "item_dropped": Move((ROLLED_BACK, EVALUATED, SIGNED), None, "整改事项撤销"),
    "items_closed": Move((SIGNED,), ITEMS_CLOSED, "整改完成，归档"),
}


class Impossible(Exception):
    """This cannot happen in the drill's present state."""

    def __init__(self, kind: str, state: str) -> None:
        super().__init__(f"{kind} in {state}")
        self.kind, self.state = kind, state


@dataclass(slots=True)
class Life:
    """Where a drill stands; `apply` takes the next entry."""

    state: str = ""
    outcome: str = ""
    injected: list[str] = field(default_factory=list)
    """Injections that were started, in order; started is what counts, done or not."""
    undone: list[str] = field(default_factory=list)
    undoing: str | None = None
    """A way back that was begun and of which no end is known."""
    steps: dict[str, str] = field(default_factory=dict)
    """Response steps: started, late, done or failed."""
    at: dict[str, datetime] = field(default_factory=dict)
    """When an entry of each kind came last."""
    approvers: dict[str, str] = field(default_factory=dict)
    frozen: str = ""
    expires_at: datetime | None = None
    aborting: bool = False
    start: bool = False

    def apply(self, kind: str, data: Mapping[str, Any], at: datetime, actor: str = "") -> None:
        """Take an entry; raises Impossible when it doesn't belong here."""
        move = MOVES[kind]
        if self.state not in move.before:
            raise Impossible(kind, self.state)
        if move.after is not None:
            self.state = move.after
        self.at[kind] = at
        self._remember(kind, data, actor)

    def _remember(self, kind: str, data: Mapping[str, Any], actor: str) -> None:
        if kind in ENDINGS:
            self.outcome = kind
        elif kind in ("revised", "submitted", "rejected", "expired"):
            self.approvers, self.frozen, self.expires_at = {}, "", None
        elif kind == "approved":
            self.approvers["a"] = actor
            self.frozen = str(data.get("frozen", ""))
            self.expires_at = datetime.fromisoformat(data["expires_at"])
        elif kind == "countersigned":
            self.approvers["b"] = actor
        elif kind in ("refused", "arming"):
            self.aborting = self.start = False
        elif kind == "abort_requested":
            self.aborting = True
        elif kind == "start_requested":
            self.start = True
        else:
            self._remember_deed(kind, data)

    def _remember_deed(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "evaluated":
            self.at.pop("signed_b", None)  # what was signed before was another evaluation
        if kind == "injection_started":
            self.injected.append(data["id"])
        elif kind == "undo_started":
            self.undoing = data["id"]
        elif kind in ("undo_done", "undo_skipped", "undone_by_hand"):
            self.undone.append(data["id"])
            self.undoing = None
        elif kind == "undo_failed":
            self.undoing = None
        elif kind in ("step_started", "step_late", "step_done", "step_failed", "human_done"):
            word = {"human_done": "done"}.get(kind, kind.removeprefix("step_"))
            if self.steps.get(data["id"]) != "done":
                self.steps[data["id"]] = word

    @property
    def touched(self) -> bool:
        """Whether a fault was made, or at least begun: then the way back must be gone."""
        return bool(self.injected)

    def may(self, kind: str) -> bool:
        """Whether an entry of this kind could come now."""
        return self.state in MOVES[kind].before


class Told(NamedTuple):
    """An entry as the fold needs it."""

    kind: str
    data: Mapping[str, Any]
    at: datetime
    actor: str


def fold(entries: Iterable[Told]) -> Life:
    """Return where the entries lead."""
    life = Life()
    for entry in entries:
        life.apply(entry.kind, entry.data, entry.at, entry.actor)
    return life


class UndoStep(NamedTuple):
    """One playbook of the way back."""

    id: str
    playbook: str
    seconds: float
    only_after_failure: bool


def way_back(
    rollback: Sequence[Any], injections: Sequence[Any], injected: Sequence[str], undone: Sequence[str]
) -> list[UndoStep]:
    """Return what is still to be run to undo what was started: nothing when nothing was.

    The undoing of each started injection in reverse order, and then the plan's own way back; a playbook that
    both name runs once.
    """
    if not injected:
        return []
    by_id = {injection.id: injection for injection in injections}
    steps: list[UndoStep] = []
    named = {undo.playbook for undo in rollback}
    for key in dict.fromkeys(reversed(injected)):
        injection = by_id[key]
        if injection.undo not in named:
            steps.append(
                UndoStep(f"undo:{key}", injection.undo, injection.timeout * 2, only_after_failure=False)
            )
    for number, undo in enumerate(rollback, start=1):
        fallback = undo.when == "previous_failed"
        steps.append(UndoStep(f"rollback:{number}", undo.playbook, undo.timeout, fallback))
    return [step for step in steps if step.id not in undone]
