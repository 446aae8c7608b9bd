"""The log of a drill read in English: on its page, in the API, in the report and at the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pypdfium2
import pytest
import yaml
from click.testing import CliRunner

from drills import cli, log, rules, views
from drills.models import DrillEntry
from incidents.log import rows_of
from kernel.identity.models import Person
from kernel.web.i18n import DEFAULT, use_language
from kernel.web.worded import worded
from playbooks.runner import Outcome
from tests.support.drill_fakes import Machine, machine, write_fake_scenario
from tests.support.drills import Rig
from tests.support.web import Site

WRITTEN_BY_PEOPLE = ("同意", "已答复。", "影响了旁边的业务", "联络稍慢", "属实")
"""Comments, the answer of a human step, the reason of an abort, a note, a signature."""
GIVEN_BY_AUTHORS = ("小服务停止演练",)
"""The name of the plan."""
BROKEN = Outcome("failed", 0.1, message="unit not found")


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    yield
    use_language(DEFAULT)


@pytest.fixture
def box(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Machine:
    write_fake_scenario(rig.content)
    return machine(rig, monkeypatch)


def foreign(text: str, rig: Rig) -> list[str]:
    """Return the words that are still Chinese, once what people wrote, their names and titles are gone."""
    with rig.world.platform.db.read() as session:
        names = {e.actor_name for e in session.query(DrillEntry) if e.actor not in log.OURS}
    for known in sorted((*WRITTEN_BY_PEOPLE, *GIVEN_BY_AUTHORS, *names), key=len, reverse=True):
        text = text.replace(known, "")
    return re.findall(r"[\u3400-\u9fff：，。、；“”]+", text)


class Record(HTMLParser):
    """The words of the page's record."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        _before, _id, record = page.partition('id="record"')
        self.feed(record.partition("</section>")[0])

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def passed(rig: Rig, box: Machine) -> str:
    number = box.number = rig.started()
    assert rig.conduct(number).outcome == rules.COMPLETED
    rig.do("note", "wang", number, "联络稍慢")
    return number


def aborted(rig: Rig, box: Machine) -> str:
    number = box.number = rig.started()

    def at(moment: str) -> None:
        if moment == "in inject_a":
            rig.do("request_abort", "wang", number, "影响了旁边的业务")

    box.at = at
    assert rig.conduct(number).outcome == rules.ABORTED
    return number


def failed(rig: Rig, box: Machine) -> str:
    box.answer = {"respond": BROKEN}
    number = box.number = rig.started()
    assert rig.conduct(number).outcome == rules.FAILED
    return number


def stuck(rig: Rig, box: Machine) -> str:
    box.answer = {"undo_a": BROKEN}
    number = box.number = rig.started()
    assert rig.conduct(number).state == rules.ROLLBACK_FAILED
    return number


def refused(rig: Rig, box: Machine) -> str:
    number = box.number = rig.started()
    box.at = lambda moment: rig.do("request_abort", "wang", number, "影响了旁边的业务") and None
    assert rig.conduct(number).state == rules.APPROVED
    return number


STORIES = (passed, aborted, failed, stuck, refused)
SAYS = {
    passed: "Every criterion was met",
    aborted: "The order to abort was received",
    failed: "Step restart failed: unit not found",
    stuck: "Rollback step undo:a failed",
    refused: "The order to abort was received",
}


@pytest.mark.parametrize("story", STORIES)
def test_a_whole_drill_reads_without_a_chinese_word_of_ours(
    rig: Rig, box: Machine, site: Site, story: object
) -> None:
    number = story(rig, box)  # type: ignore[operator]
    reader = site.page("wang", lang="en")
    record = " ".join(Record(reader.get(f"/drills/{number}").text).words)
    assert SAYS[story] in record  # type: ignore[index]
    assert "Drill conductor" in record
    assert foreign(record, rig) == []
    answer = reader.get(f"/api/v1/drills/{number}", headers={"accept-language": "en"}).json()
    assert SAYS[story] in [entry["text"] for entry in answer["entries"]]  # type: ignore[index]
    said = "\n".join(f"{e['text'] or ''} {e['actor_name']}" for e in answer["entries"])
    assert foreign(said, rig) == []
    use_language("en")
    lines = [cli._line(rig.world.platform, entry) for entry in rig.entries(number)]
    use_language("zh")
    assert foreign("\n".join(lines), rig) == []


def printed(site: Site, number: str, language: str) -> str:
    """Return the words of the report without spaces: typst puts some between Chinese and figures."""
    answer = site.page("wang").get(f"/drills/{number}/report.pdf", headers={"accept-language": language})
    with pypdfium2.PdfDocument(answer.content) as document:
        said = "".join(page.get_textpage().get_text_range() for page in document)
    return "".join(said.split())


def test_the_report_is_printed_in_english_too(rig: Rig, box: Machine, site: Site) -> None:
    number = aborted(rig, box)
    said = printed(site, number, "en")
    assert "Theordertoabortwasreceived" in said
    assert "收到中止命令" not in said
    assert "收到中止命令" in printed(site, number, "zh")


