"""What a package tells the composition root about itself.

References to code are dotted names ("incidents.pages:router"), resolved when first needed, so that reading
the manifests costs nothing at the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Role:
    """A bundle of permissions that a post may carry."""

    key: str
    label: str
    exclusive: str | None = None
    """Roles that share this word are never held by one person (三员分立)."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A right, and the roles that have it."""

    key: str
    label: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place in the navigation; `phone` puts it into the phone's bottom bar (at most five).

    `top` puts it at the top of every page too, and hands it what the page is about (`about` in its template).
    """

    label: str
    href: str
    icon: str
    permission: str
    group: str = ""
    phone: bool = False
    top: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """Work the worker repeats: `run` names a function `(worker) -> int` that returns how much it did."""

    name: str
    every: float
    run: str


@dataclass(frozen=True, slots=True)
class Form:
    """A kind of file that anybody can check: its name in the file, its label, and the check itself.

    `check` names a function `(file as a mapping) -> list of sentences` that needs nothing but the file.
    """

    key: str
    label: str
    check: str
    files: str | None = None
    """A function `(file as a mapping, folder)` that checks the files which such a file lists beside it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One package's contribution to the product."""

    name: str
    roles: tuple[Role, ...] = ()
    permissions: tuple[Permission, ...] = ()
    nav: tuple[NavItem, ...] = ()
    routers: tuple[str, ...] = ()
    jobs: tuple[Job, ...] = ()
    deadlines: tuple[tuple[str, str], ...] = ()
    """(subject, handler): who acts when a deadline of such a subject is due."""
    subscribers: tuple[tuple[str, str], ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    models: tuple[str, ...] = ()
    on_start: str | None = None
    """A function `(platform)` that every process calls before it serves."""
    on_init: str | None = None
    """A function `(platform)` that `shoushi init` calls on a new database, once the administrators exist."""
    demo: str | None = None
    """A function `(platform, fresh, scripted)` that fills a demonstration or rehearsal."""
    templates: bool = False
    checks: tuple[str, ...] = ()
    """Functions `(session)` that yield a sentence for each record that its audit entry does not bear out."""
    forms: tuple[Form, ...] = ()
    handover: tuple[str, ...] = ()
    """Functions `(session, snapshot)` that yield what a handover holds beyond the tables."""
    gauges: tuple[str, ...] = ()
    """Functions `(platform)` that refresh gauges when somebody scrapes /metrics."""
    journeys: tuple[tuple[str, str, str], ...] = ()
    """(key, label, steps): journeys through the package's pages for probes; see kernel/journeys.py."""
    observed: str | None = None
    """A function `(session, start, end, now, zone)` that returns how long what was seen up and down."""
    rehearsed: str | None = None
    """A function `(session, start, end)` that returns the drills that ended in a range."""


def resolve(dotted: str) -> Any:
    """Import "package.module:name"."""
    module, _, name = dotted.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All manifests together, with the look-ups made from them."""

    manifests: tuple[Manifest, ...]
    roles: dict[str, Role] = field(init=False)
    permissions: dict[str, Permission] = field(init=False)
    forms: dict[str, Form] = field(init=False)
    rights_of: dict[str, frozenset[str]] = field(init=False)
    """Role → every permission it has."""
    _rights: dict[tuple[tuple[str, str | None], ...], dict[str, frozenset[str | None]]] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", {r.key: r for m in self.manifests for r in m.roles})
        object.__setattr__(self, "permissions", {p.key: p for m in self.manifests for p in m.permissions})
        object.__setattr__(self, "forms", {f.key: f for m in self.manifests for f in m.forms})
        unknown = {r for p in self.permissions.values() for r in p.roles} - set(self.roles)
        rights = {r: frozenset(p.key for p in self.permissions.values() if r in p.roles) for r in self.roles}
        object.__setattr__(self, "rights_of", rights)
        if unknown:
            raise ValueError(f"permissions name unknown roles: {sorted(unknown)}")

    def rights_by(self, held: tuple[tuple[str, str | None], ...]) -> dict[str, frozenset[str | None]]:
        """Return each permission with the scopes it holds in, by the (role, scope) held; read it only."""
        found = self._rights.get(held)
        if found is None:
            rights: dict[str, set[str | None]] = {}
            for role, scope in held:
                for permission in self.rights_of.get(role, ()):
                    rights.setdefault(permission, set()).add(scope)
            found = self._rights[held] = {key: frozenset(scopes) for key, scopes in rights.items()}
        return found

    def clash(self, roles: Iterable[str]) -> tuple[str, str] | None:
        """Return two roles that one person must not hold together, if there are any."""
        seen: dict[str, str] = {}
        for key in sorted(set(roles)):
            word = self.roles[key].exclusive
            if word and word in seen:
                return seen[word], key
            if word:
                seen[word] = key
        return None
