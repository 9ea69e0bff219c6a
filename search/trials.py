"""How well the photos that captions were written for are found by them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.utils import timezone

from inference.arrays import Array
from photos.models import Owner, Space
from search import finding
from search.asking import asked_of
from search.fusion import fused
from search.meaning import Reader
from search.nearest import MAX_LIMIT, nearest
from search.ranking import said
from search.relevance import fitting
from search.tags import TagPhoto
from search.words import Hit, matching

RANKS = (1, 5, 10)
_ERRORS = 1.96  # standard errors on each side hold the true value 95 times of 100


@dataclass(frozen=True)
class Found:
    """What one question found."""

    photos: Sequence[int]  # primary keys, best first
    fitting: int | None = None  # how many of them, from the first, are above the cut-off


Find = Callable[[str], Found]


@dataclass(frozen=True)
class Score:
    """How well one way of searching finds what captions were written for."""

    way: str
    recall: Mapping[int, float]  # by rank: share of captions whose photo is at it or before
    margin: Mapping[int, float]  # of these to each side, at 95 %
    median_rank: float | None  # None: most are not found at all
    cut: float | None = None  # share of captions whose photo is below the cut-off
    shown: float | None = None  # photos above the cut-off, on average


@dataclass(frozen=True)
class Library:
    """The photos of an owner, and all that they can be asked for with."""

    owner: Owner
    space: Space
    tags: TagPhoto  # with the encoders and the vocabulary of the moment
    language: str  # of the questions

    recipes: Mapping[str, str]  # operation -> how it was done

    def ways(self) -> dict[str, Find]:
        return {
            "likeness": self.by_likeness,
            "words": self.by_words,
            "both": self.by_both,
            "search": self.by_search,
        }

    def by_likeness(self, question: str) -> Found:
        meaning = self._reader.meaning(question, self.language)
        if meaning is None:
            return Found([], 0)
        hits = nearest(self.owner, self.space, meaning.vector, limit=MAX_LIMIT)
        scores = meaning.scores([hit.cosine for hit in hits])
        return Found([hit.photo for hit in hits], fitting(scores, question))

    def by_words(self, question: str) -> Found:
        return Found([hit.photo for hit in self._matching(question)])

    def _matching(self, question: str) -> list[Hit]:
        return matching(self.owner, question, limit=MAX_LIMIT, language=self.language)

    def by_both(self, question: str) -> Found:
        alike = dict.fromkeys(self.by_likeness(question).photos, 1.0)
        scores = fused([alike, said(self._matching(question))])
        return Found(sorted(scores, key=lambda photo: (-scores[photo], -photo)))

    def by_search(self, question: str) -> Found:
        """As it is answered: understood, and cut off where photos don't fit."""
        data = {"q": question, "limit": MAX_LIMIT, "min_confidence": 0.0}
        asked = asked_of(self.owner, data, now=timezone.localtime())
        library = finding.Library(self.owner, self.recipes, self._reader.meaning)
        photos = finding.find(library, asked).photos
        return Found(photos, len(photos))

    @cached_property
    def _reader(self) -> Reader:
        images, texts = self.tags.images.identity, self.tags.texts
        return Reader(self.owner, self.space, images, texts.encode, self.tags.vocabulary)


def score(way: str, answers: Sequence[Found], wanted: Sequence[int]) -> Score:
    """How often the `wanted` photos are among the first of the `answers` to their captions.

    Captions of one photo are no independent trials: the margins come of the photos' means.
    """
    places = np.array([_place(each, photo) for each, photo in zip(answers, wanted, strict=True)])
    median = float(np.median(places))
    return Score(
        way,
        recall={rank: float((places <= rank).mean()) for rank in RANKS},
        margin={rank: _margin(places <= rank, np.array(wanted)) for rank in RANKS},
        median_rank=median if np.isfinite(median) else None,
        **_cut_off(answers, places),
    )


def _place(found: Found, photo: int) -> float:
    return found.photos.index(photo) + 1 if photo in found.photos else np.inf


def _margin(hits: Array, photos: Array) -> float:
    means = [hits[photos == photo].mean() for photo in np.unique(photos)]
    if len(means) == 1:
        return 1.0
    return float(_ERRORS * np.std(means, ddof=1) / np.sqrt(len(means)))


def _cut_off(answers: Sequence[Found], places: Array) -> dict[str, float]:
    fitting = [each.fitting for each in answers if each.fitting is not None]
    if len(fitting) < len(answers):
        return {}
    return {"cut": float((places > fitting).mean()), "shown": float(np.mean(fitting))}
