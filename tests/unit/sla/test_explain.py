"""The explanation in words: the same facts in both languages."""

from __future__ import annotations

import re

import pytest

from sla.explain import Language, explain
from sla.wording import WORDS
from tests.unit.sla.story import Line, claim, fault, judged, with_options

NIGHT: list[Line] = [
    ("22:00", "reported", fault("line_general")),
    ("22:10", "responded"),
    ("23:05", "exclusion_claimed", claim("防汛断电", "23:00", "03-04 03:00")),
    ("03-04 08:00", "restored"),
]


def told(story: list[Line], language: Language = "zh", as_of: str | None = None) -> str:
    return "\n".join(explain(judged(story, as_of), language))


def test_both_languages_have_the_same_sentences_with_the_same_blanks() -> None:
    blanks = re.compile(r"\{(\w+)\}")
    assert WORDS["zh"].keys() == WORDS["en"].keys()
    for key, sentence in WORDS["zh"].items():
        assert set(blanks.findall(sentence)) == set(blanks.findall(WORDS["en"][key])), key


def test_both_views_show_their_arithmetic() -> None:
    text = told(NIGHT)
    assert "计时 10:00:00 = 10:00:00 > 6:00:00" in text
    assert "计时 1:00:00 + 5:00:00 = 6:00:00 ≤ 6:00:00" in text
    assert "防汛断电（不可抗力）：2025-03-03 23:00:00 至 2025-03-04 03:00:00，甲方未决定" in text


def test_the_clause_the_price_and_the_readings_are_named() -> None:
    text = told(NIGHT)
    assert "第十五条修复（合同结论）：一般线路故障时限 6:00:00，到期 2025-03-04 04:00:00，超时" in text
    assert "第二十五条：违约 1 次，年服务费 2300000.00 × 0.001 × 1 = 2300.00 元" in text
    assert "读法 6《扣除时段》（第二十九条）" in text


def test_english_says_the_same() -> None:
    text = told(NIGHT, "en")
    assert "Counted 1:00:00 + 5:00:00 = 6:00:00 ≤ 6:00:00" in text
    assert "not decided by the customer" in text
    assert "2300000.00 × 0.001 × 1 = 2300.00 yuan" in text


def test_an_open_outage_says_so() -> None:
    story: list[Line] = [("09:00", "reported", fault("hardware"))]
    text = told(story, as_of="03-04 06:00")
    assert "至 尚未恢复，21:00:00" in text
    assert "备用设备义务：2025-03-04 05:00:00 起应启用，尚未履行" in text


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ([("09:00", "reported", fault(drill=True))], "演练"),
        ([("09:00", "reported", fault()), ("09:10", "false_alarm_agreed")], "误报"),
        ([("09:00", "reported", fault()), ("09:10", "merge_agreed")], "并入"),
        ([("08:59", "responded"), ("09:00", "reported", fault())], "数据缺陷 1 处"),
        ([("09:00", "reported", fault()), ("09:10", "exclusion_claimed", claim("a", "09:00"))], "仍在持续"),
        ([("09:00", "reported", fault()), ("09:10", "major_declared")], "应通报 1 次"),
    ],
)
def test_special_states_are_said(story: list[Line], words: str) -> None:
    assert words in told(story)


def test_a_fraction_over_the_limit_is_over() -> None:
    text = told([("09:00", "reported", fault()), ("13:00:00.25", "restored")])
    assert "4:00:00 > 4:00:00" in text
    assert "13:00:00.250000" in text


def test_the_shares_are_named_when_they_are_the_base() -> None:
    contract = with_options(penalty_base='"affected_payers"')
    story: list[Line] = [("09:00", "reported", fault(payers=["suixi", "duji"])), ("10:00", "responded")]
    text = "\n".join(explain(judged(story, contract=contract)))
    assert "(濉溪县 500000.00 + 杜集区 300000.00) × 0.001 × 1 = 800.00 元" in text
