"""What a page of staff says to those who look at it, and to those who listen."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

OPEN, CLOSE = "⟦⟧"  # around what was translated, where a test marks that
_SPOKEN = {"title", "alt", "aria-label", "placeholder", "data-some"}
_NUMBERS = {"x", "y", "width", "height", "cx", "cy", "r", "rx", "dx", "dy", "min", "max"}
_SILENT = {"script", "style"}
_BREAK = "\0"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.numbers: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        for name, value in attrs:
            is_button = (tag, name) == ("input", "value") and ("type", "submit") in attrs
            if value and (name in _SPOKEN or is_button):
                self.said.append(value)
            if value and name in _NUMBERS:
                self.numbers.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(data)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader


def said(html: str) -> list[str]:
    """Each piece of text, words for screen readers among them."""
    pieces = (" ".join(piece.split()) for piece in _read(html).said)
    return [piece for piece in pieces if piece]


def numbers(html: str) -> list[str]:
    """Where drawings have numbers."""
    return _read(html).numbers


def untranslated(html: str) -> set[str]:
    """Words outside of what is marked as translated."""
    depth, left = 0, []
    for letter in _BREAK.join(said(html)):
        depth += {OPEN: 1, CLOSE: -1}.get(letter, 0)
        if letter not in OPEN + CLOSE and (depth == 0 or letter == _BREAK):
            left.append(letter)
    return set(_words("".join(left)))


def _words(text: str) -> Iterator[str]:
    """Of letters alone: what has digits, dots or underscores in it is a name of the machine."""
    for token in re.split(r"[^\w'./-]+", text):
        if re.fullmatch(r"[A-Za-z'.]{2,}", token):
            yield token.strip(".")
