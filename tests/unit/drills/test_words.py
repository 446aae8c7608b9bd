"""What a wrong plan or scenario says, in the language of whoever reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from drills.log import broken_at, entry_digest
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


def test_an_entry_written_before_there_were_words_has_the_hash_it_had() -> None:
    row = {
        "seq": 1, "at": datetime(2025, 3, 3, 1, tzinfo=UTC), "kind": "aborted", "text": "收到中止命令",
        "data": {}, "actor": "conductor", "actor_name": "演练控制器",
    }  # fmt: skip
    was = "87ffaedff77ba2e0c5a9bb6b7dbf71ca86b061db8dc24bd455e399be739f0926"
    assert entry_digest("YL2025-001", "", row) == was
    assert broken_at("YL2025-001", [row | {"digest": was}]) is None
