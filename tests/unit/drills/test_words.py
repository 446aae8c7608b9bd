"""What a wrong plan or scenario says, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drills.plan import validated
from kernel.errors import Invalid
from kernel.web.i18n import DEFAULT, use_language
from playbooks import catalogue
from playbooks.schema import Scenario


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    yield
    use_language(DEFAULT)


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", "方案不能含有口令（db_password）"), ("en", "must not contain passwords (db_password)")],
)
def test_a_password_in_a_plan_is_refused_in_the_reader_s_language(language: str, words: str) -> None:
    use_language(language)
    with pytest.raises(Invalid) as refused:
        validated({"vars": {"db_password": "x"}})
    assert [words in e.message for e in refused.value.errors if e.field == "vars"] == [True]


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "steady_state：没有名为 ghost 的探测"), ("en", "no probe named ghost")]
)
def test_a_scenario_that_names_an_unknown_probe_says_which(language: str, words: str) -> None:
    use_language(language)
    said = catalogue.scenario("process_crash").what.model_dump() | {"steady_state": ("ghost",)}
    with pytest.raises(ValueError, match=words):
        Scenario.model_validate(said)
