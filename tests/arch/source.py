"""The product's own source, as the house rules look at it."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("kernel", "sla", "incidents", "oa", "drills", "playbooks", "dashboards")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def product_files(pattern: str = "*.py") -> list[Path]:
    """Return the product's files, relative to the root."""
    found = [p for name in PACKAGES for p in (ROOT / name).rglob(pattern)]
    if pattern == "*.py":
        found.append(ROOT / "app.py")
    return sorted(p.relative_to(ROOT) for p in found)


def tracked_files() -> list[Path]:
    """Return all files under version control."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [p for name in listed.decode().split("\0") if name and (p := ROOT / name).is_file()]


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file of the product."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def functions(module: ast.Module) -> list[Function]:
    """Return all functions and methods."""
    return [n for n in ast.walk(module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def is_route(function: Function) -> bool:
    """Whether a router's decorator is on the function."""
    verbs = {"get", "post", "put", "patch", "delete", "route", "api_route"}
    return any(
        isinstance(d, ast.Call) and isinstance(d.func, ast.Attribute) and d.func.attr in verbs
        for d in function.decorator_list
    )


def imported(module: ast.Module) -> Iterator[str]:
    """Yield the dotted names of everything that is imported."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def dotted(node: ast.AST) -> str:
    """Return "a.b.c" for an attribute chain, an empty text for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (head := dotted(node.value)):
        return f"{head}.{node.attr}"
    return ""
