"""What a scenario's file says, checked: the fault it makes, how it is answered, and how it is undone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kernel.web.i18n import gettext as _
from playbooks.durations import Duration

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FileName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}\.yml$")]
TIERS = ("lab", "staging", "production")
HUMAN, AUTO = "human", "auto"


class Part(BaseModel):
    """A part of a scenario; what is not named here is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Part):
    """A text in both languages."""

    zh: str = Field(min_length=1, max_length=2000)
    en: str = Field(min_length=1, max_length=2000)

    def in_(self, language: str) -> str:
        """Return the text in a language; Chinese when it is neither."""
        return self.en if language == "en" else self.zh


class Radius(Part):
    """What may suffer."""

    hosts: int = Field(ge=0, le=1000)
    services: tuple[str, ...] = ()
    text: Words


class Needs(Part):
    """What the machine that runs the scenario's own lab must have."""

    commands: tuple[str, ...] = ()
    root: bool = False
    namespaces: bool = False
    text: Words | None = None


class Lab(Part):
    """Playbooks that build and remove the scenario's own little data centre on one machine."""

    up: FileName
    down: FileName


class Probe(BaseModel):
    """What the platform asks again and again while a drill runs; the rest depends on the kind."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: Literal["http", "tcp", "smtp", "tls_days", "sql", "sql_write", "file_free"]
    every: Duration = 0.5
    timeout: Duration = 1.0
    need: int = Field(default=3, ge=1, le=100)
    """So many good answers in a row count as well."""

    @property
    def asked(self) -> dict[str, Any]:
        """The fields that belong to the kind."""
        return dict(self.model_extra or {})


class Injection(Part):
    """A fault that a playbook makes, and the playbook that undoes it."""

    id: Name
    playbook: FileName
    timeout: Duration = 60.0
    undo: FileName
    deadman: Duration = 120.0
    """Without a sign of life for so long, the target undoes the fault by itself."""


class Step(Part):
    """Something the plan expects: people do it, or a playbook."""

    id: Name
    kind: Literal["human", "auto"]
    by: Literal[
        "responder", "director", "safety", "duty", "supervisor", "evaluator", "leader", "controller"
    ] = "responder"
    playbook: FileName | None = None
    limit: Duration
    repeat: Duration | None = None
    text: Words | None = None
    event: Literal["responded", "progress", "major_declared"] | None = None
    """What is recorded of the drill's incident when people have done it."""

    @model_validator(mode="after")
    def _fits(self) -> Step:
        if (self.kind == AUTO) != (self.playbook is not None):
            raise ValueError("自动步骤必须指定剧本，人工步骤不能指定。")
        return self


class Undo(Part):
    """One step of the way back."""

    playbook: FileName
    when: Literal["always", "previous_failed"] = "always"
    timeout: Duration = 120.0


class Guard(Part):
    """Something that must not fail meanwhile."""

    probe: Name
    failing_for: Duration


class Success(Part):
    """What counts as having passed."""

    rto: Duration | None = None
    rpo_rows: int | None = Field(default=None, ge=0)
    must: tuple[Name, ...] = ()


class Scenario(Part):
    """An entry of the catalogue: a fault that can be rehearsed."""

    id: Name
    title: Words
    summary: Words
    form: Literal["live", "tabletop"]
    fault_class: str
    clause: Name
    modules: tuple[str, ...] = ()
    blast_radius: Radius
    tier: Literal["lab", "staging", "production"] = "lab"
    needs: Needs = Needs()
    undo: Words
    vars: dict[str, Any] = Field(default_factory=dict)
    lab: Lab | None = None
    probes: dict[Name, Probe] = Field(default_factory=dict)
    steady_state: tuple[Name, ...] = ()
    injections: tuple[Injection, ...] = ()
    response: tuple[Step, ...] = ()
    verify: FileName | None = None
    rollback: tuple[Undo, ...] = ()
    abort_if: tuple[Guard, ...] = ()
    success: Success = Success()
    targets: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Scenario:
        for place, names in (
            ("steady_state", self.steady_state),
            ("success.must", self.success.must),
            ("abort_if", tuple(guard.probe for guard in self.abort_if)),
        ):
            if unknown := [name for name in names if name not in self.probes]:
                words = _("%(place)s：没有名为 %(name)s 的探测。", place=place, name=unknown[0])
                raise ValueError(words)
        if self.form == "live" and not (self.injections and self.rollback and self.steady_state):
            raise ValueError("实战演练必须有注入、回退和稳态探测。")
        if self.form == "tabletop" and (self.injections or any(s.kind == AUTO for s in self.response)):
            raise ValueError("桌面推演不能有注入和自动步骤。")
        ids = [*(each.id for each in self.injections), *(each.id for each in self.response)]
        if len(ids) != len(set(ids)):
            raise ValueError("步骤的名称不能重复。")
        return self

    @property
    def live(self) -> bool:
        """Whether it really breaks something."""
        return self.form == "live"

    def playbooks(self) -> list[str]:
        """Return every playbook it names, each once."""
        named: list[str] = []
        if self.lab:
            named += [self.lab.up, self.lab.down]
        for injection in self.injections:
            named += [injection.playbook, injection.undo]
        named += [step.playbook for step in self.response if step.playbook]
        named += [undo.playbook for undo in self.rollback]
        named += [self.verify] if self.verify else []
        return list(dict.fromkeys(named))


class Repair(Part):
    """A playbook that may be offered on a real incident."""

    id: Name
    title: Words
    summary: Words
    fault_class: tuple[str, ...]
    blast_radius: Radius
    needs: Needs = Needs()
    vars: dict[str, Any] = Field(default_factory=dict)
    timeout: Duration = 300.0
