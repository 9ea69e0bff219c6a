"""Names of people and places, and words for things: where a question has one that is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from search.understanding.sentence import Sentence
from search.understanding.tokens import Kind, Token, words_of


@dataclass(frozen=True)
class Names:
    """What is known under which words: the names that may be in one question."""

    known: Mapping[tuple[str, ...], tuple[str, ...]]

    @cached_property
    def single(self) -> frozenset[str]:
        """Those of one word."""
        return frozenset(words[0] for words in self.known if len(words) == 1)

    @cached_property
    def longest(self) -> int:
        return max(map(len, self.known), default=0)

    def at(self, sentence: Sentence, at: int) -> tuple[tuple[int, ...], tuple[str, ...]] | None:
        """The longest name that begins at a token: its tokens, and what is known by it.

        Points between its words do not matter ("Dr. Ahmad"); the last may have an ending
        ("Anna's").
        """
        tokens = _words_from(sentence, at, self.longest) if self.known else []
        for length in range(len(tokens), 0, -1):
            head = tuple(sentence.tokens[each].fold for each in tokens[: length - 1])
            for form in sentence.tokens[tokens[length - 1]].forms:
                if found := self.known.get((*head, form)):
                    return tuple(range(tokens[0], tokens[length - 1] + 1)), found
        return None


def names(
    known: Mapping[str, Sequence[str]], tokens: Sequence[Token], *, with_key: bool = True
) -> Names:
    """The names in `known` (what -> its other names) that begin with a word of the question."""
    said = {form for token in tokens for form in token.forms}
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for key, others in known.items():
        for each in (key, *others) if with_key else others:
            for words in _written(each):
                if words and (words[0] in said) and key not in found.get(words, ()):
                    found[words] = (*found.get(words, ()), key)
    return Names(found)


@lru_cache(maxsize=1 << 16)
def _written(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of a name, and those without its hyphens: "Mary-Jane"."""
    words = words_of(name)
    if "-" not in name:
        return (words,)
    return words, tuple(part for word in words for part in word.split("-"))


def without_long(tokens: Sequence[Token], known: Names) -> list[Token]:
    """`tokens` but for names of several words: "Lake Toba" is no English."""
    long = [words for words in known.known if len(words) > 1]
    named = {
        at + place
        for at in range(len(tokens))
        for words in long
        if tuple(token.fold for token in tokens[at : at + len(words)]) == words
        for place in range(len(words))
    }
    return [token for at, token in enumerate(tokens) if at not in named]


def _words_from(sentence: Sentence, at: int, longest: int) -> list[int]:
    """The free words from `at` on, with nothing but points between them."""
    found: list[int] = []
    for each in _free_from(sentence, at):
        if sentence.tokens[each].kind in {Kind.WORD, Kind.SYMBOL}:
            found.append(each)
        elif not found or sentence.tokens[each].text != ".":
            break
        if len(found) == longest:
            break
    return found


def _free_from(sentence: Sentence, at: int) -> Iterator[int]:
    while sentence.is_free(at):
        yield at
        at += 1
