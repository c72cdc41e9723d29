"""Each line of the threat model names tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text("utf-8")
TEST = re.compile(r"`(tests/[\w/.-]+\.py)::(\w+)`")
THREATS = [line for line in PAGE.splitlines() if line.startswith("|") and "::" in line]


@cache
def collected_from(path: str) -> set[str]:
    """What pytest would collect of a file, without parameters."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in functions if node.name.startswith("test_")}


@pytest.mark.parametrize("threat", THREATS, ids=lambda line: line.split("|")[1].strip()[:60])
def test_a_threat_has_tests_that_exist(threat):
    _, wants, stops, tests, _ = threat.split("|")
    assert wants.strip()
    assert stops.strip()
    named = TEST.findall(tests)
    assert re.sub(TEST, "", tests).replace(",", "").strip() == "", "the last column names tests only"
    assert named
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert name in collected_from(path), f"{path} has no {name}"


def test_no_line_of_a_table_of_threats_is_without_a_test():
    tables = re.findall(r"\| They want \| What stops them \| Test \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    rows = [row for table in tables for row in table.splitlines()]
    assert rows == THREATS
    sections = [part for part in PAGE.split("\n## ")[1:] if "They want" in part]
    assert len(sections) == len(tables) == PAGE.count("\n## ")
    assert all("\nWhat does not: " in part for part in sections)


def test_what_the_page_leads_to_exists():
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
