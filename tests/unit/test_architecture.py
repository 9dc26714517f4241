"""What holds for every module: its size, the size of its functions, and which names it may not know."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "mcloud").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")])
CORE = sorted(path for path in (ROOT / "mcloud").rglob("*.py*") if path.suffix in {".py", ".pyi"})
CLOUDS = re.compile(r"\b(vng|greennode|fpt|cmc|viettel|bizfly|vnpt|aws|ec2)\b", re.IGNORECASE)
DRIVER = ("driver", "balancer_driver", "account", "api", "vlb_api", "connection", "vendor_errors")
DRIVER_FOLDERS = sorted(path.parent for path in (ROOT / "adapters").glob("*/driver.py"))
LONGEST_MODULE, LONGEST_FUNCTION = 500, 60


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that are imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_there_is_something_to_look_at() -> None:
    names = [shown(path) for path in SOURCES]
    assert "mcloud/model/graph.py" in names
    assert "adapters/mcloud_vng/driver.py" in names
    assert DRIVER_FOLDERS


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_a_module_is_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_MODULE, f"{shown(path)} has {lines} lines"


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_a_function_is_short(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    sizes = {f"{shown(path)}:{node.lineno} {node.name}": _length(node) for node in functions(tree)}
    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", CORE, ids=shown)
def test_the_core_names_no_cloud(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [f"{shown(path)}:{number}: {line.strip()}" for number, line in enumerate(lines, 1) if CLOUDS.search(line)]
    assert found == []


@pytest.mark.parametrize("line", ["# VNG", "'aws/ap'", "an EC2 server", "vng", 'if cloud == "viettel":'])
def test_a_name_would_be_seen(line: str) -> None:
    assert CLOUDS.search(line)


@pytest.mark.parametrize("path", [folder / f"{name}.py" for folder in DRIVER_FOLDERS for name in DRIVER], ids=shown)
def test_a_driver_knows_nothing_of_mcloud(path: Path) -> None:
    names = list(imported(ast.parse(path.read_text(encoding="utf-8"))))
    assert [name for name in names if name.split(".")[0] == "mcloud"] == []


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_a_public_module_class_and_function_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.name != "__init__.py" or tree.body:
        assert ast.get_docstring(tree), f"{shown(path)} has no text of its own"
    places = [node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))]
    silent = [node.name for node in places if not node.name.startswith("_") and not ast.get_docstring(node)]
    assert silent == []


def test_names_of_test_files_are_unique() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
