"""Which Chinese source strings lack an English translation, and which translations nobody uses.

python -m tools.i18n extract [PACKAGE…]   list missing translations as .po entries; exit 1 if there are any
python -m tools.i18n unused               list translations that nothing uses; exit 1 if there are any
python -m tools.i18n formatted            list messages that cannot be looked up; exit 1 if there are any

A message is the text of `_`, `gettext`, `lazy`, `worded`, `ngettext`, of a raised error, of the calls in
FUNCTIONS, and every Chinese value of a constant whose name ends in one of CONSTANTS (`STATE_LABELS`).
What cannot be looked up: f-strings in these places, and bare text given to `see_other`, shown as it is.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.pofile import read_po
from jinja2 import Environment

from kernel.web.i18n import PACKAGES, catalogue_files

ROOT = Path(__file__).parent.parent
CHINESE = re.compile(r"[\u3400-\u9fff]")
FUNCTIONS = {
    "_": (0,),
    "gettext": (0,),
    "lazy": (0,),
    "worded": (0,),
    "ngettext": (0,),
    "NavItem": (0, 4),
    "Role": (1,),
    "Who": (1,),
    "Actor": (1,),
    "Permission": (1,),
    "Form": (1,),
    "FieldError": (1,),
    "field": (1,),
    "Action": (1, 2),
    "Deed": (3, 4, 6),
    "Move": (2,),
    "ValueError": (0,),
    "EventType": (0,),
    "Kind": (0,),
    "EventError": (1,),
    "InputError": (1,),
    "_bad_byte": (1,),
    "_error": (3,),
    "Impossible": (0,),
    "_need": (1,),
    **dict.fromkeys(
        ("Unauthenticated", "Forbidden", "NotFound", "Conflict", "Invalid", "Unavailable", "TooLarge"), (0,)
    ),
}
ALWAYS = {"_", "gettext", "lazy", "worded", "ngettext"}
KEYWORDS = {"label", "group"}
NOT_SHOWN = {"ConfigError", "UsageError", "BadParameter", "ClickException", "RuntimeError", "SystemExit"}
NOT_SHOWN |= {"GaveUp", "BadTable"}
CONSTANTS = ("LABELS", "WORDS", "BANNER", "HEADING", "REASONS", "USERS", "STATES", "WRONG")
SHOWN_AS_IT_IS = {"see_other": 1}
Messages = dict[str, list[str]]


class Found(NamedTuple):
    """A message, where it stands, and whether it can be looked up at all."""

    text: str
    place: str
    constant: bool = True


def sources(package: str) -> Iterator[Path]:
    """Yield the files of a package that may hold messages."""
    if (ROOT / f"{package}.py").exists():
        yield ROOT / f"{package}.py"
    for path in sorted((ROOT / package).rglob("*")):
        if path.suffix in {".py", ".html"} and "migrations" not in path.parts:
            yield path


def messages_in(path: Path) -> Iterator[Found]:
    """Yield the messages of one file."""
    text = path.read_text(encoding="utf-8")
    place = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    if path.suffix == ".html":
        env = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
        for line, _function, message in env.extract_translations(text):
            found = message[0] if isinstance(message, tuple) and message else message
            if isinstance(found, str) and found:
                yield Found(found, f"{place}:{line}")
        return
    module = ast.parse(text)
    for node in module.body:
        yield from (Found(t, f"{place}:{node.lineno}", c) for t, c in _of_constant(node))
    for inner in ast.walk(module):
        yield from (Found(t, f"{place}:{inner.lineno}", c) for t, c in _of_node(inner))  # type: ignore[attr-defined]


def _of_constant(node: ast.stmt) -> Iterator[tuple[str, bool]]:
    """Yield the Chinese values of a constant whose name says that people read them."""
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    if isinstance(target, ast.Name) and target.id.endswith(CONSTANTS):
        yield from _values(node.value)  # type: ignore[attr-defined]


def _values(value: ast.expr | None) -> Iterator[tuple[str, bool]]:
    if isinstance(value, ast.Dict):
        for inner in value.values:
            yield from _values(inner)
    elif isinstance(value, ast.Tuple | ast.List | ast.Set):
        for inner in value.elts:
            yield from _values(inner)
    else:
        yield from _literal(value, chinese_only=True)


def _of_node(node: ast.AST) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
        if _name(node.exc.func) not in {*NOT_SHOWN, *FUNCTIONS}:
            yield from _literal(node.exc.args[0], chinese_only=True)
    elif isinstance(node, ast.ClassDef):
        for line in node.body:
            target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
            if isinstance(target, ast.Name) and target.id == "title":
                yield from _literal(line.value, chinese_only=True)  # type: ignore[attr-defined]


def _of_call(node: ast.Call) -> Iterator[tuple[str, bool]]:
    name = _name(node.func)
    for index in FUNCTIONS.get(name, ()):
        if index < len(node.args):
            yield from _literal(node.args[index], chinese_only=name not in ALWAYS)
    shown = SHOWN_AS_IT_IS.get(name, len(node.args))
    if shown < len(node.args):
        yield from ((text, False) for text, _ in _literal(node.args[shown], chinese_only=True))
    if name in {"NavItem", "Role", "Permission"}:
        for keyword in node.keywords:
            if keyword.arg in KEYWORDS:
                yield from _literal(keyword.value, chinese_only=True)


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _literal(value: ast.expr | None, *, chinese_only: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
        if not chinese_only or CHINESE.search(value.value):
            yield value.value, True
    elif isinstance(value, ast.JoinedStr):
        text = ast.unparse(value)
        if CHINESE.search(text):
            yield text, False


def used(packages: tuple[str, ...] = PACKAGES) -> tuple[Messages, Messages]:
    """Return every message with its places: those that can be looked up, and those that cannot."""
    constant: Messages = defaultdict(list)
    formatted: Messages = defaultdict(list)
    for package in packages:
        for path in sources(package):
            for found in messages_in(path):
                (constant if found.constant else formatted)[found.text].append(found.place)
    return dict(constant), dict(formatted)


def translated() -> dict[str, Path]:
    """Return every Chinese message that has an English one, with its catalogue."""
    known: dict[str, Path] = {}
    for file in catalogue_files():
        with file.open("rb") as stream:
            for message in read_po(stream, locale="en", abort_invalid=True):
                source = message.id if isinstance(message.id, str) else message.id[0]
                if source and message.string and (isinstance(message.string, str) or message.string[0]):
                    known[source] = file
    return known


def missing(packages: tuple[str, ...] = PACKAGES) -> Messages:
    """Return the messages of these packages that have no translation."""
    known = translated()
    return {text: places for text, places in used(packages)[0].items() if text not in known}


def unused() -> dict[str, Path]:
    """Return the translations of messages that no source has."""
    constant, _formatted = used()
    return {text: file for text, file in translated().items() if text not in constant}


def entry(text: str, places: list[str]) -> str:
    """Write a message as an empty .po entry."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'#: {" ".join(places[:3])}\nmsgid "{escaped}"\nmsgstr ""\n'


def main(arguments: list[str]) -> int:
    """Run one of the commands; exit status 1 when something is found, 2 for wrong usage."""
    command, packages = (arguments[0] if arguments else ""), tuple(arguments[1:]) or PACKAGES
    if command == "extract":
        lines = [entry(text, places) for text, places in missing(packages).items()]
    elif command == "unused":
        lines = [f"{file.relative_to(ROOT)}: {text}" for text, file in unused().items()]
    elif command == "formatted":
        lines = [f"{places[0]}: {text}" for text, places in used(packages)[1].items()]
    else:
        print(__doc__, file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
