"""Commands that the pages name are there, and know the options that are given to them."""

import argparse
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from local.stack import CHECKOUT

PAGES = [
    *sorted(CHECKOUT.glob("*.md")),
    *sorted((CHECKOUT / "docs").rglob("*.md")),
    CHECKOUT / "export/README.md",
    CHECKOUT / "clients/python/README.md",
]
MAKEFILE = (CHECKOUT / "Makefile").read_text("utf-8")
_MANAGE = re.compile(r"manage\.py ([a-z_]+)([^`\n|#;&]*)")
_MAKE = re.compile(r"(?:^ {4}|`|; |&& )make ([a-z][a-z-]*)", re.MULTILINE)


def commands() -> Iterator[tuple[str, str, set[str]]]:
    """Of each that is named: the page, its name, and the options given."""
    for page in PAGES:
        for name, rest in _MANAGE.findall(page.read_text("utf-8")):
            where = str(page.relative_to(CHECKOUT))
            yield where, name, set(re.findall(r"(?<!\S)\[?(--[a-z][a-z-]*)", rest))


@cache
def options(name: str) -> frozenset[str]:
    """Those of a command, and of all that it may be told to do."""
    app = get_commands()[name]
    command = load_command_class(app, name) if isinstance(app, str) else app
    return frozenset(_options(command.create_parser("manage.py", name)))


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to ask
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for each in action.choices.values():
                yield from _options(each)


class TestCommands:
    def test_are_there_with_their_options(self) -> None:
        named = list(commands())

        wrong = [
            f"{page}: {name} {sorted(given)}"
            for page, name, given in named
            if name not in get_commands() or not given <= options(name)
        ]
        assert wrong == []
        assert len({name for _, name, _ in named}) > 20

    @pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
    def test_of_make_are_targets(self, page: Path) -> None:
        targets = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))

        assert set(_MAKE.findall(page.read_text("utf-8"))) <= targets
