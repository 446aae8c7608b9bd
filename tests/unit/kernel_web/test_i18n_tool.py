from __future__ import annotations

from pathlib import Path

import pytest

from tools import i18n as tool


def found(tmp_path: Path, name: str, text: str) -> list[tuple[str, bool]]:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return [(f.text, f.constant) for f in tool.messages_in(file)]


def test_python_calls(tmp_path: Path) -> None:
    text = "_('甲')\nlazy('乙')\nNavItem('丙', '/', 'x', 'p', '丁')\nRole('r', '戊')\nother('己')\n"
    assert {m for m, _ in found(tmp_path, "a.py", text)} == {"甲", "乙", "丙", "丁", "戊"}


def test_keyword_labels(tmp_path: Path) -> None:
    assert found(tmp_path, "a.py", "NavItem(label='首页', href='/', group='系统')") == [
        ("首页", True),
        ("系统", True),
    ]


def test_raised_errors_but_not_those_of_the_command_line(tmp_path: Path) -> None:
    text = "raise NotFound('没有')\n"
    assert ("没有", True) in found(tmp_path, "a.py", text)
    assert found(tmp_path, "b.py", "raise ConfigError('配置')") == []
    assert found(tmp_path, "c.py", "raise ValueError('english')") == []


def test_titles_of_error_classes(tmp_path: Path) -> None:
    assert found(tmp_path, "a.py", "class E(X):\n    title: str = '标题'\n    code = '码'\n") == [
        ("标题", True)
    ]


def test_formatted_messages_are_told_apart(tmp_path: Path) -> None:
    assert [constant for _, constant in found(tmp_path, "a.py", "raise Conflict(f'没有{x}')")] == [False]


def test_labels_of_events_and_actions_and_reasons_of_rules(tmp_path: Path) -> None:
    text = "Action('k', '按钮', '提示')\nEventType('标签')\n_need(x, '为何')\nEventError('at', '缺少')\n"
    assert {m for m, _ in found(tmp_path, "a.py", text)} == {"按钮", "提示", "标签", "为何", "缺少"}


def test_constants_whose_names_say_that_people_read_them(tmp_path: Path) -> None:
    text = "A_LABELS = {'键': '甲', 'b': ('乙', 'ascii')}\nX_BANNER: str = '丙'\nTITLE = '丁'\n"
    assert found(tmp_path, "a.py", text) == [("甲", True), ("乙", True), ("丙", True)]


def test_a_flash_is_translated_by_its_page(tmp_path: Path) -> None:
    assert found(tmp_path, "a.py", "see_other('/', '已保存。')\nsee_other('/')\n") == [("已保存。", False)]
    assert found(tmp_path, "b.py", "see_other('/', _('已保存。'))\n") == [("已保存。", True)]


def test_templates(tmp_path: Path) -> None:
    text = "{{ _('甲') }}{{ _('%(n)s乙', n=1) }}{{ _(name) }}{% trans %}丙{% endtrans %}"
    assert [m for m, _ in found(tmp_path, "a.html", text)] == ["甲", "%(n)s乙", "丙"]


def test_an_entry_is_ready_to_paste() -> None:
    assert tool.entry('说"好"', ["a.py:1"]) == '#: a.py:1\nmsgid "说\\"好\\""\nmsgstr ""\n'


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main([]) == 2
    assert "extract" in capsys.readouterr().err


def test_exit_status_tells_whether_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "missing", lambda packages: {"甲": ["a.py:1"]} if packages == ("sla",) else {})
    assert tool.main(["extract", "sla"]) == 1
    assert 'msgid "甲"' in capsys.readouterr().out
    assert tool.main(["extract", "kernel"]) == 0
