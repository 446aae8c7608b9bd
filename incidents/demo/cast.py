"""Who takes part in the demonstration: one person for every role, in the units of the contract."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from kernel.identity import service
from kernel.identity.actor import Actor
from kernel.identity.actors import actor_of
from kernel.identity.models import Unit
from kernel.platform import Platform

PASSWORD = "Yanshi-2026!"  # noqa: S105 - printed on purpose; the database is stamped as a demonstration


class Member(NamedTuple):
    """A person of the cast."""

    username: str
    name: str
    unit: str
    post: str
    role: str


UNITS = (
    ("platform", "平台管理", None),
    ("telecom", "电信淮北分公司项目部", None),
    ("cityoffice", "市政府办公室", None),
    ("suixi", "濉溪县政府办公室", "suixi"),
    ("xiangshan", "相山区政府办公室", "xiangshan"),
)
MEMBERS = (
    Member("engineer", "林工", "telecom", "驻场工程师", "engineer"),
    Member("ops", "何运维", "telecom", "运维工程师", "ops"),
    Member("manager", "周经理", "telecom", "项目经理", "provider_manager"),
    Member("supervisor", "王科长", "cityoffice", "信息化监督员", "supervisor"),
    Member("suixi", "孙主任", "suixi", "濉溪县监督员", "payer_supervisor"),
    Member("xiangshan", "赵主任", "xiangshan", "相山区监督员", "payer_supervisor"),
    Member("staff", "钱科员", "cityoffice", "科员", "staff"),
    Member("clerk", "吴文书", "cityoffice", "文书", "clerk"),
    Member("leader", "郑秘书长", "cityoffice", "秘书长", "leader"),
    Member("sysadmin", "系统管理员", "platform", "系统管理员", "sysadmin"),
    Member("secadmin", "安全管理员", "platform", "安全管理员", "secadmin"),
    Member("auditor", "审计管理员", "platform", "审计管理员", "auditor"),
)


def hire(platform: Platform, before: timedelta) -> None:
    """Create the units, posts and people, in post since `before` ago: whoever is not yet is told nothing."""
    from kernel.identity.passwords import check_rules, hash_password

    for member in MEMBERS:
        check_rules(PASSWORD, member.username)
    hashed = hash_password(PASSWORD)  # one hash for all: eleven more would take a second and prove nothing
    now = platform.clock.now() - before
    with platform.db.write("demo") as session:
        units: dict[str, Unit] = {}
        for key, name, scope in UNITS:
            units[key] = service.add_unit(session, now, key, name, scope=scope)
        for member in MEMBERS:
            post = service.add_post(session, now, units[member.unit], member.post, [member.role])
            email = f"{member.username}@demo.invalid"
            person = service.add_person(session, now, member.username, member.name, email=email)
            person.password_hash = hashed
            person.password_changed_at = now
            service.grant(session, now, platform.catalogue, person, post)


def actors(platform: Platform) -> dict[str, Actor]:
    """Return the cast as actors, by user name."""
    now = platform.clock.now()
    with platform.db.read() as session:
        return {m.username: actor_of(session, now, platform.catalogue, m.username) for m in MEMBERS}


def logins() -> list[str]:
    """Return one login per role, for the console."""
    lines = [f"演示账户（密码均为 {PASSWORD} ）："]
    return lines + [f"  {m.username:<11}{m.name}　{m.post}" for m in MEMBERS]
