"""Sentences of the platform in a record: Chinese as they were hashed, English for who reads English."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kernel.web.i18n import use_language
from kernel.web.worded import Worded, constant, data_of, shown, text_of, worded

UNSTEADY = worded("稳态不正常：%(names)s", names="page")


def kept(said: Worded) -> dict[str, Any]:
    """Return the data of a sentence as it comes back from the database."""
    return dict(json.loads(json.dumps(said.data)))


def test_the_text_is_chinese_whoever_writes_it() -> None:
    use_language("en")
    assert UNSTEADY.text == "稳态不正常：page"
    assert str(UNSTEADY) == "Not in its steady state: page"


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "稳态不正常：page"), ("en", "Not in its steady state: page")]
)
def test_an_entry_is_read_in_the_reader_s_language(language: str, words: str) -> None:
    use_language(language)
    assert shown(UNSTEADY.text, kept(UNSTEADY)) == words


def test_several_values_are_joined_as_each_language_does() -> None:
    said = worded("未达到：%(names)s", names=["rto", "probe:page"])
    assert said.text == "未达到：rto、probe:page"
    use_language("en")
    assert shown(said.text, kept(said)) == "Not met: rto, probe:page"


def test_a_sentence_within_a_sentence_is_translated_too() -> None:
    said = worded("注入失败：%(why)s", why=worded("收到中止命令"))
    assert said.text == "注入失败：收到中止命令"
    use_language("en")
    assert shown(said.text, kept(said)) == "The injection failed: The order to abort was received"


def test_a_message_without_values_keeps_its_percent_signs() -> None:
    assert Worded("占用 90%", {}).text == "占用 90%"


def test_what_a_person_wrote_stays_as_it_was_written() -> None:
    assert (text_of("电力恢复"), data_of("电力恢复")) == ("电力恢复", {})
    use_language("en")
    assert shown("电力恢复", {}) == "电力恢复"
    assert shown("收到中止命令", {}) == "收到中止命令", "a person may say what the platform says elsewhere"
    assert shown(None, None) is None


def test_an_entry_from_before_there_were_words_is_translated_where_it_is_a_message_as_it_stands() -> None:
    use_language("en")
    assert shown("收到中止命令", {}, ours=True) == "The order to abort was received"
    assert shown("稳态不正常：page", {}, ours=True) == "稳态不正常：page"


def test_words_that_do_not_say_what_the_text_says_count_for_nothing() -> None:
    """Somebody may send an event with words of their own: they can't put another meaning beside the text."""
    use_language("en")
    for words in (
        {"key": "收到中止命令", "values": {}},
        {"key": "稳态不正常：%(names)s", "values": {"names": "other"}},
        {"key": "稳态不正常：%(names)s", "values": {}},
        {"key": "稳态不正常：%(names)s", "values": []},
        {"key": "no message of ours: %(names)999999999s", "values": {"names": "page"}},
        {"key": ["稳态"], "values": {}},
        {"values": {}},
        "稳态不正常",
        None,
    ):
        assert shown("稳态不正常：page", {"words": words}) == "稳态不正常：page", words


def test_an_error_without_values_can_be_said_in_either_language() -> None:
    assert constant("收到中止命令") == Worded("收到中止命令", {})
    assert constant("Permission denied") == "Permission denied"
