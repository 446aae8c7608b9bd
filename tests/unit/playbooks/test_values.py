"""Durations, inventories, redaction, variables: what comes from people and what must not get out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.conductor.values import filled
from kernel.errors import Invalid
from playbooks import inventory
from playbooks.durations import seconds, written
from playbooks.runner.redaction import HIDDEN, Redaction

INVENTORY = """
all:
  children:
    db:
      vars: {shoushi_tier: staging}
      hosts:
        pg1: {ansible_host: 10.0.0.1}
        pg2: {ansible_host: 10.0.0.2, shoushi_tier: production}
    web:
      hosts:
        box: {ansible_connection: local}
"""


@pytest.mark.parametrize(
    ("text", "value"), [("500ms", 0.5), ("30s", 30), ("15m", 900), ("4h", 14400), (7, 7), ("2.5", 2.5)]
)
def test_durations_are_read_as_people_write_them(text: object, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "soon", "-1s", "0", "8d", "15 minutes", True, None, "1e9", "900h"])
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="时长"):
        seconds(text)


@given(st.integers(1, 600_000))
def test_a_written_duration_reads_as_itself(value: int) -> None:
    assert seconds(written(float(value))) == value


def test_hosts_take_their_tier_from_the_nearest_place_that_names_one() -> None:
    found = {host.name: (host.address, host.tier, host.key) for host in inventory.read(INVENTORY)}
    assert found == {
        "box": ("box", "", "local/box"),
        "pg1": ("10.0.0.1", "staging", "10.0.0.1"),
        "pg2": ("10.0.0.2", "production", "10.0.0.2"),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "主机清单应为"),
        ("[", "YAML"),
        ("all: {hosts: {}}", "没有主机"),
        ("all: {hosts: {'db[1:9]': {}}}", "逐台写出"),
        ("all: {hosts: {a: {shoushi_tier: prod}}}", "shoushi_tier"),
        ("all: {hosts: {a: {ansible_ssh_password: x}}}", "不能含有密码"),
        ("all: {hosts: {a: {}}, plugin: x}", "只能有"),
        ("all: {hosts: [a]}", "名称与值"),
        ("a" * 70_000, "过长"),
    ],
)
def test_an_inventory_that_could_run_something_or_tell_a_secret_is_refused(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        inventory.read(text)


def test_secrets_vanish_from_texts_keys_and_nested_values() -> None:
    hide = Redaction(["hunter22", "line one\nline two", "abc"])
    assert hide.text("x hunter22 y") == f"x {HIDDEN} y"
    assert hide.value({"hunter22": ["say hunter22", {"deep": "line two!"}], "n": 3}) == {
        HIDDEN: [f"say {HIDDEN}", {"deep": f"{HIDDEN}!"}], "n": 3,
    }  # fmt: skip
    assert hide.text("abcdef") == "abcdef"


def test_variables_may_mention_each_other_and_nothing_else() -> None:
    known = {"base": 2000, "port": "{{ base | int + 1 }}", "dsn": "port={{ port }}"}
    assert filled({"a": ["{{ dsn }}", 5]}, known) == {"a": ["port=2001", 5]}
    with pytest.raises(Invalid, match="无法填写"):
        filled("{{ nobody }}", known)
    with pytest.raises(Invalid, match="无法填写"):
        filled("{{ ''.__class__.__mro__ }}", known)
