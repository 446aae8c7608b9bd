"""One's addresses and wishes by page; receipts by API."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from kernel.audit import AuditEntry
from kernel.identity import service as identity
from kernel.identity.setup import add_member
from kernel.outbox.jobs import deliver
from kernel.outbox.models import Message
from tests.support.web import Site

ROBOT = "https://oapi.dingtalk.com/robot/send?access_token=geheim"


def fields(**changed: object) -> dict[str, object]:
    return {"phone": "13800000000", "dingtalk": ROBOT, "page": ["sms"], "notice": ["email"]} | changed


def test_what_is_saved_is_shown_again_and_the_audit_chain_learns_no_secret(site: Site) -> None:
    lin = site.page("lin")
    assert "只有一种站外渠道" in lin.get("/account/contacts").text
    assert lin.submit("/account/contacts", **fields()).status_code == 303
    page = lin.get("/account/contacts").text
    assert "13800000000" in page
    assert ROBOT in page
    assert '<input type="checkbox" name="page" value="sms" id="f-page" checked>' in page
    with site.world.platform.db.read() as session:
        wanted = select(AuditEntry).where(AuditEntry.action == "contact.changed")
        [entry] = session.scalars(wanted).all()
    assert "geheim" not in str(entry.detail)


@pytest.mark.parametrize(
    ("field", "typed"), [("phone", "lots"), ("wecom", "ftp://x"), ("webhook", "http://u@x")]
)
def test_a_wrong_address_is_named_and_nothing_typed_is_lost(site: Site, field: str, typed: str) -> None:
    answer = site.page("lin").submit("/account/contacts", **fields(**{field: typed}))
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert typed in answer.text
    assert ROBOT in answer.text


def test_a_test_message_goes_by_every_way(site: Site) -> None:
    lin = site.page("lin")
    assert lin.submit("/account/contacts/test").status_code == 303
    with site.world.platform.db.read() as session:
        found = session.scalars(select(Message).where(Message.ref.startswith("test:"))).all()
    assert sorted(m.channel for m in found) == ["email", "inapp"]


def test_a_robots_address_is_masked_in_the_outbox(site: Site) -> None:
    lin = site.page("lin")
    lin.submit("/account/contacts", **fields())
    lin.submit("/account/contacts/test")
    page = site.page("he").get("/outbox").text
    assert "https://oapi.dingtalk.com/…" in page
    assert "geheim" not in page
    assert "未配置的渠道" in page


def test_only_the_gateway_reports_receipts(site: Site) -> None:
    lin = site.page("lin")
    lin.submit("/account/contacts/test")
    deliver(site.world.platform)
    with site.world.platform.db.write() as session:
        sent = session.scalars(select(Message).where(Message.channel == "email")).one()
    add_member(site.world.platform, "smsgw", "短信网关", None, unit_key="provider", roles=["gateway"])
    with site.world.platform.db.write() as session:
        token = identity.create_token(session, site.world.now, "smsgw", "sms", expires=None)
    body = {"id": sent.message_id, "status": "delivered"}
    assert site.api("he").post("/api/v1/receipts", json=body).status_code == 403
    machine = site.api(None)
    machine.headers["authorization"] = f"Bearer {token}"
    assert machine.post("/api/v1/receipts", json=body).json() == {"noted": True}
    assert machine.post("/api/v1/receipts", json=body).json() == {"noted": False}
    assert machine.post("/api/v1/receipts", json=body | {"id": "<x>"}).status_code == 404
