"""The list of alerts, alerts on the incident's page, the telephone form, the button on every page."""

from __future__ import annotations

import re

import pytest

from incidents.intake import queries
from tests.support.alerts import alert, receive, resolved
from tests.support.web import Site, statements

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
CALL = {
    "title": "濉溪打不开公文",
    "caller": "刘主任",
    "number": "0561-6021234",
    "payers": "suixi",
    "modules": "documents",
    "fault_class": "system_general",
    "text": "",
}


def test_the_list_shows_each_alert_with_its_incident_and_rule(site: Site) -> None:
    (number,) = receive(site.world, alert("PostgresqlDown"))
    receive(site.world, alert("Watchdog"))
    page = site.page("lin").get("/alerts").text
    assert f"/incidents/{number}" in page
    for words in ("PostgresqlDown", "数据库", "告警中", "仅登记"):
        assert words in page
    assert "database" in site.page("lin", lang="en").get("/alerts").text


def test_filters_and_pages_of_the_list(site: Site) -> None:
    receive(site.world, *(alert(f"Alert{n:03}") for n in range(queries.PAGE + 5)))
    receive(site.world, resolved("Alert000"))
    lin = site.page("lin")
    first = lin.get("/alerts").text
    assert "Alert054" in first
    assert "Alert004" not in first
    following = re.search(r'href="(/alerts\?cursor=\d+)"', first)
    assert following
    assert "Alert004" in lin.get(following[1]).text
    over = lin.get("/alerts?status=resolved").text
    assert "Alert000" in over
    assert "Alert001" not in over
    assert "Alert007" in lin.get("/alerts?q=Alert007").text
    assert lin.get("/alerts?status=odd").status_code == 422
    assert lin.get("/alerts?cursor=x").status_code == 422
    assert "没有符合条件的告警" in lin.get("/alerts?source=nobody").text


def test_a_county_sees_the_alerts_of_its_own_incidents_only(site: Site) -> None:
    receive(site.world, alert("CityOnly"), alert("Suixi", module="hotline", payer="suixi"), alert("Watchdog"))
    page = site.page("sun").get("/alerts").text
    assert "Suixi" in page
    assert "CityOnly" not in page
    assert "Watchdog" not in page


def test_the_list_costs_the_same_whatever_its_length(site: Site) -> None:
    lin = site.page("lin")
    receive(site.world, alert("One"))
    with statements(site.world) as few:
        lin.get("/alerts")
    receive(site.world, *(alert(f"Alert{n}") for n in range(40)))
    with statements(site.world) as many:
        lin.get("/alerts")
    assert len(few) == len(many)


def test_the_incident_shows_its_alerts_with_the_rule_and_a_request_to_confirm(site: Site) -> None:
    (number,) = receive(site.world, alert("PostgresqlDown"))
    receive(site.world, resolved("PostgresqlDown"))
    page = site.page("lin").get(f"/incidents/{number}").text
    for words in ("监测告警", "归类规则：数据库", "已恢复", "请工程师核实后登记恢复"):
        assert words in page
    english = site.page("lin", lang="en").get(f"/incidents/{number}").text
    assert "Rule of the class: database" in english
    assert "an engineer checks and records the restoration" in english


def test_a_call_is_a_report_of_the_caller(site: Site) -> None:
    lin = site.page("lin")
    assert lin.get("/incidents/phone").status_code == 200
    answer = lin.submit("/incidents/phone", **CALL)
    number = answer.headers["location"].rpartition("/")[2]
    incident = site.world.incident(number)
    assert incident.reporter == "刘主任 0561-6021234"
    assert (incident.payers, incident.modules) == (["suixi"], ["documents"])
    assert site.world.kinds(number) == ["reported"]


def test_a_caller_who_knows_no_module_is_reported_all_the_same(site: Site) -> None:
    answer = site.page("lin").submit("/incidents/phone", **CALL | {"payers": "", "modules": ""})
    assert answer.status_code == 303


@pytest.mark.parametrize(("field", "typed"), [("caller", ""), ("number", " "), ("title", "")])
def test_what_is_missing_of_a_call_is_said_and_nothing_typed_is_lost(
    site: Site, field: str, typed: str
) -> None:
    answer = site.page("lin").submit("/incidents/phone", **CALL | {field: typed, "text": "正在开会"})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert "正在开会" in answer.text


def test_only_who_handles_incidents_takes_calls(site: Site) -> None:
    assert site.page("wang").get("/incidents/phone").status_code == 403
    assert site.page("lin").post("/incidents/phone", data=CALL).status_code == 403


def test_every_page_offers_to_report_and_hands_on_what_it_is_about(site: Site) -> None:
    number = site.world.report(modules=["documents", "todo"], payers=["suixi"])
    lin = site.page("lin")
    href = "/incidents/new?modules=documents&amp;modules=todo&amp;payers=suixi"
    assert href in lin.get(f"/incidents/{number}").text
    assert 'href="/incidents/new"' in lin.get("/alerts").text
    assert "modules=hotline" in lin.get("/incidents?module=hotline").text
    filled = lin.get(href.replace("&amp;", "&")).text
    for name, key in (("modules", "documents"), ("modules", "todo"), ("payers", "suixi")):
        assert re.search(rf'name="{name}" value="{key}"[^>]* checked', filled)
    assert 'href="/incidents/new"' in site.page("qian").get("/account").text
