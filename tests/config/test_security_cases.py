"""The list of what could be tried: whole, and with tests that are there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

FILE = "docs/security-cases.md"
NUMBERS = sorted([*map(str, range(1, 83)), "38b", "38c"])
MOST_REASONS = 5
TEST = re.compile(r"`(tests\w*/[\w/]+\.py)((?:::\w+)+)`")


def rows(text: str) -> list[list[str]]:
    """The cells of each row of its tables."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [cells for cells in lines if re.fullmatch(r"\d+[a-z]?", cells[0])]


def listed() -> str:
    return (Path(settings.BASE_DIR) / FILE).read_text("utf-8")


def named_in(path: str) -> Iterator[str]:
    """As they are named below a file: `::Class::test`, `::test`."""
    for node in ast.parse((Path(settings.BASE_DIR) / path).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield f"::{node.name}"
        elif isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.FunctionDef):
                    yield f"::{node.name}::{each.name}"


class TestList:
    def test_has_each_number_once(self) -> None:
        assert sorted(cells[0] for cells in rows(listed())) == NUMBERS

    def test_names_tests_that_are_there(self) -> None:
        named = set(TEST.findall(listed()))
        files = {path for path, _ in named}

        assert all((Path(settings.BASE_DIR) / path).exists() for path in files)
        there = {(path, name) for path in files for name in named_in(path)}
        assert named - there == set()

    def test_has_a_test_or_a_reason_for_each(self) -> None:
        reasons = [cells[0] for cells in rows(listed()) if not TEST.search(cells[2])]

        assert len(reasons) <= MOST_REASONS
        assert all("Cannot occur: " in cells[2] for cells in rows(listed()) if cells[0] in reasons)
