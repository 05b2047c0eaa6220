"""The house rules that a linter does not know."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.connectors.registry import CONNECTORS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "bridge"
TESTS = ROOT / "tests"
MODULES = sorted(SOURCE.rglob("*.py"))
TEST_MODULES = sorted(TESTS.rglob("*.py"))
VENDORS = [connector.name for connector in CONNECTORS]

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 45
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "core", "services", "service"}
FORBIDDEN_NAMES |= {"models", "manager", "managers", "misc", "base", "shared"}
PATCHING = re.compile(r"\bmock\.patch\b|\bmonkeypatch\.setattr\b|\bfrom unittest\b|\bimport mock\b")
SLEEPING = re.compile(r"^\s*(time\.sleep|await (anyio|asyncio)\.sleep)\(\s*[1-9]", re.MULTILINE)
# In two halves, so that this file does not name them.
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "extra" + "-index")
MADE_BY_TOOLS = {".git", ".venv", "var", "build", "dist", "__pycache__", ".hypothesis"}
MADE_BY_TOOLS |= {".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache"}
FILES = ("README.md", "__init__.py", "settings.py")
LEVELS = ("works", "survives", "shows")
CHECKLIST = re.compile(r"^\|\s*(works|survives|shows)\s*\|(.+)\|(.+)\|\s*$", re.MULTILINE)
CHECKLIST_LINES = 11


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def written() -> Iterator[Path]:
    """Every file that people wrote: not what tools keep in the checkout."""
    for folder, inner, files in os.walk(ROOT):
        inner[:] = [one for one in inner if one not in MADE_BY_TOOLS]
        yield from (Path(folder) / one for one in files if not one.endswith((".db", ".pyc")))


def test_each_connector_is_a_folder_and_registered() -> None:
    folders = {
        one.parent.name
        for one in (SOURCE / "connectors").glob("*/__init__.py")
        if one.parent.name != "simulation"
    }

    assert sorted(VENDORS) == sorted(folders)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_connector_has_the_files_everybody_looks_for(vendor: str) -> None:
    folder = SOURCE / "connectors" / vendor

    assert [one for one in FILES if not (folder / one).exists()] == []
    assert (folder / "inbound.py").exists() or (folder / "actions.py").exists()


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_readme_ends_with_its_checklist(vendor: str) -> None:
    text = (SOURCE / "connectors" / vendor / "README.md").read_text(encoding="utf-8")
    lines = CHECKLIST.findall(text)

    assert len(lines) == CHECKLIST_LINES
    assert {level for level, _, _ in lines} == set(LEVELS)
    for _, claim, answer in lines:
        assert claim.strip()
        assert re.match(r"done\b|exempt\W+\w", answer.strip()), claim


def test_no_module_has_a_name_that_says_nothing() -> None:
    bad = [
        name(path)
        for path in MODULES
        if not FORBIDDEN_NAMES.isdisjoint(path.relative_to(SOURCE).with_suffix("").parts)
    ]

    assert bad == []


def test_no_file_needs_a_table_of_contents() -> None:
    long = {
        name(path): length
        for path in MODULES
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > LINES_OF_A_FILE
    }

    assert long == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{name(path)}:{node.lineno} {node.name}": length
        for path in MODULES
        for node in functions(path)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > LINES_OF_A_FUNCTION
    }

    assert long == {}


def test_nothing_is_imported_inside_a_function() -> None:
    hidden = {
        f"{name(path)}:{inner.lineno}"
        for path in [*MODULES, *TEST_MODULES]
        for node in functions(path)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }

    assert hidden == set()


def test_each_module_says_what_it_is() -> None:
    silent = [
        name(path)
        for path in [*MODULES, *TEST_MODULES]
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert silent == []


@pytest.mark.parametrize("pattern", [PATCHING, SLEEPING], ids=["patching", "sleeping"])
def test_tests_use_fakes_and_do_not_wait(pattern: re.Pattern[str]) -> None:
    found = [
        name(path)
        for path in TEST_MODULES
        if path != Path(__file__) and pattern.search(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_no_file_names_a_package_registry() -> None:
    found = [
        name(path)
        for path in written()
        if any(one.encode() in path.read_bytes() for one in REGISTRIES)
    ]

    assert found == []


def test_every_requirement_is_pinned_with_its_hash() -> None:
    for file in ("requirements.txt", "requirements-dev.txt", "requirements-build.txt"):
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if not line.startswith("    ")]

        assert all(re.match(r"[\w.-]+(\[[\w,-]+\])?==[\w.]+ .*\\$", line) for line in pins)
        assert all(
            re.match(r"    --hash=sha256:[0-9a-f]{64}", line) for line in lines if line[0] == " "
        )
