"""Repairs on real incidents: who may ask and approve, what is refused, and what stands as evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from incidents.repairs import rules, running, service, targets
from incidents.repairs.models import RepairRun, RepairTarget
from kernel.audit.attest import all_problems
from kernel.errors import AppError, Conflict, Forbidden, Invalid
from kernel.outbox.models import Message
from playbooks import holds, inventory
from playbooks.models import MachineHold
from playbooks.runner.lock import file_lock
from sla import pinned
from tests.support.repairs import Workshop
from tests.support.world import World

TWO = "all: {hosts: {a: {shoushi_tier: lab}, b: {shoushi_tier: lab}}}"
OTHER = "all: {hosts: {other: {shoushi_tier: production}}}"
SQLITE = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


@pytest.fixture
def shop(world: World, tmp_path: Path) -> Workshop:
    return Workshop(world, tmp_path)


@pytest.fixture
def asked(shop: Workshop) -> str:
    return shop.ask(shop.world.report(), shop.target())


def held(world: World) -> list[str]:
    with world.platform.db.read() as session:
        return list(session.scalars(select(MachineHold.holder).order_by(MachineHold.machine)))


def told(world: World, key: str) -> list[str]:
    with world.platform.db.read() as session:
        wanted = select(Message.address).where(Message.key.like(f"%:{key}:inapp:%"))
        return sorted(session.scalars(wanted))


def refused(deed: Callable[[], object], kind: type[AppError], words: str) -> None:
    with pytest.raises(kind, match=words):
        deed()


# --- targets ---


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": " "}, "name", "1至80字"),
        ({"repair": "nothing"}, "repair", "free_disk"),
        ({"modules": ["nothing"]}, "modules", "没有模块"),
        ({"inventory": "all: [x"}, "inventory", "YAML"),
        ({"inventory": "all: {hosts: {a: {ansible_connection: local}}}"}, "inventory", "shoushi_tier"),
        (
            {"inventory": "all: {hosts: {a: {shoushi_tier: lab}, b: {shoushi_tier: lab}}}"},
            "inventory",
            "超出",
        ),
        ({"inventory": "all: {hosts: {a: {shoushi_tier: lab, ansible_password: x}}}"}, "inventory", "密码"),
        ({"values": "- a"}, "values", "名称与值"),
        ({"values": "a: ["}, "values", "YAML"),
        ({"values": "db_password: x"}, "values", "口令"),
        ({"values": "nothing: 1"}, "values", "disk_path"),
    ],
)
def test_a_target_that_is_wrong_is_refused_by_field(
    shop: Workshop, changes: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        shop.target(**changes)
    assert field in [each.field for each in caught.value.errors]


def test_a_target_is_changed_retired_and_brought_back(shop: Workshop) -> None:
    world, target = shop.world, shop.target()
    refused(shop.target, Invalid, "同名")
    he, contract = world.actor("he"), pinned.in_force(world.platform)
    with world.platform.db.write("he") as session:
        wanted = shop.wanted(name="oa-2 的旧日志", modules=["duty"])
        targets.change(session, world.now, he, contract, target.id, wanted)
    incident = world.report(modules=["documents"])
    refused(lambda: shop.ask(incident, target), Conflict, "不适用")
    with world.platform.db.write("he") as session:
        targets.retire(session, world.now, he, target.id, retired=True)
        refused(lambda: targets.retire(session, world.now, he, target.id, retired=True), Conflict, "过期")
    refused(lambda: shop.ask(world.report(modules=["duty"]), target), Conflict, "不适用")


# --- asking and deciding ---


def test_who_may_ask_and_who_may_approve(shop: Workshop, asked: str) -> None:
    refused(lambda: shop.target("lin", name="x"), Forbidden, "权限")
    refused(lambda: shop.ask(shop.world.report(), shop.target(name="y"), "wang"), Forbidden, "权限")
    refused(lambda: shop.do("approve", asked, "he", ""), Forbidden, "权限")
    refused(lambda: shop.do("withdraw", asked, "he"), Forbidden, "申请人")
    assert shop.do("approve", asked, "wang", "同意").state == rules.APPROVED
    refused(lambda: shop.do("approve", asked, "zhou", ""), Conflict, "已批准")


def test_nobody_approves_what_they_asked_for(shop: Workshop) -> None:
    number = shop.ask(shop.world.report(), shop.target(), "zhou")
    refused(lambda: shop.do("approve", number, "zhou", ""), Forbidden, "另一人")
    assert shop.do("approve", number, "wang", "").state == rules.APPROVED


def test_what_cannot_be_asked_for(shop: Workshop, asked: str) -> None:
    world, target = shop.world, shop.target(name="另一台")
    incident = world.report()
    refused(lambda: shop.ask(incident, target, reason=" "), Invalid, "请说明")
    refused(lambda: shop.ask(world.report(fault_class="hardware"), target), Conflict, "不适用")
    refused(lambda: shop.ask(world.report(drill=True), target), Conflict, "不适用")
    shop.ask(incident, target)
    refused(lambda: shop.ask(incident, target), Conflict, "未结束")
    shop.release("withdrawn")
    refused(lambda: shop.ask(incident, shop.target(name="第三台")), Conflict, "未经发布")
    refused(lambda: shop.do("approve", asked, "zhou", ""), Conflict, "未经发布")


def test_a_playbook_that_changed_after_it_was_asked_for_is_not_run(shop: Workshop, asked: str) -> None:
    with shop.world.platform.db.write("test") as session:
        session.execute(update(RepairRun).values(checksum="0" * 64))
    refused(lambda: shop.do("approve", asked, "zhou", ""), Conflict, "重新申请")


def test_a_machine_is_worked_on_by_one_drill_or_repair_at_a_time(shop: Workshop, asked: str) -> None:
    world = shop.world
    [host] = inventory.read(shop.wanted().inventory)
    with world.platform.db.write("test") as session:
        holds.take(session, [host], "YL2026-001")
    refused(lambda: shop.do("approve", asked, "zhou", ""), Conflict, "YL2026-001")
    with world.platform.db.write("test") as session:
        holds.free(session, "YL2026-001")
    shop.do("approve", asked, "zhou", "")
    assert held(world) == [asked]


def test_a_refusal_says_why_and_a_withdrawal_ends_it(shop: Workshop) -> None:
    world, target = shop.world, shop.target()
    incident = world.report()
    number = shop.ask(incident, target)
    refused(lambda: shop.do("refuse", number, "zhou", " "), Invalid, "理由")
    assert shop.do("refuse", number, "zhou", "先换盘").decision_text == "先换盘"
    second = shop.ask(incident, target)
    assert shop.do("withdraw", second, "lin").state == rules.WITHDRAWN
    refused(lambda: shop.do("withdraw", second, "lin"), Conflict, "已撤回")
    states = [note["state"] for note in shop.notes(incident)]
    assert states == ["asked", "refused", "asked", "withdrawn"]
    assert told(world, "asked") == ["wang", "wang", "zhou", "zhou"]
    assert told(world, "decided") == ["lin"]


def test_an_approval_that_nobody_used_lapses_after_ten_minutes(shop: Workshop, asked: str) -> None:
    shop.do("approve", asked, "zhou", "")
    shop.world.clock.advance(timedelta(minutes=11))
    assert shop.look() == 0
    assert shop.run(asked).state == rules.EXPIRED
    assert held(shop.world) == []


# --- running ---


@SQLITE
def test_an_approved_repair_runs_once_and_its_result_is_evidence_but_no_restoration(shop: Workshop) -> None:
    world = shop.world
    incident = world.report()
    number = shop.ask(incident, shop.target())
    assert shop.old() == 5
    assert running.execute(world.platform, number)
    assert shop.run(number).state == rules.ASKED, "nothing runs before somebody approves"
    shop.do("approve", number, "zhou", "同意")
    assert running.execute(world.platform, number)
    run = shop.run(number)
    assert (run.state, shop.old(), held(world)) == (rules.SUCCEEDED, 0, [])
    assert run.result["measured"]["files_removed"] == 5
    assert {task["host"] for task in run.result["tasks"]} == {"demo-oa"}
    last = shop.notes(incident)[-1]
    assert (last["state"], last["digest"]) == (rules.SUCCEEDED, service.digest_of(run))
    assert "restored" not in world.kinds(incident)
    assert told(world, "ended") == ["lin", "zhou"]
    running.execute(world.platform, number)
    assert len(shop.notes(incident)) == 3, "a second start does nothing"
    assert list(all_problems(world.platform)) == []


@SQLITE
def test_a_run_whose_process_died_is_lost_and_never_begun_again(shop: Workshop, asked: str) -> None:
    world = shop.world
    shop.do("approve", asked, "zhou", "")
    with world.platform.db.write("repair") as session:
        assert service.begin(session, world.now, asked, "elsewhere:1")
        assert not service.begin(session, world.now, asked, "elsewhere:2")
    shop.look()
    assert shop.run(asked).state == rules.RUNNING, "another machine still gives signs of life"
    world.clock.advance(rules.OUTLIVED + timedelta(seconds=1))
    shop.look()
    assert shop.run(asked).state == rules.LOST
    assert (shop.old(), held(world)) == (5, [])
    assert running.execute(world.platform, asked)
    assert shop.run(asked).state == rules.LOST


@SQLITE
def test_whoever_finds_the_lock_free_on_this_machine_knows_at_once(shop: Workshop, asked: str) -> None:
    from playbooks.runner.lock import holder

    world = shop.world
    shop.do("approve", asked, "zhou", "")
    with world.platform.db.write("repair") as session:
        service.begin(session, world.now, asked, holder())
    folder = running.folder_of(world.platform, asked).parent
    with file_lock(folder, asked) as ours:
        assert ours
        shop.look()
        assert shop.run(asked).state == rules.RUNNING
        assert not running.execute(world.platform, asked), "one process at a time"
    shop.look()
    assert shop.run(asked).state == rules.LOST


@SQLITE
def test_a_repair_is_stopped_where_it_is(shop: Workshop, asked: str) -> None:
    world = shop.world
    refused(lambda: shop.do("stop", asked, "lin"), Conflict, "待批准")
    shop.do("approve", asked, "zhou", "")
    with world.platform.db.write("repair") as session:
        service.begin(session, world.now, asked, "here:1")
        assert not service.alive(session, world.now, asked, [{"task": "List", "host": "a"}])
    shop.do("stop", asked, "wang")
    with world.platform.db.write("repair") as session:
        assert service.alive(session, world.now, asked, [])
        service.end(world.platform, session, world.now, asked, "cancelled", {"message": ""})
    run = shop.run(asked)
    assert (run.state, run.stopped_by) == (rules.STOPPED, "王科长")
    assert run.result["tasks"] == [{"task": "List", "host": "a"}]
    refused(lambda: shop.do("stop", asked, "wang"), Conflict, "已停止")


def test_a_result_that_was_touched_afterwards_is_found_out(shop: Workshop, asked: str) -> None:
    world = shop.world
    shop.do("approve", asked, "zhou", "")
    with world.platform.db.write("repair") as session:
        service.begin(session, world.now, asked, "here:1")
        service.end(world.platform, session, world.now, asked, "failed", {"message": "no space"})
    assert list(all_problems(world.platform)) == []
    with world.platform.db.write("test") as session:
        session.execute(update(RepairRun).values(state=rules.SUCCEEDED))
    [problem] = all_problems(world.platform)
    assert asked in problem


def test_what_was_asked_keeps_its_hosts_when_the_target_changes(shop: Workshop, asked: str) -> None:
    world = shop.world
    with world.platform.db.write("test") as session:
        session.execute(update(RepairTarget).values(inventory=OTHER))
    with world.platform.db.read() as session:
        assert [host.name for host in service.hosts_of(service.find(session, asked))] == ["demo-oa"]


@SQLITE
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ("disk_path: /nowhere/at/all\ndisk_clean_dirs: [/nowhere/at/all]", "List what may be removed"),
        ("disk_clean_dirs: []", ""),
    ],
)
def test_a_repair_that_fails_says_what_failed(shop: Workshop, values: str, words: str) -> None:
    world = shop.world
    incident = world.report()
    number = shop.ask(incident, shop.target(values=values))
    shop.do("approve", number, "zhou", "")
    running.execute(world.platform, number)
    run = shop.run(number)
    assert (run.state, held(world)) == (rules.FAILED, [])
    assert words in run.result["message"]
    assert shop.notes(incident)[-1]["state"] == rules.FAILED


@SQLITE
def test_a_playbook_that_touched_no_host_has_repaired_nothing(
    shop: Workshop, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "run", lambda *_: running.Outcome("ok", 0.1))
    shop.do("approve", asked, "zhou", "")
    running.execute(shop.world.platform, asked)
    assert shop.run(asked).state == rules.FAILED
    assert "没有在任何主机" in shop.run(asked).result["message"]


@SQLITE
def test_a_password_that_a_playbook_says_aloud_is_kept_nowhere(shop: Workshop, tmp_path: Path) -> None:
    world, secret = shop.world, "kanarienvogel-4711"
    (tmp_path / "secrets.yml").write_text(f"service_password: {secret}\n")
    known = {"drill_secrets": tmp_path / "secrets.yml"}
    world.platform.settings = world.platform.settings.model_copy(update=known)
    aloud = "'/nowhere/{{ service_password }}'"
    incident = world.report()
    number = shop.ask(incident, shop.target(values=f"disk_path: {aloud}\ndisk_clean_dirs: [{aloud}]"))
    shop.do("approve", number, "zhou", "")
    running.execute(world.platform, number)
    said = f"{shop.run(number).result} {world.events(incident)}"
    assert "•••" in said, "the playbook did say it"
    assert secret not in said
    kept = [path for path in running.folder_of(world.platform, number).rglob("*") if path.is_file()]
    assert [path for path in kept if secret in path.read_text(errors="replace")] == []
