"""Budgets of architecture.md §3. An exception needs an ADR, and a line here that names it."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

from tests.arch.source import Function, functions, is_route, product_files, tree

GENERATED = "migrations/versions"
FILES = [p for p in product_files() if GENERATED not in p.as_posix()]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def length(function: Function) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def body_length(function: Function) -> int:
    """Count the lines of the body, its docstring left out."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_file_is_longer_than_400_lines() -> None:
    assert {str(p): n for p in FILES if (n := lines(p)) > 400} == {}


def test_half_of_the_files_have_at_most_80_lines() -> None:
    assert median(lines(p) for p in FILES) <= 80


def test_no_function_is_longer_than_50_lines() -> None:
    assert {f"{p}:{f.name}": n for p in FILES for f in functions(tree(p)) if (n := length(f)) > 50} == {}


def test_no_route_does_more_than_15_lines() -> None:
    found = {f"{p}:{f.name}": body_length(f) for p in FILES for f in functions(tree(p)) if is_route(f)}
    assert {name: n for name, n in found.items() if n > 15} == {}


def test_manifests_are_short() -> None:
    """A package's __init__ is its manifest: something a reader takes in at one glance."""
    assert {str(p): n for p in FILES if p.name == "__init__.py" and (n := lines(p)) > 60} == {}
