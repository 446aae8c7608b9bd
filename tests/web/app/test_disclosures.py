"""Every download leaves a line in the register before its bytes leave; the register itself is attested."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from kernel.crypto import sm3_hex
from kernel.disclosure.models import Disclosure
from kernel.disclosure.service import check_register, disclose
from kernel.errors import Invalid
from tests.support.reviews import closed
from tests.support.web import Site

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def register(site: Site) -> list[Disclosure]:
    with site.world.platform.db.read() as session:
        return list(session.scalars(select(Disclosure).order_by(Disclosure.id)))


@pytest.mark.parametrize(
    ("path", "kind_of_file", "form"),
    [
        ("/incidents/{n}/evidence", "evidence", "json"),
        ("/incidents/{n}/review.pdf", "review", "pdf"),
        ("/disclosures.csv", "disclosures", "csv"),
        ("/api/v1/incidents/{n}/evidence", "evidence", "json"),
        ("/api/v1/reports/sla?format=xlsx", "report", "xlsx"),
        ("/api/v1/reports/sla?format=pdf", "report", "pdf"),
    ],
)
def test_a_download_is_entered_with_the_digest_of_its_bytes(
    site: Site, path: str, kind_of_file: str, form: str
) -> None:
    number = closed(site.world)
    answer = site.page("wang").get(path.format(n=number))
    assert answer.status_code == 200
    [entry] = register(site)
    assert (entry.actor, entry.kind, entry.form) == ("wang", kind_of_file, form)
    assert (entry.digest, entry.size) == (sm3_hex(answer.content), len(answer.content))
    with site.world.platform.db.read() as session:
        assert list(check_register(session)) == []


def test_each_download_is_a_line_of_its_own_and_a_refused_one_is_none(site: Site) -> None:
    number = site.world.report()
    for _ in range(2):
        site.page("wang").get(f"/incidents/{number}/evidence")
    assert site.page("sun").get(f"/incidents/{number}/evidence").status_code == 404
    assert len(register(site)) == 2


def test_what_cannot_be_entered_is_not_handed_out(site: Site) -> None:
    number = site.world.report()
    browser = site.page("wang")
    with site.world.platform.db.write() as session:
        session.execute(text("DROP TABLE disclosure"))
    answer = browser.get(f"/incidents/{number}/evidence")
    assert answer.status_code == 500
    assert "shoushi-evidence-1" not in answer.text


@pytest.mark.parametrize("big", ["handover", "incidents"])
@pytest.mark.parametrize("purpose", [None, "", "  "])
def test_the_big_ones_need_a_purpose(site: Site, big: str, purpose: str | None) -> None:
    world = site.world
    with world.platform.db.write("wang") as session, pytest.raises(Invalid):
        disclose(session, world.now, world.actor("wang"), big, "*", "0" * 64, 1, 1, purpose=purpose)


def test_an_altered_entry_is_named(site: Site) -> None:
    site.page("wang").get(f"/incidents/{site.world.report()}/evidence")
    with site.world.platform.db.write() as session:
        session.execute(text("DROP TRIGGER disclosure_no_update"))
        session.execute(text("UPDATE disclosure SET actor = 'nobody'"))
    with site.world.platform.db.read() as session:
        [problem] = check_register(session)
    assert problem.startswith("disclosure:1：")


def test_supervisor_and_auditor_read_the_register_and_nobody_else(site: Site) -> None:
    number = site.world.report()
    site.page("lin").get(f"/incidents/{number}/evidence")
    for who in ("wang", "auditor"):
        assert number in site.page(who).get("/disclosures?who=lin&kind=evidence").text
        assert number not in site.page(who).get("/disclosures?kind=report").text
    for who in ("lin", "sun", "sysadmin"):
        assert site.page(who).get("/disclosures").status_code == 403


def test_the_register_is_paged(site: Site) -> None:
    world = site.world
    with world.platform.db.write("wang") as session:
        for n in range(60):
            disclose(session, world.now, world.actor("wang"), "report", f"day-{n}-", "0" * 64, 1, 1)
    browser = site.page("auditor", "en")
    first = browser.get("/disclosures").text
    assert "day-59-" in first
    assert "day-9-" not in first
    assert "day-9-" in browser.get("/disclosures?cursor=11").text


def test_a_formula_in_the_register_is_only_text_in_the_csv(site: Site) -> None:
    world = site.world
    with world.platform.db.write("wang") as session:
        disclose(session, world.now, world.actor("wang"), "report", "=1+1", "0" * 64, 1, 1, purpose="@x")
    lines = site.page("wang").get("/disclosures.csv").text.splitlines()
    assert ",'=1+1," in lines[1]
    assert lines[1].endswith(",'@x")


@pytest.mark.parametrize("path", ["/incidents/{n}/evidence", "/incidents/{n}/review.pdf"])
def test_the_verification_page_knows_a_file_that_was_issued_here(site: Site, path: str) -> None:
    number = closed(site.world)
    content = site.page("wang").get(path.format(n=number)).content
    browser = site.page("lin")
    for uploaded, known in ((content, True), (content + b" ", False)):
        files = {"file": ("x", uploaded)}
        answer = browser.post("/verify", data={"csrf_token": browser.csrf}, files=files)
        assert ("数据提供登记第1号" in answer.text) is known
