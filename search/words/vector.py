"""PostgreSQL's values for words, written as it reads them: nothing is parsed but these."""

from collections import defaultdict
from collections.abc import Iterable


class Vector:
    """A tsvector in the making: its text is what PostgreSQL makes one of."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = defaultdict(list)
        self._last = 0

    def add(self, lexemes: Iterable[str], weight: str = "D") -> None:
        """A word, in the place after the one before; it may be looked for by each of `lexemes`."""
        self._last += 1
        for lexeme in lexemes:
            self._places[lexeme].append(f"{self._last}{weight}")

    def skip(self, places: int) -> None:
        """Have no phrase go on from what was added to what will be."""
        self._last += places

    def mark(self, lexeme: str) -> None:
        """Something that is true of the whole, and stands nowhere."""
        self._places[lexeme] = []

    def __str__(self) -> str:
        return " ".join(
            f"{literal(lexeme)}:{','.join(places)}" if places else literal(lexeme)
            for lexeme, places in self._places.items()
        )


def literal(lexeme: str) -> str:
    return "'{}'".format(lexeme.replace("\\", "\\\\").replace("'", "''"))


def any_of(lexemes: Iterable[str]) -> str:
    """The tsquery of what has at least one of them."""
    return f"({' | '.join(map(literal, sorted(lexemes)))})"


def phrase(words: Iterable[str]) -> str:
    """The tsquery of what has these words one after the other."""
    return f"({' <-> '.join(map(literal, words))})"


def all_of(queries: Iterable[str]) -> str:
    """The tsquery of what all of them find."""
    return " & ".join(queries)
