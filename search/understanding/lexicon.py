"""The words of the languages, by what they do: files beside this one, read once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import cast

import yaml

from search.questions import ENGLISH
from search.understanding.tokens import Kind, Token, tokens

INDONESIAN = "id"
LANGUAGES = (ENGLISH, INDONESIAN)  # the first is that of words that tell none
_SILENT = {"also_words", "labels", "not_in_others", "names_in_others"}  # tell no language
_IDLE = {"tells", "tells_of_people", "not_in_others", "names_in_others"}  # do nothing in a question

Phrase = tuple[str, ...]  # folded words, and marks


@dataclass(frozen=True)
class Found:
    """A phrase of `role` at the tokens before `end`, and its value."""

    role: str
    end: int
    value: str


@dataclass(frozen=True)
class Lexicon:
    """The words that are understood in questions of one language: its own come first."""

    language: str
    roles: Mapping[str, Mapping[Phrase, str]]  # role -> its phrases, each with its value
    labels: Mapping[str, str]  # how an interpretation is shown: texts with a place for words
    names: frozenset[str]  # words of another language that are names in this one
    foreign: frozenset[str]  # names that are words of another language alone, where one is told

    @cached_property
    def _beginning(self) -> dict[str, list[tuple[str, Phrase, str]]]:
        """First word -> role, phrase and value: the longest first."""
        found: dict[str, list[tuple[str, Phrase, str]]] = {}
        for role, phrases in self.roles.items():
            for phrase, value in phrases.items():
                found.setdefault(phrase[0], []).append((role, phrase, value))
        return {word: sorted(each, key=lambda one: -len(one[1])) for word, each in found.items()}

    @cached_property
    def words(self) -> frozenset[str]:
        """Those that do something."""
        return self._single(role for role in self.roles if role not in _IDLE) - self.names

    @cached_property
    def common(self) -> frozenset[str]:
        """Those that only tell the language: what photos often show."""
        return self._single(["tells"]) - self.words

    def _single(self, roles: Iterable[str]) -> frozenset[str]:
        phrases = (phrase for role in roles for phrase in self.roles[role])
        return frozenset(phrase[0] for phrase in phrases if len(phrase) == 1)

    def at(self, found: Sequence[Token], at: int) -> Iterator[Found]:
        """The phrases that begin at a token, the longest first, and those without its ending."""
        if found[at].has_capital and found[at].fold in self.names:
            return
        for role, phrase, value in self._beginning.get(found[at].fold, ()):
            end = at + len(phrase)
            if tuple(token.fold for token in found[at:end]) == phrase:
                yield Found(role, end, value)
        for form in found[at].forms[1:]:
            for role, phrase, value in self._beginning.get(form, ()):
                if len(phrase) == 1:
                    yield Found(role, at + 1, value)

    def name(self, role: str, value: int) -> str:
        """What has that value in `role`, by its first word."""
        phrases = self.roles[role].items()
        return next(" ".join(phrase) for phrase, each in phrases if each == str(value))


def lexicon_of(found: Sequence[Token]) -> Lexicon:
    """The lexicon of the language that most words of the question tell."""
    told = dict.fromkeys(LANGUAGES, 0)
    for token in found:
        for language in LANGUAGES:
            told[language] += _tells(token, language)
    language = max(LANGUAGES, key=lambda language: told[language])
    return _lexicon(language, is_told=bool(told[language]))


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
        if len(word) > 1 and word.replace("-", "").isalpha()
    }


@lru_cache(maxsize=2 * len(LANGUAGES))
def _lexicon(language: str, *, is_told: bool) -> Lexicon:
    others = [each for each in LANGUAGES if each != language]
    names = {name for each in LANGUAGES for name in _read(each)} - {"labels"}
    roles = {name: _merged(name, language, others) for name in sorted(names)}
    labels = cast("dict[str, str]", _read(language)["labels"])
    foreign = {each: _read(each)["names_in_others"] for each in others}
    names_here = (phrase[0] for each in foreign.values() for phrase, _ in _phrases(each))
    foreign_words = _words_alone(language, others) if is_told else frozenset()
    return Lexicon(language, roles, labels, frozenset(names_here), foreign_words)


def _words_alone(language: str, others: Sequence[str]) -> frozenset[str]:
    """What may be a name, and is a word of `others` and none of the language."""
    own = _words(language, set(_read(language)) - {"labels"})
    return frozenset(word for each in others for word in _words(each, ("also_words",))) - own


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