@pytest.mark.parametrize(
    ("story", "chinese", "english"),
    [
        (passed, "演练完成，已恢复原状，待评估", "Completed and rolled back, to be evaluated"),
        (failed, "未达标，已恢复原状，待评估", "Failed and rolled back, to be evaluated"),
        (aborted, "已中止，已恢复原状，待评估", "Aborted and rolled back, to be evaluated"),
    ],
)
def test_the_state_says_how_it_came_to_be_rolled_back(
    rig: Rig, box: Machine, site: Site, story: Any, chinese: str, english: str
) -> None:
    number = story(rig, box)
    for language, words in (("zh", chinese), ("en", english)):
        reader = site.page("wang", lang=language)
        for url in ("/drills", "/drills/year", f"/drills/{number}"):
            assert words in reader.get(url).text, (language, url)
        assert words.replace(" ", "") in printed(site, number, language)


def test_in_chinese_nothing_has_changed(rig: Rig, box: Machine, site: Site) -> None:
    number = stuck(rig, box)
    reader = site.page("wang")
    page = " ".join(Record(reader.get(f"/drills/{number}").text).words)
    for words in ("回退步骤 undo:a 失败", "各项指标均已达到", "演练控制器", "注入故障：a"):
        assert words in page
    entries = reader.get(f"/api/v1/drills/{number}").json()["entries"]
    with rig.world.platform.db.read() as session:
        rows = session.query(DrillEntry).order_by(DrillEntry.seq).all()
        assert [e["text"] for e in entries] == [row.text for row in rows]
    assert any(line.endswith("注入故障 a") for line in (cli._line(rig.world.platform, r) for r in rows))


def test_the_drill_s_incident_reads_in_both_languages(rig: Rig, box: Machine, site: Site) -> None:
    number = passed(rig, box)
    incident = rig.drill(number).incident
    assert incident is not None
    with rig.world.platform.db.read() as session:
        texts = [row.text for row in rows_of(session, rig.world.incident(incident).id)]
    assert "探测确认服务恢复。" in texts
    page = site.page("wang", lang="en").get(f"/incidents/{incident}").text
    assert "The probes see the service restored." in page
    assert "Drill conductor" in page
    assert "探测确认服务恢复。" in site.page("wang", lang="zh").get(f"/incidents/{incident}").text


def test_a_real_incident_of_a_drill_that_stays_broken_says_why_in_both_languages(
    rig: Rig, box: Machine, site: Site
) -> None:
    hosts = {"all": {"hosts": {"box": {"ansible_connection": "local", "shoushi_tier": "staging"}}}}
    (rig.content / "scenarios" / "tiny" / "inventory.local.yml").write_text(yaml.safe_dump(hosts))
    incident = rig.drill(stuck(rig, box)).real_incident
    told = {
        language: site.page("wang", lang=language).get(f"/incidents/{incident}").text
        for language in ("zh", "en")
    }
    assert "回退步骤 undo:a 失败" in told["zh"]
    assert "Rollback step undo:a failed" in told["en"]
    assert "回退步骤" not in told["en"]


def speaks(rig: Rig, who: str, language: str) -> None:
    """Let somebody choose the language the platform speaks to them."""
    with rig.world.platform.db.write(who) as session:
        session.query(Person).filter_by(username=who).one().language = language


def test_the_command_line_speaks_the_language_of_its_user(
    rig: Rig, box: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.cli.context.open_platform", lambda: rig.world.platform)
    number = box.number = rig.started()

    def follow(*arguments: str) -> str:
        run = CliRunner().invoke(cli.drill, [*arguments, "--user", "he"])
        use_language("zh")
        assert run.exit_code == 0, run.output
        return run.output

    assert "布置中" in follow("list")
    speaks(rig, "he", "en")
    assert "Arming" in follow("list")
    assert "the order to abort is given" in follow("abort", number, "--text", "影响了旁边的业务")


def test_an_interrupt_at_the_command_line_is_a_reason_in_both_languages(rig: Rig, box: Machine) -> None:
    number = rig.started()
    platform, he = rig.world.platform, rig.world.actor("he")
    cli._abort(platform, he, number, worded("命令行中断"))
    [entry] = [each for each in rig.entries(number) if each.kind == "abort_requested"]
    assert entry.text == "命令行中断"
    use_language("en")
    assert log.text(entry) == "Interrupted at the command line"
    use_language("zh")


def test_the_chain_bears_out_entries_with_words_and_without(rig: Rig, box: Machine, site: Site) -> None:
    number = passed(rig, box)
    entries = rig.entries(number)
    assert {"words" in entry.data for entry in entries} == {True, False}
    with rig.world.platform.db.read() as session:
        assert list(log.check_entries(session)) == []
    for language in ("zh", "en"):
        file = site.page("wang").get(f"/drills/{number}/evidence.json", headers={"accept-language": language})
        assert views.check(file.json()) == [], language


def test_words_that_were_changed_break_the_chain(rig: Rig, box: Machine, site: Site) -> None:
    number = passed(rig, box)
    with rig.world.platform.db.read() as session:
        row = next(r for r in session.query(DrillEntry) if r.kind == "completed")
        seq, row.data = row.seq, row.data | {"words": {"key": "收到中止命令", "values": {}}}
        problems = list(log.check_entries(session))
        session.rollback()
    assert any(f"drill:{number}#{seq}" in problem for problem in problems)
    file = site.page("wang").get(f"/drills/{number}/evidence.json").json()
    entry = next(each for each in file["entries"] if each["kind"] == "completed")
    entry["data"]["words"]["key"] = "收到中止命令"
    assert views.check(file) == [f"演练记录第{entry['seq']}条与其后的散列不符：内容被改动、增加或缺失"]
