"""The shipped contract against the agreement's terms, and every way a contract file can be wrong."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sla.contract_file import ContractError, contract_names, load_contract, parse_contract
from tests.unit.sla.story import HUAIBEI

TEXT = HUAIBEI.text


def test_limits_are_those_of_the_agreement() -> None:
    hours = {key: each.limit // timedelta(hours=1) for key, each in HUAIBEI.fault_classes.items()}
    assert hours == {"system_general": 4, "system_major": 8, "line_general": 6, "hardware": 20}
    assert HUAIBEI.response_limit == timedelta(minutes=30)
    assert {each.article for each in HUAIBEI.fault_classes.values()} == {"第十五条"}


def test_fees_are_those_of_the_agreement() -> None:
    fees = {key: str(payer.annual_fee) for key, payer in HUAIBEI.payers.items()}
    districts = dict.fromkeys(("xiangshan", "duji", "lieshan"), "300000.00")
    assert fees == {"city": "900000.00", "suixi": "500000.00", **districts}
    assert HUAIBEI.annual_fee == Decimal("2300000.00")
    assert [(each.due, each.invoice_by) for each in HUAIBEI.instalments] == [
        (date(2025, 3, 31), date(2025, 3, 21)),
        (date(2025, 9, 30), date(2025, 9, 20)),
    ]


def test_there_are_seven_upgraded_and_eleven_new_modules() -> None:
    kinds = [module.kind for module in HUAIBEI.modules.values()]
    assert (kinds.count("upgraded"), kinds.count("new")) == (7, 11)
    assert HUAIBEI.major.modules == 9


def test_every_clause_is_used_and_shows_its_numbers() -> None:
    assert len(HUAIBEI.clauses) == 24
    assert all(clause.used_by and "{" not in clause.value for clause in HUAIBEI.clauses.values())
    assert "2300000.00" in HUAIBEI.clauses["fee"].value
    assert HUAIBEI.clauses["response"].value == "30 分钟"


def test_all_sixteen_readings_are_there_and_each_option_belongs_to_one() -> None:
    assert [reading.number for reading in HUAIBEI.readings.values()] == list(range(1, 17))
    named = {option for reading in HUAIBEI.readings.values() for option in reading.options}
    assert named == {"start", "penalty.per", "penalty.base", "broadcast.penalised", "deduct_from"}
    assert {name: HUAIBEI.options.value(name) for name in named} == {
        "start": "known",
        "penalty.per": "incident",
        "penalty.base": "annual_fee",
        "broadcast.penalised": False,
        "deduct_from": "city",
    }
    assert [reading.key for reading in HUAIBEI.readings_of("backup")] == ["backup_duty"]


def test_the_version_is_that_of_the_meaning_not_of_the_spelling() -> None:
    respelt = TEXT.replace("\n[options]", "\n# 注释\n[options]").replace(
        "limit_minutes = 30", "limit_minutes  =  30"
    )
    assert respelt != TEXT
    assert parse_contract(respelt, "a.toml").digest == HUAIBEI.digest
    assert parse_contract(TEXT.replace("\n", "\r\n"), "a.toml").digest == HUAIBEI.digest
    changed = parse_contract(TEXT.replace("limit_minutes = 30", "limit_minutes = 31"), "a.toml")
    assert changed.digest != HUAIBEI.digest


def test_a_contract_is_loaded_once_by_name_or_by_path(tmp_path: Path) -> None:
    assert "huaibei-2025" in contract_names()
    assert load_contract("huaibei-2025") is HUAIBEI
    path = tmp_path / "other.toml"
    path.write_text(TEXT, encoding="utf-8-sig")
    assert load_contract(str(path)).digest == HUAIBEI.digest


WRONG = [
    ('key = "huaibei-2025"', 'key = ""', "key", "不能为空"),
    ('title = "淮北', 'titel = "淮北', "title", "缺少此项"),
    ("frame_years = 3", 'frame_years = 3\nsurprise = "x"', "surprise", "未知项"),
    ('zone = "Asia/Shanghai"', 'zone = "Asia/Huaibei"', "zone", "没有这个时区"),
    ('zone = "Asia/Shanghai"', 'zone = "../etc"', "zone", "没有这个时区"),
    ("signed = 2025-01-02", 'signed = "2025-01-02"', "signed", "应为日期"),
    ("signed = 2025-01-02", "signed = 2025-01-02T00:00:00", "signed", "应为日期"),
    ("service_to = 2025-12-31", "service_to = 2024-12-31", "service_to", "不能早于"),
    ("frame_years = 3", "frame_years = 3\nodd = nan", "odd", "未知项"),
    ("frame_years = 3", "frame_years = true", "frame_years", "应为整数"),
    ("frame_years = 3", "frame_years = 0", "frame_years", "不能小于 1"),
    ('annual_fee = "2300000.00"', 'annual_fee = "2300000.01"', "annual_fee", "份额之和"),
    ('annual_fee = "2300000.00"', "annual_fee = 2300000.0", "annual_fee", "应为文本"),
    ('annual_fee = "900000.00"', 'annual_fee = "九十万"', "payer[city].annual_fee", "小数"),
    ('annual_fee = "900000.00"', 'annual_fee = "900000.001"', "payer[city].annual_fee", "精确到分"),
    ('annual_fee = "900000.00"', 'annual_fee = "-1.00"', "payer[city].annual_fee", "大于零"),
    ('annual_fee = "900000.00"', 'annual_fee = "NaN"', "payer[city].annual_fee", "大于零"),
    ('annual_fee = "900000.00"', 'annual_fee = "1E+999999"', "payer[city].annual_fee", "过大"),
    ('key = "suixi"', 'key = "city"', "payer[city].key", "重复"),
    ('start = "known" ', 'start = "sooner" ', "options.start", "known | occurred"),
    ('penalty.per = "incident"', 'penalty.per = "day"', "options.penalty.per", "incident | clock"),
    ('penalty.base = "annual_fee"', "penalty.base = 1", "options.penalty.base", "应为文本"),
    ("broadcast.penalised = false", "broadcast.penalised = 0", "options.broadcast.penalised", "布尔值"),
    ('deduct_from = "city"', 'deduct_from = "duji"', "options.deduct_from", "city | pro_rata"),
    ('{ key = "todo", name', '{ key = "todo", nmae', "modules.upgraded[todo].name", "缺少此项"),
    ('{ key = "chat", name', '{ key = "duty", name', "modules.new[duty].key", "重复"),
    ("limit_hours = 20", "limit_hours = 0", "fault_class[hardware].limit_hours", "不能小于 1"),
    ("limit_hours = 20", "limit_hours = 99999999999", "fault_class[hardware].limit_hours", "不能大于"),
    ('clause = "backup"\nmajor', 'clause = "spare"\nmajor', "fault_class[hardware].clause", "没有条款 spare"),
    ("backup = true", 'backup = "yes"', "fault_class[hardware].backup", "布尔值"),
    ("limit_minutes = 30", "limit_minutes = 30.5", "response.limit_minutes", "应为整数"),
    (
        '{ after_minutes = 5, to = ["primary"]',
        "{ after_minutes = 5, to = [5]",
        "response.ladder[1].to",
        "文本列表",
    ),
    ("ladder_percent = [50, 75, 90]", "ladder_percent = [50, 100]", "repair.ladder_percent", "1 至 99"),
    ("ladder_percent = [50, 75, 90]", "ladder_percent = [0.5]", "repair.ladder_percent", "整数列表"),
    ('module_share = "0.5"', 'module_share = "1.5"', "major.module_share", "不能大于 1"),
    ("prompt_lead_minutes = 5", "prompt_lead_minutes = 30", "broadcast.prompt_lead_minutes", "通报间隔"),
    ("first_grace_minutes = 3", "first_grace_minutes = 6", "broadcast.first_grace_minutes", "容差"),
    ("total_working_days = 90", "total_working_days = 50", "delivery.total_working_days", "开发工作日"),
    ("invoice_by = 2025-09-20", "invoice_by = 2025-10-20", "instalment[h2].invoice_by", "开票"),
    ('used_by = ["incidents"]', 'used_by = ["magic"]', "clause[telephone].used_by", "magic"),
    ('value = "{support.telephone}"', 'value = "{support.fax}"', "clause[telephone].value", "support.fax"),
    ('options = ["deduct_from"]', 'options = ["deduct"]', "reading[instalments].options", "没有选项 deduct"),
    (
        'clause = "payment"\ntitle',
        'clause = "paying"\ntitle',
        "reading[instalments].clause",
        "没有条款 paying",
    ),
    ('key = "clock_start"', 'key = "boundary"', "reading[boundary].key", "重复"),
]


def _line_of(old: str, key: str) -> int:
    """The line of the wrong key, or for a missing one that of the table it should be in."""
    start = TEXT.index(old)
    return TEXT.count("\n", 0, start) + 1


@pytest.mark.parametrize(("old", "new", "key", "message"), WRONG, ids=[each[1][:40] for each in WRONG])
def test_a_wrong_file_is_refused_naming_line_and_key(old: str, new: str, key: str, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_contract(TEXT.replace(old, new, 1), "wrong.toml")
    assert (caught.value.key, message in caught.value.message) == (key, True), str(caught.value)
    assert str(caught.value).startswith(f"wrong.toml:{caught.value.line}: {key}: ")
    if message not in ("缺少此项", "重复", "未知项", "份额之和"):
        assert caught.value.line == _line_of(old, key)


def test_a_missing_key_is_reported_at_its_table() -> None:
    with pytest.raises(ContractError) as caught:
        parse_contract(TEXT.replace('rate = "0.001"\n', "", 1), "wrong.toml")
    assert caught.value.key == "penalty.rate"
    assert caught.value.line == TEXT[: TEXT.index("[penalty]")].count("\n") + 1


@pytest.mark.parametrize(
    "section", sorted(set(re.findall(r"^\[([a-z_]+)\]$", TEXT, re.MULTILINE)) - {"obligations"})
)
def test_a_missing_section_is_refused(section: str) -> None:
    without = re.sub(rf"^\[{section}\]\n(?:[^\n\[].*\n|  .*\n|\]\n)*", "", TEXT, flags=re.MULTILINE)
    with pytest.raises(ContractError, match=section):
        parse_contract(without, "wrong.toml")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('key = "a"\nnumber = \n', 2, 10),
        ('key = "a"\nkey = "b"\n', 2, 10),
        ('a = "open', 1, 10),
        ("[" * 5000, 1, None),
    ],
)
def test_bad_syntax_names_line_and_column(text: str, line: int, column: int | None) -> None:
    with pytest.raises(ContractError) as caught:
        parse_contract(text, "wrong.toml")
    assert caught.value.line == line
    assert column is None or caught.value.column == column


def test_instalments_must_add_up() -> None:
    with pytest.raises(ContractError, match="各期比例之和"):
        parse_contract(TEXT.replace('share = "0.5"\ndue', 'share = "0.4"\ndue', 1), "wrong.toml")


def test_a_ladder_may_not_outlast_the_limit() -> None:
    with pytest.raises(ContractError, match="提醒应早于响应时限"):
        parse_contract(TEXT.replace("after_minutes = 25", "after_minutes = 30"), "wrong.toml")


@pytest.mark.parametrize("name", ["nowhere-2030", "../huaibei-2025", "a\0b", "/nowhere.toml", "/etc"])
def test_an_unknown_contract_is_refused(name: str) -> None:
    with pytest.raises(ContractError, match="没有这份合同"):
        load_contract(name)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bytes.toml"
    path.write_bytes(b'key = "a"\ntitle = "\xbb\xb4"\n')
    with pytest.raises(ContractError) as caught:
        load_contract(str(path))
    assert (caught.value.line, "UTF-8" in caught.value.message) == (2, True)


def test_a_file_that_is_far_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.toml"
    path.write_text("#" * (2 << 20))
    with pytest.raises(ContractError, match="过大"):
        load_contract(str(path))


@pytest.mark.parametrize("days", ["[0]", "[400]", "[3, 3]", '["3"]', "3"])
def test_reminders_are_days_before_and_all_different(days: str) -> None:
    with pytest.raises(ContractError, match="remind_days"):
        parse_contract(TEXT.replace("remind_days = [30, 10, 3]", f"remind_days = {days}"), "x.toml")


def test_a_file_without_reminders_has_the_usual_ones() -> None:
    without = re.sub(r"^\[obligations\]\nremind_days.*\n", "", TEXT, flags=re.MULTILINE)
    assert parse_contract(without, "x.toml").obligations.remind_days == (30, 10, 3)
