"""What keeps a drill from beginning, each with its reason."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from drills import rules
from kernel.errors import AppError, Conflict, Forbidden, Invalid
from tests.support.drills import ROLES, Rig, later, write_scenario

PRODUCTION = {"all": {"hosts": {"box": {"ansible_host": "10.9.8.7", "shoushi_tier": "production"}}}}


def refused(rig: Rig, number: str) -> str:
    """Ask for the drill to be armed; returns why it was refused."""
    with pytest.raises(Conflict) as error:
        rig.do("request_arming", "he", number)
    assert rig.drill(number).state == rules.APPROVED
    return error.value.detail


def test_a_released_and_approved_drill_may_begin(rig: Rig) -> None:
    number = rig.approved()
    rig.release()
    assert rig.do("request_arming", "he", number).state == rules.ARMING


def test_content_that_nobody_released_is_refused(rig: Rig) -> None:
    assert "未经发布" in refused(rig, rig.approved())


def test_a_playbook_that_changed_after_approval_is_refused(rig: Rig) -> None:
    rig.release()
    number = rig.approved()
    (rig.content / "scenarios" / "tiny" / "respond.yml").write_text(
        "- name: Else\n  hosts: all\n  tasks: []\n"
    )
    words = refused(rig, number)
    assert "须重新批准" in words
    assert "未经发布" in words


def test_an_inventory_that_changed_after_approval_is_refused(rig: Rig) -> None:
    rig.release()
    number = rig.approved()
    other = {"all": {"hosts": {"box": {"ansible_connection": "local", "shoushi_tier": "staging"}}}}
    (rig.content / "scenarios" / "tiny" / "inventory.local.yml").write_text(yaml.safe_dump(other))
    assert "须重新批准" in refused(rig, number)


def test_a_second_drill_on_the_same_machine_is_refused_and_names_the_first(rig: Rig) -> None:
    rig.release()
    first, second = rig.approved(), rig.approved()
    rig.do("request_arming", "he", first)
    assert first in refused(rig, second)


def test_an_expired_approval_is_refused_and_then_marked(rig: Rig) -> None:
    rig.release()
    number = rig.approved(window={"begins": later(rig.world, hours=0), "ends": later(rig.world, hours=1)})
    rig.world.clock.advance(rig.world.clock.now() - rig.world.clock.now())
    rig.world.run_for(hours=2)
    assert rig.drill(number).state == rules.EXPIRED
    with pytest.raises(Conflict, match="批准已过期"):
        rig.do("request_arming", "he", number)


def test_before_its_window_a_drill_waits(rig: Rig) -> None:
    rig.release()
    number = rig.approved(window={"begins": later(rig.world, hours=3), "ends": later(rig.world, hours=5)})
    assert "时间窗口" in refused(rig, number)


def test_production_needs_a_second_person_of_party_b_who_is_not_the_author(rig: Rig) -> None:
    rig.release()
    hosts = yaml.safe_dump(PRODUCTION)
    number = rig.approved(inventory=hosts)
    assert "须由乙方负责人会签" in refused(rig, number)
    rig.do("countersign", "zhou", number, "已确认业务低谷，可以演练")
    assert rig.do("request_arming", "he", number).state == rules.ARMING
    own = rig.draft(who="zhou", inventory=hosts)
    rig.do("submit", "zhou", own)
    rig.do("decide", "wang", own, approved=True, text="同意")
    with pytest.raises(Forbidden, match="起草人"):
        rig.do("countersign", "zhou", own, "自己会签")


def test_during_a_real_major_fault_nothing_is_rehearsed(rig: Rig) -> None:
    rig.release()
    number = rig.approved()
    fault = rig.world.report(fault_class="system_major")
    assert fault in refused(rig, number)
    rig.world.happen(fault, "restored", text="已恢复")
    rig.do("request_arming", "he", number)


@pytest.mark.parametrize(
    ("inventory", "words"),
    [
        ({"all": {"hosts": {"box": {"ansible_host": "10.0.0.1"}}}}, "没有注明环境"),
        ({"all": {"hosts": {"other": {"shoushi_tier": "lab"}}}}, "没有目标"),
        ({"all": {"hosts": {n: {"shoushi_tier": "lab"} for n in ("box", "b", "c")}}}, "超出场景允许"),
    ],
)
def test_hosts_beyond_the_scenario_are_refused_before_anybody_approves(
    rig: Rig, inventory: dict[str, Any], words: str
) -> None:
    number = rig.draft(inventory=yaml.safe_dump(inventory))
    with pytest.raises(Invalid, match=words):
        rig.do("submit", "he", number)


def test_what_the_machine_lacks_is_said_before_anybody_approves(rig: Rig) -> None:
    write_scenario(rig.content, needs={"commands": ["no-such-program"]})
    number = rig.draft()
    with pytest.raises(Invalid, match="no-such-program"):
        rig.do("submit", "he", number)


def test_the_author_never_approves(rig: Rig) -> None:
    number = rig.draft()
    rig.do("submit", "he", number)
    with pytest.raises(Forbidden):
        rig.do("decide", "he", number, approved=True, text="同意")
    with pytest.raises(Invalid):
        rig.do("decide", "wang", number, approved=True, text="  ")


def test_a_changed_plan_must_be_approved_anew(rig: Rig) -> None:
    number = rig.approved()
    rig.do("revise", "he", number, rig.plan(title="另一个名称"))
    assert rig.drill(number).state == rules.DRAFT
    with pytest.raises(Conflict):
        rig.do("request_arming", "he", number)


def test_limits_can_only_be_tightened(rig: Rig) -> None:
    for limits in ({"rto": "2m"}, {"steps": {"restart": "2m"}}, {"steps": {"nobody": "1s"}}, {"rpo_rows": 5}):
        with pytest.raises(Invalid):
            rig.draft(limits=limits)
    assert rig.draft(limits={"rto": "30s", "steps": {"restart": "20s"}})


def test_roles_belong_to_the_right_party(rig: Rig) -> None:
    for change in (
        {"supervisor": "he"},
        {"director": "wang"},
        {"responders": ["qian"]},
        {"safety": "nobody"},
    ):
        with pytest.raises(Invalid):
            rig.draft(roles=ROLES | change)


def test_a_tampered_entry_is_named_by_the_check_of_records(rig: Rig) -> None:
    from drills.log import check_entries
    from drills.models import DrillEntry

    number = rig.approved()
    with rig.world.platform.db.read() as session:
        assert list(check_entries(session)) == []
        rows = session.query(DrillEntry).all()
        rows[1].text = "改过的内容"
        problems = list(check_entries(session))
        session.rollback()
    assert any(f"drill:{number}#2" in problem for problem in problems)


def test_refusals_are_errors_with_words(rig: Rig) -> None:
    for name, arguments in (
        ("request_start", ()),
        ("request_abort", ("理由",)),
        ("note", ("看到",)),
        ("retry_rollback", ()),
    ):
        with pytest.raises(AppError, match="演练现在"):
            rig.do(name, "he", rig.draft(), *arguments)
