"""Party A asks for its data by page; the worker makes it; for a day it can be fetched."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select

from kernel.crypto import sm3_hex
from kernel.disclosure.models import Disclosure
from kernel.handover.requests import KEEP, path_of, work
from tests.support.web import Site

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)


def asked(site: Site, purpose: str = "移交档案室") -> None:
    assert site.page("wang").submit("/handover", purpose=purpose).status_code == 303


def test_from_asking_to_fetching(site: Site) -> None:
    site.world.report()
    asked(site)
    browser = site.page("wang")
    assert "等待开始" in browser.get("/handover").text
    assert browser.get("/handover/1.zip").status_code == 404
    assert work(site.world.platform) == 1
    assert "可以下载" in browser.get("/handover/live").text
    answer = browser.get("/handover/1.zip")
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    with site.world.platform.db.read() as session:
        entries = session.scalars(select(Disclosure).order_by(Disclosure.id)).all()
    assert [(e.actor, e.digest) for e in entries] == [("wang", sm3_hex(answer.content))] * 2


def test_it_is_gone_after_a_day(site: Site) -> None:
    asked(site)
    work(site.world.platform)
    path = path_of(site.world.platform, 1)
    assert path.is_file()
    site.world.clock.advance(KEEP + timedelta(seconds=1))
    assert site.page("wang").get("/handover/1.zip").status_code == 404
    assert work(site.world.platform) == 1
    assert not path.exists()
    assert "下载已过期" in site.page("wang").get("/handover").text


def test_no_purpose_and_a_second_one_at_a_time_are_refused_as_typed(site: Site) -> None:
    assert site.page("wang").submit("/handover", purpose=" ").status_code == 422
    asked(site)
    answer = site.page("wang").submit("/handover", purpose="再来一份")
    assert answer.status_code == 409
    assert "再来一份" in answer.text


def test_a_failure_is_said_and_can_be_repeated(site: Site) -> None:
    asked(site)
    place = path_of(site.world.platform, 1)
    place.parent.parent.mkdir(parents=True, exist_ok=True)
    place.parent.write_text("in the way")
    assert work(site.world.platform) == 1
    assert "FileExistsError" in site.page("wang").get("/handover").text
    place.parent.unlink()
    asked(site)
    assert work(site.world.platform) == 1
    assert "可以下载" in site.page("wang").get("/handover").text


def test_nobody_but_party_a_asks_or_fetches(site: Site) -> None:
    asked(site)
    work(site.world.platform)
    for who in ("lin", "sun", "sysadmin", "auditor"):
        assert site.page(who).get("/handover").status_code == 403
        assert site.page(who).get("/handover/1.zip").status_code == 403
