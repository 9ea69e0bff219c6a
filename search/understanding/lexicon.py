"""The words of the languages, by what they do: files beside this one, read once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import yaml

from search.questions import ENGLISH
from search.understanding.tokens import Kind, Token, tokens

INDONESIAN = "id"
LANGUAGES = (ENGLISH, INDONESIAN)  # the first is that of words that tell none
_SILENT = {"also_words", "labels", "not_in_others"}  # tell no language

Phrase = tuple[str, ...]  # folded words, and marks


@dataclass(frozen=True)
class Role:
    """What does one thing: its phrases, each with its value."""

    phrases: Mapping[Phrase, str]

    @property
    def longest(self) -> int:
        return max(map(len, self.phrases), default=0)


@dataclass(frozen=True)
class Lexicon:
    """The words that are understood in questions of one language: its own come first."""

    language: str
    roles: Mapping[str, Role]
    lengths: Mapping[str, int]
    labels: Mapping[str, str]  # how an interpretation is shown: texts with a place for words

    def find(self, role: str, found: Sequence[Token]) -> tuple[int, str] | None:
        """How many tokens at the beginning of `found` are a phrase of `role`, and its value."""
        phrases = self.roles[role].phrases
        for length in range(min(self.lengths[role], len(found)), 0, -1):
            phrase = tuple(token.fold for token in found[:length])
            if phrase in phrases:
                return length, phrases[phrase]
        for form in found[0].forms[1:] if found else ():
            if (form,) in phrases:
                return 1, phrases[form,]
        return None

    def name(self, role: str, value: int) -> str:
        """What has that value in `role`, by its first word."""
        phrases = self.roles[role].phrases.items()
        return next(" ".join(phrase) for phrase, each in phrases if each == str(value))


def lexicon_of(found: Sequence[Token]) -> Lexicon:
    """The lexicon of the language that most words of the question tell."""
    told = dict.fromkeys(LANGUAGES, 0)
    for token in found:
        for language in LANGUAGES:
            told[language] += _tells(token, language)
    return _lexicon(max(LANGUAGES, key=lambda language: told[language]))


def _tells(token: Token, language: str) -> bool:
    return token.kind is Kind.WORD and any(form in _telling()[language] for form in token.forms)


@lru_cache(maxsize=1)
def _telling() -> dict[str, frozenset[str]]:
    """Language -> the words that are of it alone."""
    silent = {word for each in LANGUAGES for word in _words(each, ("also_words",))}
    known = {each: _words(each, set(_read(each)) - _SILENT) - silent for each in LANGUAGES}
    return {
        each: frozenset(
            known[each].difference(*(known[other] for other in LANGUAGES if other != each))
        )
        for each in LANGUAGES
    }


def _words(language: str, roles: Sequence[str] | set[str]) -> set[str]:
    read = _read(language)
    return {
        word
        for role in roles
        for phrase, _ in _phrases(read.get(role, ""))
        for word in phrase
        if word.replace("-", "").isalpha()
    }


@lru_cache(maxsize=len(LANGUAGES))
def _lexicon(language: str) -> Lexicon:
    others = [each for each in LANGUAGES if each != language]
    names = {name for each in LANGUAGES for name in _read(each)} - {"labels"}
    roles = {name: Role(_merged(name, language, others)) for name in sorted(names)}
    lengths = {name: role.longest for name, role in roles.items()}
    labels = cast("dict[str, str]", _read(language)["labels"])
    return Lexicon(language, roles, lengths, labels)


def _merged(role: str, language: str, others: Sequence[str]) -> dict[Phrase, str]:
    merged = dict(_phrases(_read(language).get(role, "")))
    for other in others:
        read = _read(other)
        foreign = {phrase for phrase, _ in _phrases(read["not_in_others"])}
        for phrase, value in _phrases(read.get(role, "")):
            if phrase not in foreign or role == "also_words":
                merged.setdefault(phrase, value)
    return merged


def _phrases(listed: str | Mapping[str, str]) -> Iterator[tuple[Phrase, str]]:
    by_value = listed if isinstance(listed, Mapping) else {"": listed}
    for value, phrases in by_value.items():
        for phrase in phrases.split(", "):
            if folded := tuple(token.fold for token in tokens(phrase.strip())):
                yield folded, str(value)


@lru_cache(maxsize=len(LANGUAGES))
def _read(language: str) -> dict[str, str | dict[str, str]]:
    """Role -> its phrases, parted by commas, or those of each value."""
    path = Path(__file__).with_name(f"{language}.yaml")
    roles: dict[str, str | dict[str, str]] = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    return roles
