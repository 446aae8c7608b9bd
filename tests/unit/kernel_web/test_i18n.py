from __future__ import annotations

import pytest
from markupsafe import Markup

from kernel.web.i18n import PACKAGES, english, gettext, lazy, negotiate, ngettext, use_language
from tools import i18n as tool


@pytest.mark.parametrize("package", PACKAGES)
def test_every_message_has_an_english_translation(package: str) -> None:
    missing = tool.missing((package,))
    assert not missing, "\n" + "\n".join(tool.entry(text, places) for text, places in missing.items())


def test_no_translation_is_unused() -> None:
    assert tool.unused() == {}


def test_every_message_can_be_looked_up() -> None:
    assert tool.used()[1] == {}


def test_translations_keep_the_values_to_fill_in() -> None:
    import re

    pattern = re.compile(r"%\(\w+\)s")
    wrong = [
        zh
        for zh, en in english().items()
        if any(set(pattern.findall(zh)) != set(pattern.findall(t)) for t in en)
    ]
    assert wrong == []


def test_translations_are_english() -> None:
    assert [en for en in english().values() if any(tool.CHINESE.search(text) for text in en)] == []


def test_a_message_without_translation_stays_chinese() -> None:
    use_language("en")
    assert gettext("没有译文的一句话") == "没有译文的一句话"


def test_gettext_fills_in_values() -> None:
    use_language("en")
    assert gettext("%(time)s 前", time="09:30") == "by 09:30"
    assert gettext("100%") == "100%"


def test_markup_values_stay_markup_and_others_are_escaped() -> None:
    text = gettext("%(time)s 完成，用时 %(span)s", time=Markup("<time>9</time>"), span="<b>")
    assert text == Markup("<time>9</time> 完成，用时 &lt;b&gt;")


def test_plural_follows_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.web.i18n.english", lambda: {"%(n)s 天": ("%(n)s day", "%(n)s days")})
    assert ngettext("%(n)s 天", "%(n)s 天", 2) == "2 天"
    use_language("en")
    assert ngettext("%(n)s 天", "%(n)s 天", 1) == "1 day"
    assert ngettext("%(n)s 天", "%(n)s 天", 2) == "2 days"


def test_lazy_is_translated_when_shown() -> None:
    message = lazy("超时")
    assert (str(message), message.__html__()) == ("超时", "超时")
    use_language("en")
    assert str(message) == "Overdue"
    assert message == lazy("超时")
    assert str(lazy("%(time)s 前", time="09:30")) == "by 09:30"
    assert lazy("%(n)s", n=1) != lazy("%(n)s", n=2)
    assert len({message, lazy("超时")}) == 1
    assert "超时" in repr(message)


@pytest.mark.parametrize(
    ("asked", "cookie", "chosen", "accept", "language"),
    [
        ("en", "zh", "zh", "zh", "en"),
        (None, "en", "zh", "zh", "en"),
        (None, None, "en", "zh", "en"),
        (None, None, None, "fr,en;q=0.8,zh;q=0.5", "en"),
        (None, None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, None, "en;q=0,fr", "zh"),
        (None, None, None, "en;q=x", "zh"),
        ("xx", "yy", "zz", "", "zh"),
    ],
)
def test_who_decides_the_language(
    asked: str | None, cookie: str | None, chosen: str | None, accept: str, language: str
) -> None:
    assert negotiate(asked, cookie, chosen, accept) == language
