"""What is asked of photos: by words that were understood, by parameters, or by both."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

ENGLISH = "en"


class Sort(StrEnum):
    RELEVANCE = "relevance"  # what fits best first; where nothing is said of that, the newest
    NEWEST = "newest"  # by when they were taken
    OLDEST = "oldest"


Days = tuple[date | None, date | None]  # [from, to): None has no end on that side


@dataclass(frozen=True)
class People:
    """Who is to be in a photo, by their names (never aliases)."""

    all: tuple[tuple[str, ...], ...] = ()  # of each of these, one is there
    none: tuple[str, ...] = ()  # nobody of these is
    only: bool = False  # nobody else is


@dataclass(frozen=True)
class Somewhere:
    """A place by its name, as `Known` has it."""

    name: str
    near: bool = False  # in it, or not far from it
    excluded: bool = False


@dataclass(frozen=True)
class Count:
    at_least: int = 0
    at_most: int | None = None  # None: any number more


@dataclass(frozen=True)
class Things:
    """Objects of one of the detector's classes."""

    label: str
    count: Count = Count(at_least=1)


@dataclass(frozen=True)
class Question:
    """All that a photo has to be. What is empty asks for nothing."""

    people: People = People()
    dates: tuple[Days, ...] = ()  # any of these, by the clock where the photo was taken
    places: tuple[Somewhere, ...] = ()  # any of these, less those that are excluded
    objects: tuple[Things, ...] = ()
    faces: Count | None = None
    text: tuple[str, ...] = ()  # each stands in the photo
    not_text: tuple[str, ...] = ()
    semantic: str = ""  # what it is to look like, in words
    not_semantic: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()  # words that stand for nothing, as they were written
    language: str = ENGLISH


@dataclass(frozen=True)
class Known:
    """What words may stand for, in the library of one owner."""

    people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name -> aliases
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name -> other names
    within: Mapping[str, frozenset[str]] = field(default_factory=dict)  # place -> those around it
    objects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # class -> its words
    phrases: frozenset[str] = frozenset()  # that stay one: of the vocabulary, casefolded
    words: frozenset[str] = frozenset()  # what photos often show: of the vocabulary, casefolded


@dataclass(frozen=True)
class Part:
    """A piece of a question that was understood, and the words that say it."""

    key: str  # opaque; the same for the same question: whoever leaves the part out names it
    kind: str  # people, dates, places, objects, faces, text, semantic, not_understood
    words: tuple[str, ...]  # as they were written
    label: str  # a short line for people, in the question's language, such as "not with Ben"
    asks: Question = Question()  # what it alone asks for


@dataclass(frozen=True)
class Understood:
    question: Question
    parts: tuple[Part, ...] = ()
