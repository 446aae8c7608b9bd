"""Inventories: static YAML only, every host with the tier it belongs to, nothing that could run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from kernel.errors import Invalid
from kernel.web.i18n import gettext as _
from playbooks.schema import TIERS

TIER = "shoushi_tier"
LONGEST = 64 * 1024
DEEPEST = 10
GROUP_KEYS = {"hosts", "children", "vars"}
SECRET_WORDS = ("password", "passwd", "secret", "token", "become_pass", "private_key_content")


@dataclass(frozen=True, slots=True)
class Host:
    """A host as a plan names it."""

    name: str
    address: str
    tier: str
    """Empty when nobody has said: such a host is never touched."""
    local: bool

    @property
    def key(self) -> str:
        """What a lock is taken on: the machine, however an inventory calls it."""
        return f"local/{self.name}" if self.local else self.address


def read(text: str) -> list[Host]:
    """Return the hosts, sorted by name; 422 says what is wrong with the text."""
    if len(text) > LONGEST:
        raise Invalid.field("inventory", "主机清单过长。")
    try:
        said: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Invalid.field("inventory", _("主机清单不是正确的 YAML：%(why)s", why=str(error))) from None
    if not isinstance(said, dict) or not said:
        raise Invalid.field("inventory", "主机清单应为 YAML：all → hosts → 主机名。")
    merged: dict[str, dict[str, Any]] = {}
    for name, values in _hosts(said, {}, 0):
        merged.setdefault(name, {}).update(values)
    if not merged:
        raise Invalid.field("inventory", "主机清单中没有主机。")
    return [_host(name, merged[name]) for name in sorted(merged)]


def _host(name: str, values: Mapping[str, Any]) -> Host:
    tier = str(values.get(TIER) or "")
    if tier and tier not in TIERS:
        words = _("主机%(name)s的%(key)s应为：%(known)s", name=name, key=TIER, known=", ".join(TIERS))
        raise Invalid.field("inventory", words)
    if secret := next((k for k in values if any(word in str(k) for word in SECRET_WORDS)), None):
        words = _("主机清单不能含有密码或口令（%(key)s）：请放入密码文件。", key=secret)
        raise Invalid.field("inventory", words)
    local = values.get("ansible_connection") == "local"
    return Host(name, str(values.get("ansible_host") or name), tier, local)


def _hosts(
    groups: Mapping[str, Any], above: Mapping[str, Any], depth: int
) -> Iterator[tuple[str, dict[str, Any]]]:
    if depth > DEEPEST:
        raise Invalid.field("inventory", "主机清单的分组层次过深。")
    for name, said in groups.items():
        group = said or {}
        if not isinstance(group, dict) or not set(group) <= GROUP_KEYS:
            raise Invalid.field("inventory", _("分组%(name)s只能有 hosts、children、vars。", name=name))
        values = {**above, **_mapping(group, "vars")}
        for host, own in _mapping(group, "hosts").items():
            if not isinstance(own or {}, dict) or any(mark in str(host) for mark in "[],{}* "):
                raise Invalid.field(
                    "inventory", _("主机“%(name)s”的写法不对：逐台写出，不用通配。", name=host)
                )
            yield str(host), {**values, **(own or {})}
        yield from _hosts(_mapping(group, "children"), values, depth + 1)


def _mapping(group: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = group.get(key) or {}
    if not isinstance(found, dict):
        raise Invalid.field("inventory", _("%(key)s 应为名称与值的对应。", key=key))
    return found
