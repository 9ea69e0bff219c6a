"""Tables as Markdown has them."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """With a line end after its last row; nothing at all without rows."""
    lines = [_line(row) for row in rows]
    ruler = "|" + " --- |" * len(head)
    return "\n".join([_line(head), ruler, *lines, ""]) if lines else ""


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(_cell(str(each)) for each in cells) + " |"


def _cell(text: str) -> str:
    """In one line, and without the sign that ends a cell."""
    return " ".join(text.split()).replace("|", "\\|")
