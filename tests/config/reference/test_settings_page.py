"""The page of settings, which people write: it has every variable, with the default that counts."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from local.stack import CHECKOUT

PAGE = (CHECKOUT / "docs/settings.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| `")]
SOURCES = [*sorted((CHECKOUT / "config").glob("*settings.py")), CHECKOUT / "config/environment.py"]


def variables() -> Iterator[tuple[str, Any]]:
    """Those that the service reads, with their defaults; None: one that is worked out."""
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="env")),
                    args=[ast.Constant(value=str(name)), *rest],
                ):
                    default = rest[0] if rest else None
                    yield name, default.value if isinstance(default, ast.Constant) else None


def shown(default: Any) -> str:
    """As documents write it."""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


class TestThePageOfSettings:
    def test_has_every_variable(self) -> None:
        rows = {name: [row for row in ROWS if f"`{name}`" in row] for name, _ in variables()}

        assert len(rows) > 80
        assert [name for name, found in rows.items() if not found] == []

    def test_says_the_default_of_each(self) -> None:
        literal = [(name, default) for name, default in variables() if default not in (None, "")]

        wrong = [
            (name, default)
            for name, default in literal
            if not any(re.search(f"`{name}`.*{re.escape(shown(default))}", row) for row in ROWS)
        ]

        assert len(literal) > 50
        assert wrong == []
